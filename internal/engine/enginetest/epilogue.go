package enginetest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// testEpilogue: products whose elements go through formulas, with operands of each kind.
func testEpilogue(t *testing.T, dev engine.Device) {
	for _, s := range [][3]int{{1, 1, 1}, {5, 9, 17}, {33, 34, 35}, {128, 20, 400}, {17, 65, 1030}, {130, 300, 20}, {3, 5000, 7}, {5000, 3, 7}} {
		for _, op := range []graph.MatMul{{}, {TransA: true}, {TransB: true}} {
			m, n, k := s[0], s[1], s[2]
			b := newBuilder(fmt.Sprintf("epilogue of %s %dx%dx%d", op, m, n, k))
			sa, sb := graph.Shape{m, k}, graph.Shape{k, n}
			if op.TransA {
				sa = graph.Shape{k, m}
			}
			if op.TransB {
				sb = graph.Shape{n, k}
			}
			shape := graph.Shape{m, n}
			product := b.op(op, shape, b.input("a", graph.F32, sa...), b.input("b", graph.F32, sb...))
			sum := b.mapTo(shape, weighted(4), product, b.input("row", graph.F32, n), b.input("column", graph.F32, m, 1), b.input("number", graph.F32))
			b.output("sum", sum)
			b.output("tanh", b.unary((*formula.Builder).Tanh, sum))
			mask := b.unary((*formula.Builder).Neg, b.input("mask", graph.F32, m, n)) // of the arena: may be overwritten
			b.output("masked", b.mapTo(shape, formula.New(3, func(f *formula.Builder, in []formula.Ref) formula.Ref {
				return f.Add(f.Mul(in[0], in[1]), in[2])
			}), product, mask, sum))
			has[engine.Gemm](t, b.p, 1)
			check(t, dev, b.p, 1, fill(b.p, 1, -1, 1, 11), tolerance{8 * ulp, 8 * ulp * float64(k+32)})
		}
	}
	testUpdates(t, dev)
}

// momentum is two layers of a tanh and their update: buf = 0.9 buf + g, w -= lr buf. The
// gradients are clipped by their norm where clip is set.
func momentum(clip bool) *graph.Program {
	b := newBuilder("momentum")
	x, lr := b.input("x", graph.F32, -1, 30), b.input(graph.InputLR, graph.F32)
	w1, w2 := b.state("w1", graph.Param, 30, 50), b.state("w2", graph.Param, 50, 7)
	buf1, buf2 := b.state("buf1", graph.Moment, 30, 50), b.state("buf2", graph.Moment, 50, 7)
	h := b.unary((*formula.Builder).Tanh, b.op(graph.MatMul{}, graph.Shape{-1, 50}, x, w1))
	y := b.op(graph.MatMul{}, graph.Shape{-1, 7}, h, w2)
	b.output("loss", b.total(b.binary((*formula.Builder).Mul, y, y)))
	dh := b.mapTo(h.Shape, formula.Binary(func(f *formula.Builder, h, d formula.Ref) formula.Ref {
		return f.Mul(d, f.Sub(f.Const(1), f.Square(h)))
	}), h, b.op(graph.MatMul{TransB: true}, h.Shape, y, w2))
	grads := []*graph.Value{b.op(graph.MatMul{TransA: true}, w1.Shape, x, dh), b.op(graph.MatMul{TransA: true}, w2.Shape, h, y)}
	if clip {
		var norm *graph.Value
		for _, g := range grads {
			s := b.total(b.binary((*formula.Builder).Mul, g, g))
			if norm != nil {
				s = b.binary((*formula.Builder).Add, norm, s)
			}
			norm = s
		}
		scale := b.unary(func(f *formula.Builder, x formula.Ref) formula.Ref { return f.Min(f.Const(1), f.Rsqrt(x)) }, norm)
		for i, g := range grads {
			grads[i] = b.binary((*formula.Builder).Mul, g, scale)
		}
	}
	var check *graph.Value
	for i, w := range []*graph.Value{w1, w2} {
		buf := b.mapTo(w.Shape, formula.Binary(func(f *formula.Builder, buf, g formula.Ref) formula.Ref {
			return f.Add(f.Mul(f.Const(0.9), buf), g)
		}), []*graph.Value{buf1, buf2}[i], grads[i])
		next := b.mapTo(w.Shape, formula.New(3, func(f *formula.Builder, in []formula.Ref) formula.Ref {
			return f.Sub(in[0], f.Mul(in[2], in[1]))
		}), w, buf, lr)
		b.next(fmt.Sprintf("w%d", i+1), next)
		b.next(fmt.Sprintf("buf%d", i+1), buf)
		c := b.total(b.mapTo(w.Shape, formula.Binary(func(f *formula.Builder, w, buf formula.Ref) formula.Ref {
			return f.Add(f.Sub(w, w), f.Sub(buf, buf))
		}), next, buf))
		if check != nil {
			c = b.binary((*formula.Builder).Add, check, c)
		}
		check = c
	}
	b.p.Guard = b.finite(check)
	return b.p
}

// testUpdates: an update in the tiles of its gradient's product, in one instruction with
// others, or in Maps of its own gives the same bits.
func testUpdates(t *testing.T, dev engine.Device) {
	for _, clip := range []bool{false, true} {
		p := momentum(clip)
		d := fill(p, 9, -0.5, 0.5, 4)
		check(t, dev, p, 9, d, tolerance{1e-5, 1e-5})
		if f, err := engine.Plan(p, 9, engine.Options{Skip: []string{"update-in-tiles"}}); err != nil || !slices.ContainsFunc(f.Instrs, func(in *engine.Instr) bool {
			op, ok := in.Op.(engine.Fused)
			return ok && len(op.Parts) == 2
		}) {
			t.Errorf("the updates are not together: %v\n%s", err, f)
		}
		var first map[string][]float32
		for _, skip := range [][]string{nil, {"update-in-tiles"}, {"update-in-tiles", "update-together"}, engine.OptionalPasses()} {
			store := engine.NewStore(dev)
			e, err := engine.CompileWith(dev, store, p, 9, engine.Options{Verify: true, Skip: skip})
			if err != nil {
				t.Fatal(err)
			}
			for name, x := range d.states {
				if err := store.Set(name, narrow(x)); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				if err := e.Step(context.Background(), d.feed); err != nil {
					t.Fatal(err)
				}
			}
			if all := snapshot(t, store); first == nil {
				first = all
			} else if !equalBits(first, all) {
				t.Errorf("clip %v: without %v the parameters are others", clip, skip)
			}
			bad := slices.Clone(d.feed.Float["x"])
			bad[17] = float32(math.NaN())
			before := snapshot(t, store)
			if err := e.Step(context.Background(), engine.Feed{Float: map[string][]float32{"x": bad, graph.InputLR: {1}}}); err == nil || !equalBits(before, snapshot(t, store)) {
				t.Errorf("clip %v: without %v a step that is not finite was applied: %v", clip, skip, err)
			}
			e.Close()
			store.Close()
		}
	}
}
