package graph

var (
	opSum  = reduction("sum", "the sum over all axes after the batch, or over axis")
	opMean = reduction("mean", "the mean over all axes after the batch, or over axis")
)

func reduction(name, doc string) *opSpec {
	return &opSpec{
		Name: name, Group: "reduction", Doc: doc,
		Params: []param{
			{Name: "x", Kind: tensorArg, Doc: "any shape"},
			{Name: "axis", Kind: intArg, Optional: true, Doc: "0 is the first after the batch; all when absent"},
		},
		Build: func(c *call) (any, error) {
			x := c.tensor("x")
			first := len(x.Shape) - len(userShape(x))
			var axes []int
			if c.given("axis") {
				a, err := c.axis("axis", x, 0)
				if err != nil {
					return nil, err
				}
				axes = []int{a}
			} else {
				for a := first; a < len(x.Shape); a++ {
					axes = append(axes, a)
				}
			}
			n, kept := 1, Shape{}
			for a, d := range x.Shape {
				if len(axes) > 0 && a >= axes[0] && a <= axes[len(axes)-1] {
					n *= d
				} else {
					kept = append(kept, d)
				}
			}
			out := c.b.reshape(c.b.reduce(Sum, x, axes...), kept)
			if name == "mean" && n > 1 {
				out = c.b.scale(out, 1/float64(n))
			}
			return out, nil
		},
	}
}
