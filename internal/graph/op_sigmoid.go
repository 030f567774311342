package graph

import "gotrain/internal/formula"

var sigmoidFormula = formula.Unary((*formula.Builder).Sigmoid)

var opSigmoid = &opSpec{
	Name: "sigmoid", Group: "elementwise", Doc: "1/(1+e⁻ˣ)",
	Params: []param{{Name: "x", Kind: tensorArg, Doc: "any shape"}},
	Build:  func(c *call) (any, error) { return c.b.mapOp("sigmoid", sigmoidFormula, c.tensor("x")), nil },
}

// logitsOf finds x where v is sigmoid(x), seen through reshapes; nil where it is not.
func (b *builder) logitsOf(v *Value) *Value {
	shape := v.Shape
	for {
		switch o := v.Op.(type) {
		case Reshape:
			v = v.In[0]
		case Map:
			if o.F == sigmoidFormula {
				return b.reshape(v.In[0], shape)
			}
			return nil
		default:
			return nil
		}
	}
}
