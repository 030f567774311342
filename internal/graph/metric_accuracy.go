package graph

import "gotrain/internal/formula"

var metricAccuracy = &opSpec{
	Name: "accuracy", Group: "metric", Doc: "1 where the largest of logits is label's, else 0: logits [..., C], label [...]",
	Params: []param{
		{Name: "logits", Kind: tensorArg, Doc: "[..., C]"}, {Name: "label", Kind: tensorArg, Doc: "[...], whole numbers"},
	},
	Build: func(c *call) (any, error) {
		x, label := c.tensor("logits"), c.tensor("label")
		if err := c.classAxis(x, label); err != nil {
			return nil, err
		}
		axis := len(x.Shape) - 1
		shape := append(Shape{}, x.Shape...)
		shape[axis] = 1
		best := c.b.reshape(c.b.apply(ArgMax{Axis: axis}, shape, x), x.Shape[:axis])
		return c.b.perSample(c.b.mapOp("accuracy", equalFormula, best, label), "mean"), nil
	},
}

var equalFormula = formula.Binary((*formula.Builder).Equal)
