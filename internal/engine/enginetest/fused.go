package enginetest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// has fails the test where the plan of p has no instruction of op's type: the test would
// look at something else.
func has[Op graph.Op](t *testing.T, p *graph.Program, batch int) {
	t.Helper()
	f, err := engine.Plan(p, batch, verified)
	if err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	if !slices.ContainsFunc(f.Instrs, func(in *engine.Instr) bool { _, ok := in.Op.(Op); return ok }) {
		var op Op
		t.Errorf("%s: no %T in\n%s", p.Name, op, f)
	}
}

// testFused: groups of Maps and Reduces of one index space, whatever of them is needed
// outside, around the lengths at which a device cuts.
func testFused(t *testing.T, dev engine.Device) {
	for _, c := range []struct {
		shape graph.Shape
		axes  []int
	}{
		{graph.Shape{-1, 2}, []int{1}},
		{graph.Shape{-1, 20}, []int{1}},
		{graph.Shape{-1, 784}, []int{1}},
		{graph.Shape{-1, 3, 5, 7}, []int{2, 3}},
		{graph.Shape{-1, 3, 5, 7}, []int{0, 1, 2, 3}},
		{graph.Shape{3, 9001}, []int{1}},
		{graph.Shape{100003}, []int{0}},
		{graph.Shape{4096, 2}, []int{0, 1}},
	} {
		for _, fn := range []graph.ReduceFn{graph.Sum, graph.Max} {
			for _, batch := range []int{1, 5, 130} {
				p := fusedProgram(fmt.Sprintf("fused %s%v%v batch %d", fn, c.shape, c.axes, batch), c.shape, fn, c.axes)
				has[engine.Fused](t, p, batch)
				d := fill(p, batch, -1, 1, 3)
				n := float64(c.shape.Size(batch)) // as in testReduce
				tol := tolerance{8 * ulp, 16 * ulp * math.Sqrt(n)}
				check(t, dev, p, batch, d, tol)
				d.feed.Float["x"][int(n)/2] = float32(math.NaN())
				d.setFloat("x", d.feed.Float["x"])
				check(t, dev, p, batch, d, tol)
			}
		}
	}
	testFusedInPlace(t, dev)
}

// fusedProgram folds a value that nothing else needs and one that is an output, and has
// one that is only stored.
func fusedProgram(name string, shape graph.Shape, fn graph.ReduceFn, axes []int) *graph.Program {
	b := newBuilder(name)
	x, y := b.input("x", graph.F32, shape...), b.input("y", graph.F32, shape...)
	last := b.input("last", graph.F32, shape[len(shape)-1])
	sum := b.binary((*formula.Builder).Add, x, last)
	kept := b.unary((*formula.Builder).Tanh, sum)
	product := b.binary((*formula.Builder).Mul, kept, y)
	b.output("kept", kept)
	b.output("folded", b.reduce(fn, product, axes...))
	b.output("kept and folded", b.reduce(fn, kept, axes...))
	b.output("side", b.binary((*formula.Builder).Sub, y, last))
	return b.p
}

// testFusedInPlace: results that lie in the memory of operands which other results of the
// same pass read as well.
func testFusedInPlace(t *testing.T, dev engine.Device) {
	for _, n := range []int{1, 512, 4099} {
		b := newBuilder(fmt.Sprintf("fused in place %d", n))
		shape := graph.Shape{n}
		// Matrix products with a row of one number make operands that the group may overwrite.
		column := func(name string) *graph.Value {
			v := b.op(graph.MatMul{}, graph.Shape{n, 1}, b.input(name, graph.F32, n, 1), b.input(name+" scale", graph.F32, 1, 1))
			return b.op(graph.Reshape{}, shape, v)
		}
		x, y := column("x"), column("y")
		for i := range 4 { // x, y = x+y, x-y: each result reads both
			x, y = b.binary((*formula.Builder).Add, x, y), b.binary((*formula.Builder).Sub, x, y)
			if i%2 == 1 {
				x, y = b.unary(halved, x), b.unary(halved, y)
			}
		}
		b.output("sum", x)
		b.output("difference", y)
		has[engine.Fused](t, b.p, 1)
		check(t, dev, b.p, 1, fill(b.p, 1, -1, 1, 8), tolerance{16 * ulp, 16 * ulp})
	}
}

func halved(f *formula.Builder, x formula.Ref) formula.Ref { return f.Mul(x, f.Const(0.5)) }
