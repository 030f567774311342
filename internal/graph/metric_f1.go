package graph

import "gotrain/internal/formula"

// metricF1 leaves out of the macro average the classes that are neither among the labels
// nor among the answers.
var metricF1 = &opSpec{
	Name: "f1", Group: "metric", MoreIsBetter: true,
	Doc: "over the whole set, 2 hits / (samples of the class + answers of the class): macro is the mean over the classes, micro that of all classes together (of single labels, the accuracy)",
	Params: append(classTargets("logits"),
		param{Name: "average", Kind: enumArg, Optional: true, Default: "macro", Enum: []string{"macro", "micro"}, Doc: "over classes"}, classAxisParam),
	Build: func(c *call) (any, error) {
		truth, taken, err := c.classified()
		if err != nil {
			return nil, err
		}
		b, classes := c.b, Shape{truth.Shape[1]}
		count := func(v *Value) *Value { return b.reshape(b.reduce(Sum, v, 0), classes) }
		hits, err := c.overSet(count(b.mapOp("hits", formula.Binary((*formula.Builder).Mul), truth, taken)))
		if err != nil {
			return nil, err
		}
		both, err := c.overSet(count(b.add2(truth, taken)))
		if err != nil {
			return nil, err
		}
		quotient := formula.Binary(func(f *formula.Builder, hits, both formula.Ref) formula.Ref {
			return f.Select(both, f.Div(f.Mul(f.Const(2), hits), both), f.Const(0))
		})
		if c.enum("average") == "micro" {
			return b.mapOp("f1", quotient, b.sumAll(hits), b.sumAll(both)), nil
		}
		present := b.mapOp("present", formula.Unary(func(f *formula.Builder, n formula.Ref) formula.Ref { return f.Less(f.Const(0), n) }), both)
		return b.mapOp("f1", formula.Binary((*formula.Builder).Div), b.sumAll(b.mapOp("f1", quotient, hits, both)), b.sumAll(present)), nil
	},
}
