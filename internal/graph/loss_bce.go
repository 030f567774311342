package graph

import "gotrain/internal/formula"

// bceLogitsFormula is max(0, x) - x t + log(1 + e^-|x|), stable at every x. |x| is
// written -min(x, -x) and the maximum with the constant first, so that the slope at 0,
// as derived, is the true one, 1/2 - t.
var bceLogitsFormula = formula.Binary(func(b *formula.Builder, x, t formula.Ref) formula.Ref {
	soft := b.Log1p(b.Exp(b.Min(x, b.Neg(x))))
	return b.Add(b.Sub(b.Max(b.Const(0), x), b.Mul(x, t)), soft)
})

// bceFormula is -(t log p + (1-t) log(1-p)) with logarithms not below -100, and the
// gradient (p-t) / max(p(1-p), 1e-12), as in PyTorch's binary_cross_entropy.
var bceFormula = func() *formula.Formula {
	f := formula.Binary(func(b *formula.Builder, p, t formula.Ref) formula.Ref {
		one, floor := b.Const(1), b.Const(-100)
		hit := b.Mul(t, b.Max(b.Log(p), floor))
		miss := b.Mul(b.Sub(one, t), b.Max(b.Log1p(b.Neg(p)), floor))
		return b.Neg(b.Add(hit, miss))
	})
	f.Gradients = map[int]*formula.Formula{0: formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		p, t, d := in[0], in[1], in[2]
		width := b.Max(b.Mul(p, b.Sub(b.Const(1), p)), b.Const(1e-12))
		return b.Mul(d, b.Div(b.Sub(p, t), width))
	})}
	return f
}()

var lossBCELogits = elementwiseLoss("bce_logits",
	"binary cross entropy of sigmoid(logits): max(0,x) - x t + log(1+e^-|x|)", [2]string{"logits", "target"}, bceLogitsFormula, nil)

// lossBCE of a sigmoid is computed from the sigmoid's argument: the same number, without
// the logarithm of a rounded 0.
var lossBCE = elementwiseLoss("bce",
	"binary cross entropy of probabilities: -(t log p + (1-t) log(1-p)), logarithms not below -100", [2]string{"p", "target"}, bceFormula,
	func(c *call, x *Value) (*formula.Formula, *Value) {
		logits := c.b.logitsOf(x)
		if logits == nil {
			return nil, nil
		}
		c.ev.note(c.at, "rewritten", "bce of a sigmoid is computed as bce_logits of its argument: the same loss, exact where the sigmoid saturates")
		return bceLogitsFormula, logits
	})
