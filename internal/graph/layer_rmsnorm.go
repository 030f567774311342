package graph

// layerRMSNorm is PyTorch's RMSNorm over one axis, the feature axis.
var layerRMSNorm = &opSpec{
	Name: "rmsnorm", Group: "layer", Doc: "x / √(mean(x²) + eps) · w along the feature axis (Zhang and Sennrich 2019); w [C] starts at 1",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "[C], [T, C] or [C, H, W]"},
		{Name: "eps", Kind: numberArg, Optional: true, Default: 1.1920929e-07, Doc: "added to the mean square; by default the distance from 1 to the next float32"},
		{Name: "affine", Kind: boolArg, Optional: true, Default: true, Doc: "scale by w"},
		{Name: "bias", Kind: boolArg, Optional: true, Default: false, Doc: "shift by b"},
		axisParam,
	},
	Build: func(c *call) (any, error) {
		x := c.tensor("x")
		axis, eps, err := c.normArgs(x)
		if err != nil {
			return nil, err
		}
		meanSquare := c.b.scale(c.b.reduce(Sum, c.b.mapOp("square", squareFormula, x), axis), 1/float64(x.Shape[axis]))
		return c.affine(c.b.mapOp("rmsnorm", normFormula(eps), x, meanSquare), axis)
	},
}
