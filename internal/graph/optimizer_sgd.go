package graph

import "gotrain/internal/formula"

// optimizerSGD is PyTorch's SGD without dampening: g += wd p; v = momentum v + g;
// g += momentum v if nesterov, else g = v; p -= lr g.
var optimizerSGD = &optimizerSpec{
	Name: "sgd", Doc: "p -= lr v, v = momentum v + (g + weight_decay p)",
	Args: []optimizerArg{
		{Name: "lr", Default: 1e-3, Doc: "learning rate"},
		{Name: "momentum", Default: 0.0, Below: 1, Doc: "share of the last step kept"},
		{Name: "nesterov", Default: false, Doc: "look ahead by the momentum (Sutskever et al. 2013)"},
		{Name: "weight_decay", Default: 0.0, Doc: "L2 penalty, added to the gradient"},
		noDecayArg,
	},
	Update: func(u *update) *Value {
		momentum, decay := u.number("momentum"), u.decay()
		p, g := u.param.Value, u.grad
		if decay != 0 {
			g = u.b.mapOp("weight_decay", formula.Binary(func(b *formula.Builder, p, g formula.Ref) formula.Ref {
				return b.Add(g, b.Mul(b.Const(decay), p))
			}), p, g)
		}
		if momentum != 0 {
			v := u.moment("sgd.momentum")
			grow := formula.Binary(func(b *formula.Builder, v, g formula.Ref) formula.Ref {
				return b.Add(b.Mul(b.Const(momentum), v), g)
			})
			next := u.set(v, u.b.mapOp("sgd.momentum", grow, v.Value, g))
			if u.flag("nesterov") {
				g = u.b.mapOp("sgd.nesterov", grow, next, g)
			} else {
				g = next
			}
		}
		return u.b.mapOp("sgd", descend, p, g, u.lr)
	},
}

var descend = formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
	return b.Sub(in[0], b.Mul(in[2], in[1]))
})
