package graph

import "gotrain/internal/formula"

// lossHuber is Huber's loss (1964), as PyTorch's huber_loss: a square near 0, a line of
// slope delta beyond.
var lossHuber = &opSpec{
	Name: "huber", Group: "loss", Doc: "½ d² where |d| <= delta, else delta (|d| - ½ delta), d = x - t",
	Params: append(comparedParams([2]string{"x", "target"}),
		param{Name: "delta", Kind: numberArg, Optional: true, Default: 1.0, Doc: "where the square becomes a line, above 0"}),
	Build: func(c *call) (any, error) {
		delta, err := c.positive("delta")
		if err != nil {
			return nil, err
		}
		f := formula.Binary(func(b *formula.Builder, x, t formula.Ref) formula.Ref {
			d := b.Sub(x, t)
			size := b.Abs(d)
			line := b.Mul(b.Const(delta), b.Sub(size, b.Const(delta/2)))
			return b.Select(b.LessEq(size, b.Const(delta)), b.Mul(b.Const(0.5), b.Square(d)), line)
		})
		return c.compared([2]string{"x", "target"}, f, nil)
	},
}
