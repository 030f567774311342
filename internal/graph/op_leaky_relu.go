package graph

import "gotrain/internal/formula"

var opLeakyRelu = &opSpec{
	Name: "leaky_relu", Group: "elementwise", Doc: "x where x > 0, else slope x (Maas et al. 2013)",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "any shape"},
		{Name: "slope", Kind: numberArg, Optional: true, Default: 0.01, Doc: "of the negative side"},
	},
	Build: func(c *call) (any, error) {
		slope := c.number("slope")
		f := formula.Unary(func(b *formula.Builder, x formula.Ref) formula.Ref {
			return b.Select(b.Less(b.Const(0), x), x, b.Mul(b.Const(slope), x))
		})
		return c.b.mapOp("leaky_relu", f, c.tensor("x")), nil
	},
}
