package graph

import "gotrain/internal/formula"

var opAbs = elementwise("abs", "|x|; slope 0 at 0", (*formula.Builder).Abs)
