package graph

import "gotrain/internal/formula"

// layerDropout draws for each sample by its index in the data set: the same elements fall
// out whatever the batch size and after a resume.
var layerDropout = &opSpec{
	Name: "dropout", Group: "layer", Doc: "in training each element is 0 with probability p and else x/(1-p) (Srivastava et al. 2014); x in evaluation and prediction",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "any shape with a batch axis"},
		{Name: "p", Kind: numberArg, Optional: true, Default: 0.5, Doc: "the share that falls out, 0 to 1"},
	},
	Build: func(c *call) (any, error) {
		x, p := c.tensor("x"), c.number("p")
		switch {
		case !(p >= 0 && p <= 1):
			return nil, argf("p is %v: a probability is from 0 to 1", p)
		case !x.Shape.Batched():
			return nil, shapef("", "%s has no batch axis", describe(x))
		case !c.ev.training || p == 0:
			return x, nil
		case p == 1:
			return c.b.fill(0, x.Shape), nil
		}
		keep := formula.Binary(func(b *formula.Builder, x, u formula.Ref) formula.Ref {
			return b.Select(b.LessEq(b.Const(p), u), b.Mul(x, b.Const(1/(1-p))), b.Const(0))
		})
		return c.b.mapOp("dropout", keep, x, c.b.random(Uniform, c.stream(), x.Shape, true)), nil
	},
}
