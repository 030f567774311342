package graph

var opSlice = &opSpec{
	Name: "slice", Group: "shape", Doc: "the elements from start to before end along the feature axis; negative ones count from the axis's end",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "any shape"},
		{Name: "start", Kind: intArg, Doc: "the first element"},
		{Name: "end", Kind: intArg, Optional: true, Doc: "the first not to be taken; the axis's end when absent"},
		axisParam,
	},
	Build: func(c *call) (any, error) {
		x := c.tensor("x")
		axis, err := c.axis("axis", x, featureAxis(x))
		if err != nil {
			return nil, err
		}
		n := x.Shape[axis]
		start, end := c.integer("start"), n
		if c.given("end") {
			end = c.integer("end")
		}
		from, to := fromEnd(start, n), fromEnd(end, n)
		if from < 0 || to > n || from >= to {
			return nil, argf("%d to %d of an axis of %d: %s", start, end, n, describe(x))
		}
		if to-from == n {
			return x, nil
		}
		return c.b.slice(x, axis, from, to-from), nil
	},
}
