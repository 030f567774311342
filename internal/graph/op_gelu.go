package graph

import (
	"math"

	"gotrain/internal/formula"
)

var opGelu = &opSpec{
	Name: "gelu", Group: "elementwise",
	Doc: "x Φ(x) (Hendrycks and Gimpel 2016), Φ(x) = ½ (1 + erf(x/√2)); tanh: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "any shape"},
		{Name: "approximate", Kind: enumArg, Optional: true, Default: "none", Enum: []string{"none", "tanh"}, Doc: "tanh: the approximation of GPT-2"},
	},
	Build: func(c *call) (any, error) {
		f := geluFormula
		if c.enum("approximate") == "tanh" {
			f = geluTanhFormula
		}
		return c.b.mapOp("gelu", f, c.tensor("x")), nil
	},
}

var (
	geluFormula = formula.Unary(func(b *formula.Builder, x formula.Ref) formula.Ref {
		phi := b.Add(b.Const(1), b.Erf(b.Mul(x, b.Const(1/math.Sqrt2))))
		return b.Mul(b.Mul(b.Const(0.5), x), phi)
	})
	geluTanhFormula = formula.Unary(func(b *formula.Builder, x formula.Ref) formula.Ref {
		inner := b.Mul(b.Const(math.Sqrt(2/math.Pi)), b.Add(x, b.Mul(b.Const(0.044715), b.Mul(x, b.Square(x)))))
		return b.Mul(b.Mul(b.Const(0.5), x), b.Add(b.Const(1), b.Tanh(inner)))
	})
)
