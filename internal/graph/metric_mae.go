package graph

var metricMAE = func() *opSpec {
	op := elementwiseLoss("mae", "the mean absolute error, |x - t|: l1 by its metric's name", [2]string{"x", "target"}, l1Formula, nil)
	op.Group = "metric"
	return op
}()
