package enginetest

import (
	"fmt"
	"math"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// lengths are around a tile of any reasonable size, and one that takes several tasks.
var lengths = []int{1, 2, 7, 31, 511, 512, 513, 4099}

// primitiveTolerance: arithmetic rounds once or, fused through a wider type, twice; a
// device's own exp or erf is allowed what the best vector libraries state, 4 ulp. Where
// the result passes through 0, relative error means nothing and the bound is absolute.
func primitiveTolerance(op formula.Op) tolerance {
	switch op {
	case formula.Sin, formula.Cos, formula.FMA:
		return tolerance{4 * ulp, 4 * ulp}
	case formula.Exp, formula.Log, formula.Log1p, formula.Expm1, formula.Tanh, formula.Sigmoid, formula.Erf:
		return tolerance{4 * ulp, tiny}
	case formula.Pow, formula.Rsqrt:
		return tolerance{8 * ulp, tiny}
	}
	return tolerance{ulp, tiny}
}

// domains keep an argument where the primitive is defined; (-4, 4) for all others.
var domains = map[formula.Op][2]float64{
	formula.Sqrt: {0, 9}, formula.Rsqrt: {0.01, 9}, formula.Log: {0.001, 9}, formula.Log1p: {-0.9, 3}, formula.Pow: {0.01, 4}, formula.Exp: {-20, 20},
}

// specials go through every primitive. Devices must agree with the reference on NaN,
// infinities and zeros: a loss that is not finite is found by them.
var specials = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, 2, -2, 0.5, 88, -88, 200, -200, 1e-6, -1e-6, 3e38,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
}

func testPrimitives(t *testing.T, dev engine.Device) {
	for op := formula.In + 1; op < formula.NumOps; op++ {
		t.Run(op.String(), func(t *testing.T) {
			lo, hi := -4.0, 4.0
			if d, ok := domains[op]; ok {
				lo, hi = d[0], d[1]
			}
			for _, n := range lengths {
				p := primitiveProgram(op, n)
				check(t, dev, p, 1, fill(p, 1, lo, hi, int64(n)), primitiveTolerance(op))
			}
			testSpecials(t, dev, op)
		})
	}
}

// primitiveProgram applies op to op.Arity() inputs of n elements.
func primitiveProgram(op formula.Op, n int) *graph.Program {
	b := newBuilder(fmt.Sprintf("%s[%d]", op, n))
	in := make([]*graph.Value, op.Arity())
	for i := range in {
		in[i] = b.input(fmt.Sprintf("x%d", i), graph.F32, n)
	}
	f := &formula.Formula{Inputs: len(in)}
	node := formula.Node{Op: op, Value: 0.3}
	for i := range in {
		f.Nodes = append(f.Nodes, formula.Node{Op: formula.In, Arg: i})
		node.Args[i] = formula.Ref(i)
	}
	f.Nodes = append(f.Nodes, node)
	f.Out = formula.Ref(len(in))
	b.output("y", b.mapTo(graph.Shape{n}, f, in...))
	return b.p
}

func testSpecials(t *testing.T, dev engine.Device, op formula.Op) {
	if op.Arity() == 0 {
		return
	}
	n := len(specials) * len(specials)
	p := primitiveProgram(op, n)
	d := fill(p, 1, 0, 1, 1)
	x, y := make([]float32, n), make([]float32, n)
	for i := range x {
		x[i], y[i] = specials[i/len(specials)], specials[i%len(specials)]
		if huge := math.Abs(float64(x[i])) > 1e5; huge && (op == formula.Sin || op == formula.Cos) {
			x[i] = 0 // reducing such an argument is no device's duty
		}
	}
	d.setFloat("x0", x)
	if op.Arity() > 1 {
		d.setFloat("x1", y)
	}
	check(t, dev, p, 1, d, primitiveTolerance(op))
}

// testBroadcast covers each way an operand repeats, alone and together.
func testBroadcast(t *testing.T, dev engine.Device) {
	for _, c := range []struct {
		out graph.Shape
		in  []graph.Shape
	}{
		{graph.Shape{}, []graph.Shape{{}}},
		{graph.Shape{}, nil},
		{graph.Shape{-1, 700}, nil},
		{graph.Shape{-1, 3}, []graph.Shape{{-1, 3}, {}}},
		{graph.Shape{-1, 3}, []graph.Shape{{-1, 3}, {1}, {1, 1}}},
		{graph.Shape{-1, 784}, []graph.Shape{{-1, 784}, {784}, {-1, 1}}},
		{graph.Shape{-1, 5}, []graph.Shape{{5}, {-1, 1}}},
		{graph.Shape{-1, 600}, []graph.Shape{{1, 600}, {-1, 1}, {600}}},
		{graph.Shape{-1, 4, 7, 5}, []graph.Shape{{4, 1, 1}, {-1, 4, 7, 5}, {7, 5}, {-1, 1, 7, 1}}},
		{graph.Shape{-1, 4, 7, 5}, []graph.Shape{{-1, 1, 1, 5}, {1, 4, 1, 5}}},
		{graph.Shape{-2, 9}, []graph.Shape{{-2, 9}, {9}}},
		{graph.Shape{3, 1, 2, 1, 2, 3}, []graph.Shape{{3, 1, 1, 1, 2, 1}, {2, 1, 1, 3}, {1}}},
	} {
		for _, batch := range []int{1, 3, 37} {
			for _, t1 := range []graph.DType{graph.F32, graph.I32} {
				b := newBuilder(fmt.Sprintf("%v%v batch %d %s", c.out, c.in, batch, t1))
				in := make([]*graph.Value, len(c.in))
				for i, s := range c.in {
					dt := graph.F32
					if i == len(in)-1 {
						dt = t1
					}
					in[i] = b.input(fmt.Sprintf("x%d", i), dt, s...)
				}
				b.output("y", b.mapTo(c.out, weighted(len(in)), in...))
				// A few roundings of terms of at most 9 * 4 that may cancel.
				check(t, dev, b.p, batch, fill(b.p, batch, -4, 4, 7), tolerance{4 * ulp, 64 * ulp})
			}
		}
	}
}

// weighted is 0.5 + 1*x0 + 2*x1 + … : no two inputs can be confused.
func weighted(n int) *formula.Formula {
	return formula.New(n, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		sum := b.Const(0.5)
		for i, x := range in {
			sum = b.Add(sum, b.Mul(x, b.Const(float64(i+1))))
		}
		return sum
	})
}
