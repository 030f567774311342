package graph

import "gotrain/internal/formula"

var opLog = elementwise("log", "ln x", (*formula.Builder).Log)
