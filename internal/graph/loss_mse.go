package graph

import "gotrain/internal/formula"

var lossMSE = elementwiseLoss("mse", "(x - t)²", [2]string{"x", "target"},
	formula.Binary(func(b *formula.Builder, x, t formula.Ref) formula.Ref { return b.Square(b.Sub(x, t)) }), nil)
