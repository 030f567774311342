package enginetest

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// testCommit: each way a next value can coincide with another value.
func testCommit(t *testing.T, dev engine.Device) {
	cases := map[string]func(b *builder, w, u, x *graph.Value){
		"plain": func(b *builder, w, u, x *graph.Value) { b.next("w", b.binary((*formula.Builder).Sub, w, x)) },
		"itself": func(b *builder, w, u, x *graph.Value) {
			b.next("w", w)
			b.output("y", w)
		},
		"swapped states": func(b *builder, w, u, x *graph.Value) {
			b.next("w", u)
			b.next("u", w)
		},
		"an input": func(b *builder, w, u, x *graph.Value) { b.next("w", x) },
		"two states, one value": func(b *builder, w, u, x *graph.Value) {
			y := b.binary((*formula.Builder).Add, w, x)
			b.next("w", y)
			b.next("u", y)
			b.output("y", y)
			b.output("again", y)
		},
		"used afterwards": func(b *builder, w, u, x *graph.Value) {
			y := b.binary((*formula.Builder).Add, w, x)
			b.next("w", y)
			z := b.binary((*formula.Builder).Mul, y, u)
			b.next("u", b.binary((*formula.Builder).Add, z, w))
			b.output("y", b.total(y))
		},
		"reshaped state": func(b *builder, w, u, x *graph.Value) {
			b.next("u", b.op(graph.Reshape{}, graph.Shape{3, 5}, b.op(graph.Reshape{}, graph.Shape{15}, w)))
			b.output("flat", b.op(graph.Reshape{}, graph.Shape{15}, w))
		},
		"reshaped next": func(b *builder, w, u, x *graph.Value) {
			y := b.binary((*formula.Builder).Add, w, x)
			b.next("w", y)
			flat := b.op(graph.Reshape{}, graph.Shape{15}, y)
			b.output("flat", flat)
			b.next("u", b.op(graph.Reshape{}, graph.Shape{3, 5}, b.unary((*formula.Builder).Neg, flat)))
		},
		"only read": func(b *builder, w, u, x *graph.Value) { b.output("y", b.binary((*formula.Builder).Mul, w, x)) },
		"inputs as outputs": func(b *builder, w, u, x *graph.Value) {
			b.output("x", x)
			b.output("flat", b.op(graph.Reshape{}, graph.Shape{5, 3}, x))
		},
	}
	for name, build := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(name)
			w, u := b.state("w", graph.Param, 3, 5), b.state("u", graph.Moment, 3, 5)
			build(b, w, u, b.input("x", graph.F32, 3, 5))
			repeat(t, dev, b.p, fill(b.p, 1, -1, 1, 9))
		})
	}
}

// repeat runs three steps and compares states and outputs with the interpreter's. The
// outputs must still be right after another executable has committed.
func repeat(t *testing.T, dev engine.Device, p *graph.Program, d *data) {
	t.Helper()
	store := engine.NewStore(dev)
	defer store.Close()
	e := compile(t, dev, store, p, 1, d)
	other := compile(t, dev, store, p, 1, d)
	tol := tolerance{4 * ulp, 16 * ulp}
	for range 3 {
		want, err := graph.Interpret(p, 1, d.ref, d.states)
		if err != nil {
			t.Fatal(err)
		}
		step(t, e, d.feed)
		compareStates(t, p, store, want, tol)
		for name := range d.states {
			x, err := store.Get(name)
			if err != nil {
				t.Fatal(err)
			}
			d.states[name] = widen(x)
		}
		step(t, other, d.feed)
		for _, o := range p.Outputs {
			compare(t, p.Name+"/"+o.Name, e.Output(o.Name), want[o.Value.ID].Data, tol)
		}
		for name, x := range d.states {
			if err := store.Set(name, narrow(x)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// sgd is w -= lr * mean((w·x - y)²)', kept only where the loss is finite.
func sgd(batched bool) *graph.Program {
	b := newBuilder("sgd")
	w, sum := b.state("w", graph.Param, 4, 1), b.state("sum.loss", graph.Metric)
	rows := -1
	if !batched {
		rows = 8
	}
	x, lr := b.input("x", graph.F32, rows, 4), b.input(graph.InputLR, graph.F32)
	e := b.unary((*formula.Builder).Log, b.op(graph.MatMul{}, graph.Shape{rows, 1}, x, w))
	loss := b.total(b.binary((*formula.Builder).Mul, e, e))
	grad := b.op(graph.MatMul{TransA: true}, graph.Shape{4, 1}, x, e)
	b.next("w", b.mapTo(w.Shape, formula.New(3, func(f *formula.Builder, in []formula.Ref) formula.Ref {
		return f.Sub(in[0], f.Mul(in[1], in[2]))
	}), w, grad, lr))
	b.next("sum.loss", b.binary((*formula.Builder).Add, sum, loss))
	b.output("loss", loss)
	b.p.Guard = b.finite(loss)
	return b.p
}

// testGuard: a step that is not finite changes no bit of any state, however often it is
// tried, and the next good one is applied.
func testGuard(t *testing.T, dev engine.Device) {
	p := sgd(true)
	d := fill(p, 8, 0.5, 1, 1)
	d.setFloat(graph.InputLR, []float32{0.01})
	store := engine.NewStore(dev)
	defer store.Close()
	e := compile(t, dev, store, p, 8, d)
	step(t, e, d.feed)
	before := snapshot(t, store)
	good := slices.Clone(d.feed.Float["x"])
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), -1e30} {
		d.feed.Float["x"] = slices.Clone(good)
		d.feed.Float["x"][5] = bad
		var nonFinite *engine.NonFiniteError
		if err := e.Step(context.Background(), d.feed); !errors.As(err, &nonFinite) || nonFinite.Program != "sgd" {
			t.Fatalf("x = %v: got %v, want a NonFiniteError", bad, err)
		}
		if got := snapshot(t, store); !equalBits(got, before) {
			t.Fatalf("x = %v: a discarded step changed a state", bad)
		}
		if x := e.Output("loss")[0]; x-x == 0 {
			t.Errorf("x = %v: loss %v", bad, x)
		}
	}
	d.feed.Float["x"] = good
	step(t, e, d.feed)
	if equalBits(snapshot(t, store), before) {
		t.Error("a good step was not applied")
	}
}

func snapshot(t *testing.T, s *engine.Store) map[string][]float32 {
	t.Helper()
	all := map[string][]float32{}
	for _, name := range s.Names() {
		x, err := s.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = x
	}
	return all
}

func equalBits(a, b map[string][]float32) bool {
	for name := range a {
		if !slices.EqualFunc(a[name], b[name], func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }) {
			return false
		}
	}
	return len(a) == len(b)
}

// testSharing: two programs and three batch sizes on one store see each other's commits.
func testSharing(t *testing.T, dev engine.Device) {
	p := sgd(true)
	eval := newBuilder("eval")
	eval.output("w", eval.state("w", graph.Param, 4, 1))
	store := engine.NewStore(dev)
	defer store.Close()
	cache := engine.NewCache(dev, store)
	defer cache.Close()
	cache.Options = verified
	look, err := cache.Get(eval.p, 1)
	if err != nil {
		t.Fatal(err)
	}
	ref := map[string][]float64{}
	for i, batch := range []int{8, 3, 8, 8, 1, 3, 8} {
		d := fill(p, batch, 0.5, 1, int64(i))
		d.setFloat(graph.InputLR, []float32{0.01})
		e, err := cache.Get(p, batch)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := cache.Get(p, batch); again != e {
			t.Fatal("compiled twice")
		}
		if i == 0 {
			for name, x := range d.states {
				ref[name] = x
				if err := store.Set(name, narrow(x)); err != nil {
					t.Fatal(err)
				}
			}
		}
		want, err := graph.Interpret(p, batch, d.ref, ref)
		if err != nil {
			t.Fatal(err)
		}
		step(t, e, d.feed)
		step(t, look, engine.Feed{})
		for _, s := range p.States {
			ref[s.Name] = want[s.Next.ID].Data
		}
		// Rounding of a few operations, carried over the steps.
		compare(t, "w after a step", look.Output("w"), ref["w"], tolerance{64 * ulp, 64 * ulp})
	}
	if got, want := store.Names(graph.Metric), []string{"sum.loss"}; !slices.Equal(got, want) {
		t.Errorf("names of metrics: %v, want %v", got, want)
	}
	if err := store.Zero(graph.Metric); err != nil {
		t.Fatal(err)
	}
	if x, _ := store.Get("sum.loss"); x[0] != 0 {
		t.Errorf("a zeroed metric is %v", x[0])
	}
	if x, _ := store.Get("w"); x[0] == 0 {
		t.Error("zeroing metrics zeroed a parameter")
	}
}
