package graph

import "gotrain/internal/formula"

// opSoftplus has no threshold above which it becomes x, as PyTorch's has (20): the form
// below is exact at every x. |x| is written -min(x, -x) and the maximum with the constant
// first, so that the slope at 0, as derived, is the true one, 1/2.
var opSoftplus = elementwise("softplus", "log(1+eˣ), as max(x,0) + log(1+e^-|x|): exact at every x, without PyTorch's threshold", func(b *formula.Builder, x formula.Ref) formula.Ref {
	return b.Add(b.Max(b.Const(0), x), b.Log1p(b.Exp(b.Min(x, b.Neg(x)))))
})
