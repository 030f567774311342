package graph

var opRandn = &opSpec{
	Name: "randn", Group: "draw", Doc: "standard normal numbers of the given shape, keyed by the place in the batch order",
	Params: []param{{Name: "shape", Kind: dimsArg, Doc: "numbers, or a shape such as image.shape"}},
	Build: func(c *call) (any, error) {
		shape := c.dims("shape")
		if !fits(shape) {
			return nil, shapef("", "%s has too many elements", userShapeString(shape))
		}
		return c.b.random(Normal, c.stream(), append(Shape{-1}, shape...), false), nil
	},
}

var opRandnLike = &opSpec{
	Name: "randn_like", Group: "draw", Doc: "standard normal numbers of x's shape, keyed by each sample's index in the data set",
	Params: []param{{Name: "x", Kind: tensorArg, Doc: "any shape with a batch axis"}},
	Build: func(c *call) (any, error) {
		x := c.tensor("x")
		if !x.Shape.Batched() {
			return nil, shapef("randn(shape) draws without one", "%s has no batch axis", describe(x))
		}
		return c.b.random(Normal, c.stream(), x.Shape, true), nil
	},
}
