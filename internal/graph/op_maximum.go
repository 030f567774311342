package graph

import "gotrain/internal/formula"

var (
	opMaximum = extremum("maximum", "the larger of x and y, element by element", (*formula.Builder).Max, func(b *formula.Builder, x, y formula.Ref) formula.Ref { return b.Less(y, x) })
	opMinimum = extremum("minimum", "the smaller of x and y, element by element", (*formula.Builder).Min, (*formula.Builder).Less)
)

// extremum gives each side half of the gradient where both are equal, as PyTorch does.
func extremum(name, doc string, build, wins func(b *formula.Builder, x, y formula.Ref) formula.Ref) *opSpec {
	f := formula.Binary(build)
	f.Gradients = map[int]*formula.Formula{}
	for arg := range 2 {
		f.Gradients[arg] = formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
			d := in[2]
			half := b.Select(b.Equal(in[0], in[1]), b.Mul(b.Const(0.5), d), b.Const(0))
			return b.Select(wins(b, in[arg], in[1-arg]), d, half)
		})
	}
	return &opSpec{
		Name: name, Group: "elementwise", Doc: doc + "; shapes broadcast; equal ones share the gradient",
		Params: []param{{Name: "x", Kind: tensorArg, Doc: "a tensor or a number"}, {Name: "y", Kind: tensorArg, Doc: "likewise"}},
		Build: func(c *call) (any, error) {
			x, y := c.tensor("x"), c.tensor("y")
			ax, ay, ok := c.b.align(x, y)
			if !ok {
				return nil, shapef("axes must be equal or 1, aligned right; reshape one of them", "shapes %s and %s do not go together", describe(x), describe(y))
			}
			return c.b.mapOp(name, f, ax, ay), nil
		},
	}
}
