package graph

import "gotrain/internal/formula"

// layerLayerNorm is PyTorch's LayerNorm over one axis, the feature axis.
var layerLayerNorm = &opSpec{
	Name: "layernorm", Group: "layer", Doc: "(x - mean) / √(variance + eps) · w + b along the feature axis (Ba et al. 2016); w and b [C] start at 1 and 0",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "[C], [T, C] or [C, H, W]"},
		{Name: "eps", Kind: numberArg, Optional: true, Default: 1e-5, Doc: "added to the variance"},
		{Name: "affine", Kind: boolArg, Optional: true, Default: true, Doc: "scale by w, shift by b"},
		{Name: "bias", Kind: boolArg, Optional: true, Default: true, Doc: "shift by b"},
		axisParam,
	},
	Build: func(c *call) (any, error) {
		x := c.tensor("x")
		axis, eps, err := c.normArgs(x)
		if err != nil {
			return nil, err
		}
		b, n := c.b, 1/float64(x.Shape[axis])
		mean := b.scale(b.reduce(Sum, x, axis), n)
		centred := b.mapOp("center", subFormula, x, mean)
		variance := b.scale(b.reduce(Sum, b.mapOp("square", squareFormula, centred), axis), n)
		y := b.mapOp("layernorm", normFormula(eps), centred, variance)
		return c.affine(y, axis)
	},
}

// normArgs are the axis along which a normalisation works, and its eps.
func (c *call) normArgs(x *Value) (axis int, eps float64, err error) {
	if axis, err = c.axis("axis", x, featureAxis(x)); err != nil {
		return 0, 0, err
	}
	eps, err = c.positive("eps")
	return axis, eps, err
}

var subFormula = formula.Binary((*formula.Builder).Sub)

// normFormula is d / √(v + eps).
func normFormula(eps float64) *formula.Formula {
	return formula.Binary(func(b *formula.Builder, d, v formula.Ref) formula.Ref {
		return b.Mul(d, b.Rsqrt(b.Add(v, b.Const(eps))))
	})
}

// affine gives a normalisation its w and b along axis, where affine and bias ask for them.
func (c *call) affine(y *Value, axis int) (*Value, error) {
	if !c.boolean("affine") {
		return y, nil
	}
	size := y.Shape[axis]
	w, err := c.weight("weight", Shape{size}, Init{Scale: 1})
	if err != nil {
		return nil, err
	}
	w = c.b.along(w, axis, len(y.Shape))
	if !c.boolean("bias") {
		return c.b.mapOp("scale", formula.Binary((*formula.Builder).Mul), y, w), nil
	}
	bias, err := c.weight("bias", Shape{size}, Init{})
	if err != nil {
		return nil, err
	}
	return c.b.mapOp("affine", affineFormula, y, w, c.b.along(bias, axis, len(y.Shape))), nil
}

var affineFormula = formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
	return b.Add(b.Mul(in[0], in[1]), in[2])
})

// along gives a vector the axes that broadcast it along one axis of a value of rank axes.
func (b *builder) along(v *Value, axis, rank int) *Value {
	shape := Shape{v.Shape[0]}
	for range rank - 1 - axis {
		shape = append(shape, 1)
	}
	return b.reshape(v, shape)
}
