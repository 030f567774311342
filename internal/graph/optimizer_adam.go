package graph

import (
	"math"

	"gotrain/internal/formula"
)

var adamArgs = []optimizerArg{
	{Name: "lr", Default: 1e-3, Doc: "learning rate"},
	{Name: "betas", Default: []float64{0.9, 0.999}, Below: 1, Doc: "decay of the two moments"},
	{Name: "eps", Default: 1e-8, Doc: "added to the root of the second moment"},
}

// optimizerAdam is Kingma and Ba's Adam (2015) as PyTorch computes it.
var optimizerAdam = &optimizerSpec{
	Name: "adam", Doc: "p -= lr m̂ / (√v̂ + eps), m = β₁ m + (1-β₁) g, v = β₂ v + (1-β₂) g²; g includes weight_decay p",
	Args: append(adamArgs[:3:3], optimizerArg{Name: "weight_decay", Default: 0.0, Doc: "L2 penalty, added to the gradient"}, noDecayArg),
	Update: func(u *update) *Value {
		g := u.grad
		if decay := u.decay(); decay != 0 {
			g = u.b.mapOp("weight_decay", formula.Binary(func(b *formula.Builder, p, g formula.Ref) formula.Ref {
				return b.Add(g, b.Mul(b.Const(decay), p))
			}), u.param.Value, g)
		}
		return u.adam(u.param.Value, g)
	},
}

// adam updates both moments by g and gives p after the step.
func (u *update) adam(p, g *Value) *Value {
	beta1, beta2 := u.pair("betas")
	eps := u.number("eps")
	m, v := u.moment("adam.m"), u.moment("adam.v")
	first := formula.Binary(func(b *formula.Builder, m, g formula.Ref) formula.Ref {
		return b.Add(m, b.Mul(b.Const(1-beta1), b.Sub(g, m)))
	})
	second := formula.Binary(func(b *formula.Builder, v, g formula.Ref) formula.Ref {
		return b.Add(b.Mul(b.Const(beta2), v), b.Mul(b.Const(1-beta2), b.Square(g)))
	})
	nextM := u.set(m, u.b.mapOp("adam.m", first, m.Value, g))
	nextV := u.set(v, u.b.mapOp("adam.v", second, v.Value, g))
	step := formula.New(5, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		p, m, v, size, rootC2 := in[0], in[1], in[2], in[3], in[4]
		return b.Sub(p, b.Div(b.Mul(size, m), b.Add(b.Div(b.Sqrt(v), rootC2), b.Const(eps))))
	})
	return u.b.mapOp("adam", step, p, nextM, nextV, u.adamStepSize(beta1), u.adamRootCorrection(beta2))
}

// adamCorrection is 1 - βᵗ, the bias of a moment after t steps, as -expm1(t ln β): in
// float32, 1 - pow(β, t) would lose half its digits in the first steps. t is part of the
// optimizer's state; at 2²⁴ steps it stops counting and the correction has long been 1.
func (u *update) adamCorrection(beta float64, name string, and func(b *formula.Builder, c formula.Ref) formula.Ref) *Value {
	t := u.once("adam.t", func() *Value {
		s := u.b.state("adam.step", Moment, Shape{}, Init{})
		return u.set(s, u.b.mapOp("adam.step", increment, s.Value))
	})
	return u.once(name, func() *Value {
		return u.b.mapOp(name, formula.Unary(func(b *formula.Builder, t formula.Ref) formula.Ref {
			if beta == 0 {
				return and(b, b.Const(1))
			}
			return and(b, b.Neg(b.Expm1(b.Mul(b.Const(math.Log(beta)), t))))
		}), t)
	})
}

var increment = formula.Unary(func(b *formula.Builder, t formula.Ref) formula.Ref { return b.Add(t, b.Const(1)) })

// adamStepSize is lr / (1 - β₁ᵗ).
func (u *update) adamStepSize(beta1 float64) *Value {
	c := u.adamCorrection(beta1, "adam.c1", func(_ *formula.Builder, c formula.Ref) formula.Ref { return c })
	return u.once("adam.size", func() *Value {
		return u.b.mapOp("adam.size", formula.Binary((*formula.Builder).Div), u.lr, c)
	})
}

// adamRootCorrection is √(1 - β₂ᵗ).
func (u *update) adamRootCorrection(beta2 float64) *Value {
	return u.adamCorrection(beta2, "adam.c2", (*formula.Builder).Sqrt)
}
