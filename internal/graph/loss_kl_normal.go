package graph

import "gotrain/internal/formula"

// lossKLNormal is the divergence of N(mu, e^logvar) from N(0, 1) (Kingma and Welling,
// "Auto-encoding variational Bayes", appendix B).
var lossKLNormal = &opSpec{
	Name: "kl_normal", Group: "loss", Doc: "KL(N(mu, e^logvar) ‖ N(0,1)) = ½ (mu² + e^logvar - 1 - logvar)",
	Params: []param{
		{Name: "mu", Kind: tensorArg, Doc: "[n]"}, {Name: "logvar", Kind: tensorArg, Doc: "the same shape"}, reduceParam("sum"),
	},
	Build: func(c *call) (any, error) {
		mu, logvar := c.tensor("mu"), c.tensor("logvar")
		if err := sameShape([2]string{"mu", "logvar"}, mu, logvar); err != nil {
			return nil, err
		}
		c.ev.losses.kl(c)
		return c.b.perSample(c.b.mapOp("kl_normal", klFormula, mu, logvar), c.enum("reduce")), nil
	},
}

var klFormula = formula.Binary(func(b *formula.Builder, mu, logvar formula.Ref) formula.Ref {
	spread := b.Sub(b.Sub(b.Exp(logvar), b.Const(1)), logvar)
	return b.Mul(b.Const(0.5), b.Add(b.Square(mu), spread))
})

// lossUse remembers how losses were reduced, for the lint below.
type lossUse struct {
	klSum       *call // a kl_normal summed over its axes
	elementMean *call // an elementwise loss of several elements, averaged
}

func (u *lossUse) kl(c *call) {
	if c.enum("reduce") == "sum" && u.klSum == nil {
		u.klSum = c
	}
}

func (u *lossUse) elementwise(c *call, x *Value) {
	if c.enum("reduce") == "mean" && elements(userShape(x)) > 1 && u.elementMean == nil {
		u.elementMean = c
	}
}

// lint warns of a KL beside an averaged reconstruction: the average divides one term by
// the number of elements and not the other, which silently rescales beta.
func (u *lossUse) lint(ev *evaluator) {
	if u.klSum == nil || u.elementMean == nil {
		return
	}
	at := u.elementMean.at
	d := ev.diags.Warnf("mean-beside-kl", at, "%s is a mean over its elements beside a kl_normal that is a sum: the KL weighs that many times more", u.elementMean.spec.Name)
	d.Hint = "write reduce=sum in both, or scale the KL"
	d.Path = u.elementMean.sc.path
}
