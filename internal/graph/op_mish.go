package graph

import "gotrain/internal/formula"

var opMish = elementwise("mish", "x tanh(log(1 + eˣ)) (Misra 2019)", func(b *formula.Builder, x formula.Ref) formula.Ref {
	softplus := b.Add(b.Max(b.Const(0), x), b.Log1p(b.Exp(b.Min(x, b.Neg(x)))))
	return b.Mul(x, b.Tanh(softplus))
})
