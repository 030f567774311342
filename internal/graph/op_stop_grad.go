package graph

var opStopGrad = &opSpec{
	Name: "stop_grad", Group: "shape", Doc: "x, as a constant to the gradient",
	Params: []param{{Name: "x", Kind: tensorArg, Doc: "any shape"}},
	Build:  func(c *call) (any, error) { return c.b.stopGrad(c.tensor("x")), nil },
}
