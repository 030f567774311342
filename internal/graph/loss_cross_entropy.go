package graph

import (
	"slices"

	"gotrain/internal/formula"
)

var lossCrossEntropy = &opSpec{
	Name: "cross_entropy", Group: "loss", Doc: "-log softmax(logits)[label]: logits [..., C], label [...] of whole numbers below C",
	Params: []param{
		{Name: "logits", Kind: tensorArg, Doc: "[..., C]"}, {Name: "label", Kind: tensorArg, Doc: "[...], whole numbers"}, reduceParam("mean"),
	},
	Build: func(c *call) (any, error) {
		x, label := c.tensor("logits"), c.tensor("label")
		if err := c.classAxis(x, label); err != nil {
			return nil, err
		}
		axis := len(x.Shape) - 1
		classes := x.Shape[axis]
		// log Σ eˣ with the largest taken out first; as a constant to the gradient, since
		// it cancels.
		top := c.b.stopGrad(c.b.reduce(Max, x, axis))
		sum := c.b.reduce(Sum, c.b.mapOp("exp", shiftedExp, x, top), axis)
		hot := c.b.apply(OneHot{Classes: classes}, x.Shape, label)
		picked := c.b.reduce(Sum, c.b.mapOp("pick", pickFormula, hot, x), axis)
		loss := c.b.mapOp("cross_entropy", crossEntropyFormula, sum, top, picked)
		return c.b.perSample(loss, c.enum("reduce")), nil
	},
}

var (
	shiftedExp = formula.Binary(func(b *formula.Builder, x, top formula.Ref) formula.Ref { return b.Exp(b.Sub(x, top)) })
	// pickFormula selects rather than multiplies: an infinite logit of another class is no NaN.
	pickFormula         = formula.Binary(func(b *formula.Builder, hot, x formula.Ref) formula.Ref { return b.Select(hot, x, b.Const(0)) })
	crossEntropyFormula = formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		return b.Sub(b.Add(b.Log(in[0]), in[1]), in[2])
	})
)

// classAxis checks that logits have one axis more than label, the class axis, last.
func (c *call) classAxis(x, label *Value) error {
	s, t := userShape(x), userShape(label)
	switch {
	case label.DType != I32:
		return shapef("a data field such as label, or mse for numbers", "label %s is not of whole numbers", describe(label))
	case !x.Shape.Batched() || len(s) != len(t)+1:
		return shapef("logits have one axis more than label: the classes", "logits %s and label %s", describe(x), describe(label))
	case !slices.Equal(s[:len(s)-1], t):
		if slices.Equal(s[1:], t) {
			return &userError{"not-built-yet", "a class axis that is not the last is not built yet", ""}
		}
		return shapef("logits have one axis more than label: the classes", "logits %s and label %s", describe(x), describe(label))
	}
	return nil
}
