package graph

import "gotrain/internal/formula"

var opRelu = elementwise("relu", "max(x, 0); slope 0 at 0", func(b *formula.Builder, x formula.Ref) formula.Ref {
	return b.Max(x, b.Const(0))
})
