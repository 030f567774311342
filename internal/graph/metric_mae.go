package graph

var metricMAE = elementwiseLoss("mae", "the mean absolute error, |x - t|: l1 by its metric's name", [2]string{"x", "target"}, l1Formula, nil)
