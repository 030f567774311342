package graph

import "gotrain/internal/formula"

var (
	opSin = elementwise("sin", "sin x", (*formula.Builder).Sin)
	opCos = elementwise("cos", "cos x", (*formula.Builder).Cos)
)
