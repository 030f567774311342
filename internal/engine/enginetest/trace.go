package enginetest

import (
	"context"
	"errors"
	"math"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// testTrace: the first value that is not finite is named, whatever hides behind it, and
// nothing is committed.
func testTrace(t *testing.T, dev engine.Device) {
	b := newBuilder("trace")
	w, x := b.state("w", graph.Param, 6), b.input("x", graph.F32, -1, 6)
	shifted := b.op(graph.Reshape{}, graph.Shape{-1, 2, 3}, b.binary((*formula.Builder).Add, x, w))
	logged := b.unary((*formula.Builder).Log, shifted)
	flat := b.op(graph.Reshape{}, graph.Shape{-1, 6}, logged)
	grown := b.unary((*formula.Builder).Exp, flat)
	loss := b.total(b.binary((*formula.Builder).Mul, grown, flat))
	b.output("loss", loss)
	b.next("w", b.unary((*formula.Builder).Neg, w))
	b.p.Guard = b.finite(loss)

	store := engine.NewStore(dev)
	defer store.Close()
	d := fill(b.p, 2, 0.5, 1, 1)
	e := compile(t, dev, store, b.p, 2, d)
	before := snapshot(t, store)
	for _, c := range []struct {
		name string
		x    float32
		want *graph.Value
	}{
		{"nothing", 1, nil},
		{"log of a negative number", -5, logged},
		{"overflow", 3e38, b.p.Values[grown.ID+1]},
		{"an input", float32(math.NaN()), x},
	} {
		d.feed.Float["x"][7] = c.x
		got, err := e.Trace(context.Background(), d.feed)
		if err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%s: traced to %v, want %v", c.name, got, c.want)
		}
		if !equalBits(snapshot(t, store), before) {
			t.Errorf("%s: Trace committed", c.name)
		}
	}
	d.feed.Float["x"][7] = 1
	if err := store.Set("w", []float32{1, 1, 1, float32(math.Inf(1)), 1, 1}); err != nil {
		t.Fatal(err)
	}
	if got, err := e.Trace(context.Background(), d.feed); got != w || err != nil {
		t.Errorf("a state: traced to %v, %v, want %v", got, err, w)
	}
	testTraceConstant(t, dev)
}

// testTraceConstant: an infinity that the program itself writes is nobody's fault.
func testTraceConstant(t *testing.T, dev engine.Device) {
	b := newBuilder("mask")
	x := b.input("x", graph.F32, -1)
	mask := b.mapTo(graph.Shape{3}, formula.Constant(math.Inf(-1)))
	top := b.reduce(graph.Max, b.mapTo(graph.Shape{3}, formula.Binary((*formula.Builder).Max), mask, b.reduce(graph.Sum, x, 0)), 0)
	b.output("loss", top)
	b.output("mask", mask)
	store := engine.NewStore(dev)
	defer store.Close()
	d := fill(b.p, 5, -1, 1, 1)
	e := compile(t, dev, store, b.p, 5, d)
	if got, err := e.Trace(context.Background(), d.feed); got != nil || err != nil {
		t.Errorf("traced to %v, %v", got, err)
	}
}

// testErrors: what a caller can do wrong is an error and changes nothing.
func testErrors(t *testing.T, dev engine.Device) {
	p := sgd(true)
	d := fill(p, 8, 0.5, 1, 1)
	store := engine.NewStore(dev)
	defer store.Close()
	e := compile(t, dev, store, p, 8, d)
	before := snapshot(t, store)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.Step(ctx, d.feed); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled context: %v", err)
	}
	if _, err := e.Trace(ctx, d.feed); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled context in Trace: %v", err)
	}
	short := engine.Feed{Float: map[string][]float32{"x": make([]float32, 31), graph.InputLR: {1}}}
	if err := e.Step(context.Background(), short); err == nil {
		t.Error("a short input was accepted")
	}
	if err := e.Step(context.Background(), engine.Feed{}); err == nil {
		t.Error("a missing input was accepted")
	}
	if !equalBits(snapshot(t, store), before) {
		t.Error("a failed step changed a state")
	}
	if e.Output("nothing") != nil {
		t.Error("an unknown output has a value")
	}
	for name, err := range map[string]error{
		"unknown state":   store.Set("v", nil),
		"short state":     store.Set("w", make([]float32, 3)),
		"other shape":     store.Ensure([]graph.State{{Name: "w", Value: &graph.Value{Shape: graph.Shape{5, 1}}}}),
		"other role":      store.Ensure([]graph.State{{Name: "w", Role: graph.Moment, Value: &graph.Value{Shape: graph.Shape{4, 1}}}}),
		"batched state":   store.Ensure([]graph.State{{Name: "z", Value: &graph.Value{Shape: graph.Shape{-1}}}}),
		"batch size zero": compileError(dev, store, p, 0),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func compileError(dev engine.Device, store *engine.Store, p *graph.Program, batch int) error {
	_, err := engine.Compile(dev, store, p, batch)
	return err
}

// testAllocations: after the first step a step makes no garbage.
func testAllocations(t *testing.T, dev engine.Device) {
	for _, p := range []*graph.Program{sgd(true), generate(3, 30), imageOps()} {
		store := engine.NewStore(dev)
		defer store.Close()
		d := fill(p, 8, 0.5, 1, 1) // the logarithm is finite, the step applied: an error would allocate
		d.setFloat(graph.InputLR, []float32{0})
		e := compile(t, dev, store, p, 8, d)
		run := func() {
			step(t, e, d.feed)
			for _, o := range p.Outputs {
				e.Output(o.Name)
			}
		}
		run()
		if n := testing.AllocsPerRun(10, run); n != 0 {
			t.Errorf("%s: %v allocations a step", p.Name, n)
		}
	}
}
