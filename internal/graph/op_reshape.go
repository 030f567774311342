package graph

var opFlatten = &opSpec{
	Name: "flatten", Group: "shape", Doc: "all axes after the batch as one: [1,28,28] to [784]",
	Params: []param{{Name: "x", Kind: tensorArg, Doc: "any shape"}},
	Build: func(c *call) (any, error) {
		x := c.tensor("x")
		return reshapeUser(c, x, []int{elements(userShape(x))})
	},
}

var opReshape = &opSpec{
	Name: "reshape", Group: "shape", Doc: "the same elements in another shape; the batch axis is not written",
	Params: []param{{Name: "x", Kind: tensorArg, Doc: "any shape"}, {Name: "shape", Kind: dimsArg, Doc: "numbers, or a shape such as image.shape"}},
	Build: func(c *call) (any, error) {
		x, shape := c.tensor("x"), c.dims("shape")
		if !fits(shape) {
			return nil, shapef("", "%s has too many elements", userShapeString(shape))
		}
		if n, m := elements(userShape(x)), elements(shape); n != m {
			return nil, shapef("", "cannot make %s (%d) from %s (%d)", userShapeString(shape), m, describe(x), n)
		}
		return reshapeUser(c, x, shape)
	},
}

func reshapeUser(c *call, x *Value, shape []int) (any, error) {
	if x.Shape.Batched() {
		return c.b.reshape(x, append(Shape{x.Shape[0]}, shape...)), nil
	}
	return c.b.reshape(x, shape), nil
}

// fits reports whether a shape's number of elements is one that an int holds with room to
// spare.
func fits(shape []int) bool {
	size := 1.0
	for _, d := range shape {
		size *= float64(d)
	}
	return size < 1<<48
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
