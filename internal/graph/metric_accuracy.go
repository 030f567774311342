package graph

import "gotrain/internal/formula"

// metricAccuracy counts, for k above 1, the classes that are not below the label's: where
// several are equal that is against the model, so one that gives every class the same
// number is not right.
var metricAccuracy = &opSpec{
	Name: "accuracy", Group: "metric", MoreIsBetter: true, Doc: "1 where label's class is the largest of logits (for k, among the k largest), else 0: the class axis is the one that label lacks",
	Params: append(classTargets("logits"),
		param{Name: "k", Kind: intArg, Optional: true, Default: int64(1), Doc: "how many of the largest count"}, classAxisParam),
	Build: func(c *call) (any, error) {
		x, label := c.tensor("logits"), c.tensor("label")
		axis, err := c.classAxis("logits", x, label)
		if err != nil {
			return nil, err
		}
		k, b := c.integer("k"), c.b
		if k < 1 || k > x.Shape[axis] {
			return nil, argf("k is %d of %d classes", k, x.Shape[axis])
		}
		if k == 1 {
			return b.perSample(b.mapOp("accuracy", equalFormula, b.argMax(x, axis), label), "mean"), nil
		}
		notBelow := b.mapOp("not_below", formula.Binary(func(f *formula.Builder, x, picked formula.Ref) formula.Ref {
			return f.Sub(f.Const(1), f.Less(x, picked))
		}), x, b.pick(x, label, axis))
		among := formula.Unary(func(f *formula.Builder, n formula.Ref) formula.Ref { return f.LessEq(n, f.Const(float64(k))) })
		return b.perSample(b.mapOp("accuracy", among, b.reduce(Sum, notBelow, axis)), "mean"), nil
	},
}

// argMax is the class of the largest element along axis, which goes.
func (b *builder) argMax(x *Value, axis int) *Value {
	shape := append(Shape{}, x.Shape...)
	shape[axis] = 1
	return b.reshape(b.apply(ArgMax{Axis: axis}, shape, x), without(x.Shape, axis))
}

var equalFormula = formula.Binary((*formula.Builder).Equal)
