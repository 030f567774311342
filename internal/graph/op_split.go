package graph

var opSplit = &opSpec{
	Name: "split", Group: "shape", Doc: "n equal parts along the feature axis, to be unpacked: `mu, logvar: x -> split(2)`",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "[..., n*k]"},
		{Name: "n", Kind: intArg, Doc: "how many parts"},
		axisParam,
	},
	Build: func(c *call) (any, error) {
		x, n := c.tensor("x"), c.integer("n")
		axis, err := c.axis("axis", x, featureAxis(x))
		if err != nil {
			return nil, err
		}
		length := x.Shape[axis]
		if n < 1 || length%n != 0 {
			return nil, shapef("", "an axis of %d cannot be split in %d equal parts: %s", length, n, describe(x))
		}
		if n == 1 {
			return x, nil
		}
		if n > maxParts {
			return nil, argf("n is %d: at most %d parts", n, maxParts)
		}
		parts := make(tuple, n)
		for i := range parts {
			parts[i] = c.b.slice(x, axis, i*(length/n), length/n)
		}
		return parts, nil
	},
}

// maxParts bounds the values that one split makes; each part is to have a name.
const maxParts = 1000

// axis reads an axis argument, counted from the first after the batch or back from the
// end, as an axis of x.Shape.
func (c *call) axis(name string, x *Value, defaultTo int) (int, error) {
	rank := len(userShape(x))
	if rank == 0 {
		return 0, shapef("", "%s has no axis after the batch", describe(x))
	}
	if !c.given(name) {
		return defaultTo, nil
	}
	a := c.integer(name)
	if a < -rank || a >= rank {
		return 0, argf("axis %d of %s: it has axes 0 to %d", a, describe(x), rank-1)
	}
	return fromEnd(a, rank) + len(x.Shape) - rank, nil
}
