package graph

var opParam = &opSpec{
	Name: "param", Group: "layer", Doc: "a trained tensor of its own, the same for every sample: a class token, a temperature; it has no batch axis",
	Params: []param{
		{Name: "shape", Kind: dimsArg, Doc: "numbers, or a list"},
		initParam("zeros"),
	},
	Build: func(c *call) (any, error) {
		shape := c.dims("shape")
		if !fits(shape) {
			return nil, shapef("", "%s has too many elements", userShapeString(shape))
		}
		return c.weight("value", shape, c.init("init", Init{})(shape))
	},
}
