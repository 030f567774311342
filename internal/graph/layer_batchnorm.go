package graph

import "gotrain/internal/formula"

// layerBatchNorm is PyTorch's BatchNorm. Its running statistics are buffers: saved with
// the weights, moved by each training step, touched by no optimizer. A batch in which a
// feature has one number only has variance 0; PyTorch refuses it.
var layerBatchNorm = &opSpec{
	Name: "batchnorm", Group: "layer",
	Doc: "(x - mean) / √(variance + eps) · w + b, each feature over the batch and all other axes (Ioffe and Szegedy 2015); in evaluation and prediction by the running mean and variance; w and b [C] start at 1 and 0",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "[C], [T, C] or [C, H, W]"},
		{Name: "momentum", Kind: numberArg, Optional: true, Default: 0.1, Doc: "the share of the batch in running = (1 - momentum) running + momentum batch; the variance that goes in is the unbiased one"},
		{Name: "eps", Kind: numberArg, Optional: true, Default: 1e-5, Doc: "added to the variance"},
		{Name: "affine", Kind: boolArg, Optional: true, Default: true, Doc: "scale by w, shift by b"},
		{Name: "bias", Kind: boolArg, Optional: true, Default: true, Doc: "shift by b"},
		axisParam,
	},
	Build: func(c *call) (any, error) {
		x := c.tensor("x")
		if !x.Shape.Batched() {
			return nil, shapef("", "%s has no batch axis", describe(x))
		}
		axis, eps, err := c.normArgs(x)
		if err != nil {
			return nil, err
		}
		momentum := c.number("momentum")
		if !(momentum >= 0 && momentum <= 1) {
			return nil, argf("momentum is %v: a share is from 0 to 1", momentum)
		}
		mean, variance, err := c.featureStatistics(x, axis, momentum)
		if err != nil {
			return nil, err
		}
		centred := c.b.mapOp("center", subFormula, x, mean)
		if variance == nil {
			if variance, err = c.batchVariance(centred, axis, momentum); err != nil {
				return nil, err
			}
		}
		return c.affine(c.b.mapOp("batchnorm", normFormula(eps), centred, variance), axis)
	},
}

// featureStatistics are the running ones outside of training; in training the batch's
// mean, and the variance is nil: it is that of what is left without the mean.
func (c *call) featureStatistics(x *Value, axis int, momentum float64) (mean, variance *Value, err error) {
	size := Shape{x.Shape[axis]}
	runningMean, err := c.buffer("running_mean", size, Init{})
	if err != nil {
		return nil, nil, err
	}
	if !c.ev.training {
		runningVar, err := c.buffer("running_var", size, Init{Scale: 1})
		if err != nil {
			return nil, nil, err
		}
		return c.b.along(runningMean.Value, axis, len(x.Shape)), c.b.along(runningVar.Value, axis, len(x.Shape)), nil
	}
	mean = c.featureMean(x, axis)
	c.move(runningMean, momentum, c.b.reshape(mean, size))
	return mean, nil, nil
}

// batchVariance is the mean square of what has mean 0.
func (c *call) batchVariance(centred *Value, axis int, momentum float64) (*Value, error) {
	size := Shape{centred.Shape[axis]}
	running, err := c.buffer("running_var", size, Init{Scale: 1})
	if err != nil {
		return nil, err
	}
	variance := c.featureMean(c.b.mapOp("square", squareFormula, centred), axis)
	unbiased := formula.Binary(func(b *formula.Builder, v, n formula.Ref) formula.Ref {
		return b.Mul(v, b.Div(n, b.Max(b.Sub(n, b.Const(1)), b.Const(1))))
	})
	c.move(running, momentum, c.b.mapOp("unbiased", unbiased, c.b.reshape(variance, size), c.numbers(centred, axis)))
	return variance, nil
}

// numbers is how many numbers of the batch each feature has, a [].
func (c *call) numbers(x *Value, axis int) *Value {
	each := 1
	for a, d := range x.Shape[1:] {
		if a+1 != axis {
			each *= d
		}
	}
	return c.b.scale(c.b.batchSize(), float64(each)*float64(-x.Shape[0]))
}

// featureMean is the mean over all axes but one, which they keep at length 1.
func (c *call) featureMean(x *Value, axis int) *Value {
	var axes []int
	for a := range x.Shape {
		if a != axis {
			axes = append(axes, a)
		}
	}
	return c.b.mapOp("mean", formula.Binary((*formula.Builder).Div), c.b.reduce(Sum, x, axes...), c.numbers(x, axis))
}
