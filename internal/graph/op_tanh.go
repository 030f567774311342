package graph

import "gotrain/internal/formula"

var opTanh = elementwise("tanh", "tanh x", (*formula.Builder).Tanh)
