package graph

import "gotrain/internal/formula"

// Clip limits gradients before the update. The zero Clip does nothing.
type Clip struct {
	Norm  float64 // the norm over all parameters is at most this; 0 for no limit
	Value float64 // each element is at most this in size; 0 for no limit
}

// clip applies c to the gradients of a step, as PyTorch's clip_grad_norm_ and
// clip_grad_value_ do: by norm, g *= min(1, Norm / (‖g‖ + 1e-6)).
func (b *builder) clip(c Clip, grads []*Value) []*Value {
	out := make([]*Value, len(grads))
	switch {
	case c.Norm > 0:
		squares := b.fill(0, Shape{})
		for _, g := range grads {
			squares = b.add2(squares, b.sumAll(b.mapOp("square", squareFormula, g)))
		}
		factor := b.mapOp("clip", formula.Unary(func(f *formula.Builder, s formula.Ref) formula.Ref {
			return f.Min(f.Const(1), f.Div(f.Const(c.Norm), f.Add(f.Sqrt(s), f.Const(1e-6))))
		}), squares)
		for i, g := range grads {
			out[i] = b.mapOp("clip", formula.Binary((*formula.Builder).Mul), g, factor)
		}
	case c.Value > 0:
		limit := formula.Unary(func(f *formula.Builder, g formula.Ref) formula.Ref {
			return f.Max(f.Const(-c.Value), f.Min(f.Const(c.Value), g))
		})
		for i, g := range grads {
			out[i] = b.mapOp("clip", limit, g)
		}
	default:
		return grads
	}
	return out
}

var squareFormula = formula.Unary((*formula.Builder).Square)
