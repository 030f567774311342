package graph

// lossNLL takes the logarithms of probabilities, such as log_softmax gives.
var lossNLL = &opSpec{
	Name: "nll", Group: "loss", Doc: "-logp[label]: the negative log-likelihood of log-probabilities",
	Params: classParams("logp"),
	Build: func(c *call) (any, error) {
		x, label := c.tensor("logp"), c.tensor("label")
		axis, err := c.classAxis("logp", x, label)
		if err != nil {
			return nil, err
		}
		loss := c.b.mapOp("nll", negFormula, c.b.pick(x, label, axis))
		return c.b.perSample(loss, c.enum("reduce")), nil
	},
}
