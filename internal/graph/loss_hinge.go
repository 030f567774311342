package graph

import "gotrain/internal/formula"

// lossHinge is the margin loss of support vector machines. With a label field it is the
// multi-class form, PyTorch's multi_margin_loss.
var lossHinge = &opSpec{
	Name: "hinge", Group: "loss",
	Doc: "max(0, 1 - t x) for targets t of -1 and 1 (2*t - 1 makes them of 0 and 1); for a label field the mean over the C classes of max(0, 1 + x[c] - x[label]), c ≠ label",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "scores: [...], or with classes [..., C]"},
		{Name: "target", Kind: tensorArg, Doc: "-1 or 1 in the same shape, or a label [...] of whole numbers"},
		reduceParam("mean"), axisParam,
	},
	Build: func(c *call) (any, error) {
		x, target := c.tensor("x"), c.tensor("target")
		if target.DType != I32 || len(userShape(x)) == len(userShape(target)) {
			return c.compared([2]string{"x", "target"}, hingeFormula, nil)
		}
		axis, err := c.classAxis("x", x, target)
		if err != nil {
			return nil, err
		}
		b := c.b
		hot := b.oneHot(target, x.Shape[axis], axis)
		over := b.reduce(Sum, b.mapOp("hinge", marginFormula, x, b.picked(x, hot, axis), hot), axis)
		return b.perSample(b.scale(over, 1/float64(x.Shape[axis])), c.enum("reduce")), nil
	},
}

var (
	hingeFormula = formula.Binary(func(b *formula.Builder, x, t formula.Ref) formula.Ref {
		return b.Max(b.Sub(b.Const(1), b.Mul(t, x)), b.Const(0))
	})
	marginFormula = formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		x, picked, hot := in[0], in[1], in[2]
		return b.Select(hot, b.Const(0), b.Max(b.Add(b.Const(1), b.Sub(x, picked)), b.Const(0)))
	})
)
