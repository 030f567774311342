package graph

import "gotrain/internal/formula"

var opSilu = elementwise("silu", "x sigmoid(x) (Elfwing et al. 2018), also called swish", func(b *formula.Builder, x formula.Ref) formula.Ref {
	return b.Mul(x, b.Sigmoid(x))
})
