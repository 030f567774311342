package graph

import "gotrain/internal/formula"

var opSqrt = elementwise("sqrt", "√x", (*formula.Builder).Sqrt)
