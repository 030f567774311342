package enginetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// testAliasing: chains whose results may overwrite their operands, where one of them must
// not.
func testAliasing(t *testing.T, dev engine.Device) {
	neg, add := (*formula.Builder).Neg, (*formula.Builder).Add
	cases := map[string]func(b *builder, x *graph.Value) *graph.Value{
		"chain": func(b *builder, x *graph.Value) *graph.Value { return b.unary(neg, b.unary(neg, b.unary(neg, x))) },
		"operand is needed": func(b *builder, x *graph.Value) *graph.Value {
			y := b.unary(neg, x)
			z := b.unary(neg, y)
			return b.binary(add, z, y)
		},
		"operand twice": func(b *builder, x *graph.Value) *graph.Value {
			y := b.unary(neg, x)
			return b.binary((*formula.Builder).Mul, y, y)
		},
		"operand is an output": func(b *builder, x *graph.Value) *graph.Value {
			y := b.unary(neg, x)
			b.output("kept", y)
			return b.unary(neg, y)
		},
		"reshaped operand is needed": func(b *builder, x *graph.Value) *graph.Value {
			y := b.unary(neg, x)
			flat := b.op(graph.Reshape{}, graph.Shape{-12}, y)
			z := b.unary(neg, y)
			return b.binary(add, z, b.op(graph.Reshape{}, graph.Shape{-1, 12}, flat))
		},
		"reshaped operand is an output": func(b *builder, x *graph.Value) *graph.Value {
			y := b.unary(neg, x)
			b.output("kept", b.op(graph.Reshape{}, graph.Shape{-12}, y))
			return b.unary(neg, y)
		},
		"operand and a broadcast form of it": func(b *builder, x *graph.Value) *graph.Value {
			y := b.reduce(graph.Sum, x, 0) // (1, 12)
			col := b.op(graph.Reshape{}, graph.Shape{12, 1}, y)
			square := b.mapTo(graph.Shape{12, 12}, formula.Binary(add), y, col)
			sum := b.reduce(graph.Sum, square, 0)
			return b.binary(add, x, b.binary(add, sum, y))
		},
		"square and its row": func(b *builder, x *graph.Value) *graph.Value {
			y := b.reduce(graph.Sum, x, 0, 1) // (1, 1): full size and broadcast at once
			z := b.unary(neg, y)
			return b.mapTo(graph.Shape{-1, 12}, formula.New(3, func(f *formula.Builder, in []formula.Ref) formula.Ref {
				return f.Add(in[0], f.Mul(in[1], in[2]))
			}), x, z, y)
		},
		"result is a broadcast": func(b *builder, x *graph.Value) *graph.Value {
			row := b.unary(neg, b.reduce(graph.Sum, x, 0))
			return b.mapTo(graph.Shape{-1, 12}, formula.Binary(add), row, b.unary(neg, x))
		},
		"dead values": func(b *builder, x *graph.Value) *graph.Value {
			y := b.unary(neg, x)
			b.unary(neg, y)
			b.reduce(graph.Sum, y, 0)
			return b.unary(neg, y)
		},
	}
	for name, build := range cases {
		for _, batch := range []int{1, 12, 100} {
			b := newBuilder(fmt.Sprintf("%s, batch %d", name, batch))
			b.output("y", build(b, b.input("x", graph.F32, -1, 12)))
			check(t, dev, b.p, batch, fill(b.p, batch, -1, 1, 6), tolerance{8 * ulp, 1e-4}) // sums of 1200 terms
		}
	}
}

// generate makes a program of n random ops over a few inputs and states. Values stay
// within a few units and no op jumps, so that rounding is not blown up.
func generate(seed uint64, n int) *graph.Program {
	r := rand.New(rand.NewPCG(seed, 1))
	b := newBuilder(fmt.Sprintf("generated %d", seed))
	pool := []*graph.Value{
		b.input("x", graph.F32, -1, 6), b.input("y", graph.F32, -1, 6), b.input("row", graph.F32, 6), b.input("col", graph.F32, -1, 1),
		b.input("labels", graph.I32, -1), b.state("w", graph.Param, 6, 6), b.state("v", graph.Moment, 6),
	}
	for range n {
		if v := randomOp(b, r, pool); v != nil {
			pool = append(pool, v)
		}
	}
	for _, st := range b.p.States {
		for _, v := range pool {
			if v.Shape.Equal(st.Value.Shape) && r.IntN(3) == 0 {
				b.next(st.Name, v)
			}
		}
	}
	for i := range 4 {
		v := pool[len(pool)-1-r.IntN(len(pool)/2)]
		b.output(fmt.Sprintf("o%d", i), v)
	}
	return b.p
}

func randomOp(b *builder, r *rand.Rand, pool []*graph.Value) *graph.Value {
	x, y := pool[r.IntN(len(pool))], pool[r.IntN(len(pool))]
	axes := len(x.Shape)
	switch k := r.IntN(10); {
	case x.DType == graph.I32:
		return b.op(graph.OneHot{Classes: 6}, graph.Shape{-1, 6}, x)
	case k < 2:
		return b.unary((*formula.Builder).Tanh, x)
	case k < 5:
		if out, ok := together(x.Shape, y.Shape); ok {
			return b.mapTo(out, formula.Binary(func(f *formula.Builder, p, q formula.Ref) formula.Ref {
				return f.Sub(f.Mul(f.Const(0.5), p), f.Mul(f.Sigmoid(q), p))
			}), x, y)
		}
	case k == 5 && axes > 0:
		return b.unary((*formula.Builder).Tanh, b.reduce(graph.Sum, x, r.IntN(axes)))
	case k == 6 && axes > 0:
		return b.reduce(graph.Max, x, r.IntN(axes))
	case k == 7 && axes == 2 && len(y.Shape) == 2 && x.Shape[1] == y.Shape[0]:
		return b.unary((*formula.Builder).Tanh, b.op(graph.MatMul{}, graph.Shape{x.Shape[0], y.Shape[1]}, x, y))
	case k == 8 && axes == 2 && x.Shape[1] == 6:
		part := b.op(graph.Slice{Axis: 1, Start: r.IntN(3), Len: 3}, graph.Shape{x.Shape[0], 3}, x)
		return b.op(graph.Pad{Axis: 1, Start: r.IntN(4), Len: 6}, x.Shape, part)
	case k == 9 && axes == 2:
		flat := b.op(graph.Reshape{}, graph.Shape{x.Shape[0] * x.Shape[1]}, x)
		if r.IntN(2) == 0 {
			return b.op(graph.Reshape{}, slices.Clone(x.Shape), b.unary((*formula.Builder).Tanh, flat))
		}
		return flat
	}
	return nil
}

// together broadcasts two symbolic shapes.
func together(a, b graph.Shape) (graph.Shape, bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i, d := range b {
		switch k := len(a) - len(b) + i; {
		case out[k] == d || d == 1:
		case out[k] == 1:
			out[k] = d
		default:
			return nil, false
		}
	}
	for _, d := range out[min(1, len(out)):] {
		if d < 0 {
			return nil, false // only the first axis may be the batch
		}
	}
	return out, true
}

// generatedTolerance: thirty ops deep, each rounds once and shrinks or keeps what came in.
var generatedTolerance = tolerance{1e-4, 1e-5}

func testPrograms(t *testing.T, dev engine.Device) {
	for seed := range uint64(60) {
		p := generate(seed, 5+int(seed)/2)
		for _, batch := range []int{1, 6, 33} {
			check(t, dev, p, batch, fill(p, batch, -1, 1, int64(seed)), generatedTolerance)
		}
	}
}

// testPassesOff: optional passes change no bit of a result.
func testPassesOff(t *testing.T, dev engine.Device) {
	for seed := range uint64(10) {
		p := generate(seed, 25)
		d := fill(p, 7, -1, 1, int64(seed))
		var first map[string][]float32
		skips := [][]string{nil, engine.OptionalPasses()}
		for _, name := range engine.OptionalPasses() {
			skips = append(skips, []string{name})
		}
		for _, skip := range skips {
			store := engine.NewStore(dev)
			e, err := engine.CompileWith(dev, store, p, 7, engine.Options{Verify: true, Skip: skip})
			if err != nil {
				t.Fatal(err)
			}
			for name, x := range d.states {
				if err := store.Set(name, narrow(x)); err != nil {
					t.Fatal(err)
				}
			}
			if err := e.Step(context.Background(), d.feed); err != nil {
				t.Fatal(err)
			}
			all := snapshot(t, store)
			for _, o := range p.Outputs {
				all["output."+o.Name] = slices.Clone(e.Output(o.Name))
			}
			if first == nil {
				first = all
			} else if !equalBits(first, all) {
				t.Errorf("%s without %v has other results", p.Name, skip)
			}
			e.Close()
			store.Close()
		}
	}
}

// testFormulas: generated formulas whose parts are used several times, far apart.
func testFormulas(t *testing.T, dev engine.Device) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		f := formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
			return randomFormula(b, r, in, 4+int(seed)/2)
		})
		b := newBuilder(fmt.Sprintf("formula %d: %s", seed, f))
		x, row, col := b.input("x", graph.F32, -1, 70), b.input("row", graph.F32, 70), b.input("col", graph.F32, -1, 1)
		b.output("y", b.mapTo(graph.Shape{-1, 70}, f, x, row, col))
		for _, batch := range []int{1, 20} {
			check(t, dev, b.p, batch, fill(b.p, batch, -1, 1, int64(seed)), generatedTolerance)
		}
	}
}

// randomFormula keeps all parts within a unit; only inputs, which are exact, are compared.
func randomFormula(b *formula.Builder, r *rand.Rand, in []formula.Ref, n int) formula.Ref {
	parts := slices.Clone(in)
	any := func() formula.Ref { return parts[r.IntN(len(parts))] }
	half := b.Const(0.5)
	for range n {
		x, y := any(), any()
		switch r.IntN(7) {
		case 0:
			x = b.Mul(half, b.Add(x, y))
		case 1:
			x = b.FMA(x, half, b.Mul(y, half))
		case 2:
			x = b.Tanh(b.Sub(x, y))
		case 3:
			x = b.Max(b.Neg(x), y)
		case 4:
			x = b.Min(b.Abs(x), y)
		case 5:
			x = b.Select(b.Less(in[r.IntN(3)], in[r.IntN(3)]), x, y)
		case 6:
			x = b.Sub(b.Sigmoid(x), half)
		}
		parts = append(parts, x)
	}
	out := parts[len(parts)-1]
	for _, p := range parts { // so that early parts are still needed late
		out = b.Mul(half, b.Add(out, p))
	}
	return out
}
