package graph

import "gotrain/internal/formula"

var opExp = elementwise("exp", "eˣ", (*formula.Builder).Exp)
