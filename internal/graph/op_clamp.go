package graph

import "gotrain/internal/formula"

var opClamp = &opSpec{
	Name: "clamp", Group: "elementwise", Doc: "x, not below min and not above max; slope 1 between them, 0 outside and at both",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "any shape"},
		{Name: "min", Kind: numberArg, Optional: true, Doc: "no lower bound when absent"},
		{Name: "max", Kind: numberArg, Optional: true, Doc: "no upper bound when absent"},
	},
	Build: func(c *call) (any, error) {
		if !c.given("min") && !c.given("max") {
			return nil, argf("needs min, max or both")
		}
		if c.given("min") && c.given("max") && !(c.number("min") <= c.number("max")) {
			return nil, argf("min %v is above max %v", c.number("min"), c.number("max"))
		}
		f := formula.Unary(func(b *formula.Builder, x formula.Ref) formula.Ref {
			if c.given("max") {
				x = b.Min(x, b.Const(c.number("max")))
			}
			if c.given("min") {
				x = b.Max(x, b.Const(c.number("min")))
			}
			return x
		})
		return c.b.mapOp("clamp", f, c.tensor("x")), nil
	},
}
