package graph

var opIdentity = &opSpec{
	Name: "identity", Group: "shape", Doc: "x; a step that does nothing",
	Params: []param{{Name: "x", Kind: anyArg}},
	Build:  func(c *call) (any, error) { return c.arg("x"), nil },
}
