package graph

import "gotrain/internal/formula"

// optimizerAdamW is Adam with the decay apart from the gradient (Loshchilov and Hutter,
// 2019): p shrinks by lr·weight_decay, then takes Adam's step.
var optimizerAdamW = &optimizerSpec{
	Name: "adamw", Doc: "adam after p -= lr weight_decay p",
	Args: append(adamArgs[:3:3], optimizerArg{Name: "weight_decay", Default: 1e-2, Doc: "decay, apart from the gradient"}, noDecayArg),
	Update: func(u *update) *Value {
		p := u.param.Value
		if decay := u.decay(); decay != 0 {
			p = u.b.mapOp("weight_decay", formula.Binary(func(b *formula.Builder, p, lr formula.Ref) formula.Ref {
				return b.Mul(p, b.Sub(b.Const(1), b.Mul(lr, b.Const(decay))))
			}), p, u.lr)
		}
		return u.adam(p, u.grad)
	},
}
