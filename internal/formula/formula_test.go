package formula

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// catalogue has every primitive once, on a domain where it is smooth.
var catalogue = []struct {
	f      *Formula
	lo, hi float64
}{
	{Binary(func(b *Builder, x, y Ref) Ref { return b.Add(x, y) }), -2, 2},
	{Binary(func(b *Builder, x, y Ref) Ref { return b.Sub(x, y) }), -2, 2},
	{Binary(func(b *Builder, x, y Ref) Ref { return b.Mul(x, y) }), -2, 2},
	{Binary(func(b *Builder, x, y Ref) Ref { return b.Div(x, y) }), 0.5, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Neg(x) }), -2, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Abs(x) }), 0.1, 2},
	{Binary(func(b *Builder, x, y Ref) Ref { return b.Min(x, b.Add(y, b.Const(5))) }), -2, 2},
	{Binary(func(b *Builder, x, y Ref) Ref { return b.Max(x, b.Add(y, b.Const(5))) }), -2, 2},
	{New(3, func(b *Builder, in []Ref) Ref { return b.FMA(in[0], in[1], in[2]) }), -2, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Sqrt(x) }), 0.5, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Rsqrt(x) }), 0.5, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Exp(x) }), -2, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Log(x) }), 0.5, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Log1p(x) }), -0.5, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Expm1(x) }), -2, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Tanh(x) }), -2, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Sigmoid(x) }), -2, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Erf(x) }), -2, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Sin(x) }), -2, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Cos(x) }), -2, 2},
	{Unary(func(b *Builder, x Ref) Ref { return b.Floor(x) }), 0.1, 0.9},
	{Binary(func(b *Builder, x, y Ref) Ref { return b.Pow(x, y) }), 0.5, 2},
	{Binary(func(b *Builder, x, y Ref) Ref { return b.Mul(b.Less(x, b.Add(y, b.Const(9))), x) }), -2, 2},
	{Binary(func(b *Builder, x, y Ref) Ref { return b.Mul(b.LessEq(x, b.Add(y, b.Const(9))), x) }), -2, 2},
	{Binary(func(b *Builder, x, y Ref) Ref { return b.Add(b.Equal(x, b.Add(y, b.Const(9))), x) }), -2, 2},
	{New(3, func(b *Builder, in []Ref) Ref { return b.Select(b.Less(in[0], b.Const(9)), in[1], in[2]) }), -2, 2},
}

func TestDeriveAgreesWithCentralDifferences(t *testing.T) {
	seen := map[Op]bool{In: true, Const: true}
	for _, c := range catalogue {
		for _, n := range c.f.Nodes {
			seen[n.Op] = true
		}
		t.Run(c.f.String(), func(t *testing.T) {
			grads := Derive(c.f)
			rapid.Check(t, func(t *rapid.T) {
				in := rapid.SliceOfN(rapid.Float64Range(c.lo, c.hi), c.f.Inputs, c.f.Inputs).Draw(t, "in")
				for arg, g := range grads {
					if g == nil {
						continue
					}
					const h = 1e-6 // near the cube root of float64's epsilon
					up, down := append([]float64{}, in...), append([]float64{}, in...)
					up[arg] += h
					down[arg] -= h
					want := (c.f.Eval(up...) - c.f.Eval(down...)) / (2 * h)
					got := g.Eval(append(append([]float64{}, in...), 1)...)
					if math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
						t.Fatalf("input %d: derivative %g, by differences %g (%s)", arg, got, want, g)
					}
				}
			})
		})
	}
	for op := range NumOps {
		if !seen[op] {
			t.Errorf("primitive %s has no row", op)
		}
	}
}

func TestKinksFollowPyTorch(t *testing.T) {
	relu := Unary(func(b *Builder, x Ref) Ref { return b.Max(x, b.Const(0)) })
	abs := Unary(func(b *Builder, x Ref) Ref { return b.Abs(x) })
	if g := Derive(relu)[0].Eval(0, 1); g != 0 {
		t.Errorf("relu'(0) = %g, want 0", g)
	}
	if g := Derive(abs)[0].Eval(0, 1); g != 0 {
		t.Errorf("abs'(0) = %g, want 0", g)
	}
	if v := relu.Eval(math.NaN()); !math.IsNaN(v) {
		t.Errorf("relu(NaN) = %g, want NaN: a kink must not hide a fault", v)
	}
}

func TestBuilderFoldsAndShares(t *testing.T) {
	f := Unary(func(b *Builder, x Ref) Ref {
		one := b.Sub(b.Const(3), b.Const(2))
		return b.Add(b.Mul(one, b.Exp(x)), b.Mul(b.Const(0), b.Exp(x)))
	})
	if got := f.String(); got != "exp(x0)" {
		t.Errorf("got %s, want exp(x0)", got)
	}
	if len(f.Nodes) != 2 {
		t.Errorf("%d nodes, want 2 (the input and the exp)", len(f.Nodes))
	}
}
