package graph

// metricConfusion counts the samples of each class taken for each class.
var metricConfusion = &opSpec{
	Name: "confusion", Group: "metric", Doc: "a table over the whole set: how many of each class (a row) were taken for each class (a column)",
	Params: append(classTargets("logits"), classAxisParam),
	Build: func(c *call) (any, error) {
		truth, taken, err := c.classified()
		if err != nil {
			return nil, err
		}
		return c.overSet(c.b.matMul(truth, taken, true, false))
	},
}

// classified gives, a row for each label, the label's class and the class of the largest
// of logits, both as 1 among zeros: [B·…, C].
func (c *call) classified() (truth, taken *Value, err error) {
	x, label := c.tensor("logits"), c.tensor("label")
	axis, err := c.classAxis("logits", x, label)
	if err != nil {
		return nil, nil, err
	}
	classes, rows := x.Shape[axis], Shape{label.Shape[0] * elements(userShape(label))}
	hot := func(class *Value) *Value {
		return c.b.apply(OneHot{Classes: classes}, Shape{rows[0], classes}, c.b.reshape(class, rows))
	}
	return hot(label), hot(c.b.argMax(x, axis)), nil
}
