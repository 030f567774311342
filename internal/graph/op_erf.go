package graph

import "gotrain/internal/formula"

var opErf = elementwise("erf", "the error function, 2/√π ∫₀ˣ e^(-t²) dt", (*formula.Builder).Erf)
