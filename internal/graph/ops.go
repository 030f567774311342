package graph

import (
	"slices"

	"gotrain/internal/formula"
)

// opSpec is one op, layer, loss or metric of the language. Its file says how to build
// it; its row in ops makes it known.
type opSpec struct {
	Name   string
	Group  string // "layer", "elementwise", "loss", ...; for the reference
	Params []param
	Doc    string // one line: formula, shapes, source
	Build  func(c *call) (any, error)
	// MoreIsBetter is of metrics that a monitor should keep the greatest of.
	MoreIsBetter bool
}

// ops is the table of everything that can be called. To add one: its file, and a line here.
var ops = []*opSpec{
	// data
	opField,
	// shape
	opIdentity, opFlatten, opReshape, opSplit, opConcat, opSlice, opTranspose, opStopGrad,
	// layers
	layerDense, layerConv, layerMaxPool, layerAvgPool, layerGlobalAvgPool, layerGlobalMaxPool, layerBatchNorm, layerLayerNorm, layerRMSNorm, layerDropout, opParam,
	// elementwise
	opRelu, opLeakyRelu, opElu, opGelu, opSilu, opMish, opSigmoid, opTanh, opSoftplus,
	opExp, opLog, opSqrt, opAbs, opErf, opSin, opCos, opClamp, opMaximum, opMinimum,
	// reductions
	opSum, opMean, opSoftmax, opLogSoftmax, opLogSumExp,
	// draws
	opRandn, opRandnLike, opUniform, opBernoulli,
	// losses
	lossBCE, lossBCELogits, lossMSE, lossL1, lossHuber, lossHinge, lossKLNormal, lossCrossEntropy, lossNLL,
	// metrics
	metricAccuracy, metricMAE, metricF1, metricConfusion, opAvg,
}

func findOp(name string) *opSpec {
	for _, op := range ops {
		if op.Name == name {
			return op
		}
	}
	return nil
}

// later lists what the language has and this version does not, so that a user is told
// which of the two a name is.
var later = []string{
	"generate",
	"conv1d", "conv3d", "deconv", "adaptive_avgpool", "adaptive_maxpool", "upsample", "pad",
	"groupnorm", "embed", "position", "rope", "attention", "lstm", "gru", "rnn", "last",
	"cumsum",
	"stack", "gather", "max", "min", "var", "norm", "where",
	"one_hot", "argmax",
	"focal", "dice", "cosine", "triplet", "contrastive", "info_nce", "ctc",
	"precision", "recall", "auroc", "r2", "iou", "ppl", "psnr", "ssim", "standardize", "unstandardize",
}

func isLaterOp(name string) bool { return slices.Contains(later, name) }

// laterArguments are the same of losses and metrics.
var laterArguments = []string{"mask", "ignore"}

// elementwise is the row of an op that is one formula of one tensor.
func elementwise(name, doc string, build func(b *formula.Builder, x formula.Ref) formula.Ref) *opSpec {
	f := formula.Unary(build)
	return &opSpec{
		Name: name, Group: "elementwise", Doc: doc,
		Params: []param{{Name: "x", Kind: tensorArg, Doc: "any shape"}},
		Build:  func(c *call) (any, error) { return c.b.mapOp(name, f, c.tensor("x")), nil },
	}
}

// reduceParam is how an elementwise loss becomes one number per sample.
func reduceParam(defaultTo string) param {
	return param{Name: "reduce", Kind: enumArg, Optional: true, Default: defaultTo, Enum: []string{"mean", "sum"}, Doc: "over the axes after the batch"}
}

// featureAxis is the axis on which layers work: the first after the batch where there
// are three or more (channels), else the last. It counts from the batch axis, 0.
func featureAxis(v *Value) int {
	first := len(v.Shape) - len(userShape(v))
	if len(userShape(v)) >= 3 {
		return first
	}
	return len(v.Shape) - 1
}

// perSample folds every axis after the batch: one number per sample, [B].
func (b *builder) perSample(v *Value, how string) *Value {
	n := 1
	var axes []int
	for a := 1; a < len(v.Shape); a++ {
		axes = append(axes, a)
		n *= v.Shape[a]
	}
	out := b.reshape(b.reduce(Sum, v, axes...), Shape{v.Shape[0]})
	if how == "mean" && n > 1 {
		out = b.scale(out, 1/float64(n))
	}
	return out
}

// scale is c*v.
func (b *builder) scale(v *Value, c float64) *Value {
	return b.mapOp("scale", formula.Unary(func(f *formula.Builder, x formula.Ref) formula.Ref { return f.Mul(x, f.Const(c)) }), v)
}

// elementwiseLoss is the row of a loss that compares two tensors element by element.
func elementwiseLoss(name, doc string, params [2]string, f *formula.Formula, before func(c *call, x *Value) (*formula.Formula, *Value)) *opSpec {
	return &opSpec{
		Name: name, Group: "loss", Doc: doc,
		Params: comparedParams(params),
		Build:  func(c *call) (any, error) { return c.compared(params, f, before) },
	}
}

func comparedParams(names [2]string) []param {
	return []param{
		{Name: names[0], Kind: tensorArg, Doc: "[...]"}, {Name: names[1], Kind: tensorArg, Doc: "the same shape, or a number"}, reduceParam("mean"),
	}
}

// compared is f of the two tensors of a loss, folded to one number per sample.
func (c *call) compared(names [2]string, f *formula.Formula, before func(c *call, x *Value) (*formula.Formula, *Value)) (any, error) {
	x, y := c.tensor(names[0]), c.tensor(names[1])
	if err := sameShape(names, x, y); err != nil {
		return nil, err
	}
	if before != nil {
		if g, pre := before(c, x); g != nil {
			f, x = g, pre
		}
	}
	c.ev.losses.elementwise(c, x)
	return c.b.perSample(c.b.mapOp(c.spec.Name, f, x, y), c.enum("reduce")), nil
}

// sameShape checks the two sides of a comparison; a number goes with anything.
func sameShape(names [2]string, x, y *Value) error {
	if !x.Shape.Batched() {
		return noBatchAxis(names[0], x)
	}
	if len(y.Shape) == 0 || x.Shape.Equal(y.Shape) {
		return nil
	}
	return shapef("flatten or reshape one of them", "%s is %s, %s is %s", names[0], describe(x), names[1], describe(y))
}

// noBatchAxis is the fault of comparing what is the same for every sample.
func noBatchAxis(name string, x *Value) error {
	return shapef("it compares the model's output, sample by sample", "%s %s has no batch axis", name, describe(x))
}
