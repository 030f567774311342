package graph

import "gotrain/internal/formula"

var opElu = &opSpec{
	Name: "elu", Group: "elementwise", Doc: "x where x > 0, else alpha (eˣ - 1) (Clevert et al. 2016)",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "any shape"},
		{Name: "alpha", Kind: numberArg, Optional: true, Default: 1.0, Doc: "how far down it goes"},
	},
	Build: func(c *call) (any, error) {
		alpha := c.number("alpha")
		// The minimum keeps eˣ from overflowing on the side that is not taken: 0 times
		// infinity would be its gradient. The constant first gives x the slope at 0.
		f := formula.Unary(func(b *formula.Builder, x formula.Ref) formula.Ref {
			return b.Select(b.Less(b.Const(0), x), x, b.Mul(b.Const(alpha), b.Expm1(b.Min(b.Const(0), x))))
		})
		return c.b.mapOp("elu", f, c.tensor("x")), nil
	},
}
