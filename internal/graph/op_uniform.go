package graph

import "gotrain/internal/formula"

var opUniform = &opSpec{
	Name: "uniform", Group: "draw", Doc: "numbers spread evenly from low to high, of the given shape, keyed by the place in the batch order",
	Params: []param{
		{Name: "shape", Kind: dimsArg, Doc: "numbers, or a shape such as image.shape"},
		{Name: "low", Kind: numberArg, Optional: true, Default: 0.0, Doc: "the lower end"},
		{Name: "high", Kind: numberArg, Optional: true, Default: 1.0, Doc: "the upper end"},
	},
	Build: func(c *call) (any, error) {
		low, high := c.number("low"), c.number("high")
		if !(low <= high) {
			return nil, argf("low %v is above high %v", low, high)
		}
		u, err := c.drawUniform()
		if err != nil || low == 0 && high == 1 {
			return u, err
		}
		return c.b.mapOp("uniform", formula.Unary(func(b *formula.Builder, u formula.Ref) formula.Ref {
			return b.Add(b.Const(low), b.Mul(b.Const(high-low), u))
		}), u), nil
	},
}

var opBernoulli = &opSpec{
	Name: "bernoulli", Group: "draw", Doc: "1 with probability p, else 0, of the given shape, keyed by the place in the batch order",
	Params: []param{
		{Name: "shape", Kind: dimsArg, Doc: "numbers, or a shape such as image.shape"},
		{Name: "p", Kind: numberArg, Optional: true, Default: 0.5, Doc: "of a 1, 0 to 1"},
	},
	Build: func(c *call) (any, error) {
		p := c.number("p")
		if !(p >= 0 && p <= 1) {
			return nil, argf("p is %v: a probability is from 0 to 1", p)
		}
		u, err := c.drawUniform()
		if err != nil {
			return nil, err
		}
		return c.b.mapOp("bernoulli", formula.Unary(func(b *formula.Builder, u formula.Ref) formula.Ref {
			return b.Less(u, b.Const(p))
		}), u), nil
	},
}

// drawUniform draws this call's shape from (0, 1).
func (c *call) drawUniform() (*Value, error) {
	shape := c.dims("shape")
	if !fits(shape) {
		return nil, shapef("", "%s has too many elements", userShapeString(shape))
	}
	return c.b.random(Uniform, c.stream(), append(Shape{-1}, shape...), false), nil
}
