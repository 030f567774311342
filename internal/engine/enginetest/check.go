package enginetest

import (
	"context"
	"math"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/rng"
)

// verified makes a faulty plan an error that names the pass.
var verified = engine.Options{Verify: true}

// tolerance bounds |got - want| by rel*|want| + abs.
type tolerance struct{ rel, abs float64 }

// exact is for ops that move elements or round once.
var exact = tolerance{}

// ulp is the distance of neighbouring float32 numbers, relative, at most.
const ulp = 1.0 / (1 << 23)

// tiny is the smallest normal float32: devices may flush what is smaller to 0.
const tiny = 1.2e-38

func (t tolerance) holds(got float32, want float64) bool {
	g, w := float64(got), float64(float32(want))
	switch {
	case math.IsNaN(w):
		return math.IsNaN(g)
	case g == w:
		return true
	case math.IsInf(w, 0) || math.IsInf(g, 0):
		return false
	}
	return math.Abs(g-w) <= t.rel*math.Abs(w)+t.abs // false where g is NaN
}

// data is what a program is run on.
type data struct {
	feed   engine.Feed
	ref    map[string][]float64 // the same, for the interpreter
	states map[string][]float64
}

// fill draws every input and state of p: floats from (lo, hi), integers from 0 to 9.
func fill(p *graph.Program, batch int, lo, hi float64, seed int64) *data {
	d := &data{engine.Feed{Float: map[string][]float32{}, Int: map[string][]int32{}}, map[string][]float64{}, map[string][]float64{}}
	for _, v := range p.Inputs {
		x := draw(v.Shape.Size(batch), lo, hi, seed, v.Name)
		if v.DType == graph.F32 {
			d.setFloat(v.Name, x)
			continue
		}
		ints := make([]int32, len(x))
		for i, u := range draw(len(x), 0, 10, seed, v.Name) {
			ints[i] = int32(u)
		}
		d.setInt(v.Name, ints)
	}
	for _, s := range p.States {
		d.states[s.Name] = widen(draw(s.Value.Shape.Size(batch), lo, hi, seed, s.Name))
	}
	return d
}

func draw(n int, lo, hi float64, seed int64, name string) []float32 {
	x := make([]float32, n)
	rng.NewStream(seed, name).Uniform(x, 0, 0)
	for i, u := range x {
		x[i] = float32(lo + (hi-lo)*float64(u))
	}
	return x
}

func (d *data) setFloat(name string, x []float32) { d.feed.Float[name], d.ref[name] = x, widen(x) }

func (d *data) setInt(name string, x []int32) {
	d.feed.Int[name] = x
	d.ref[name] = make([]float64, len(x))
	for i, v := range x {
		d.ref[name][i] = float64(v)
	}
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// compile also sets the states of p to d's.
func compile(t *testing.T, dev engine.Device, store *engine.Store, p *graph.Program, batch int, d *data) *engine.Executable {
	t.Helper()
	e, err := engine.CompileWith(dev, store, p, batch, verified)
	if err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	t.Cleanup(e.Close)
	for name, x := range d.states {
		if err := store.Set(name, narrow(x)); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func step(t *testing.T, e *engine.Executable, feed engine.Feed) {
	t.Helper()
	if err := e.Step(context.Background(), feed); err != nil {
		t.Fatalf("%v\n%s", err, e.Func())
	}
}

// check runs p twice, compares outputs and new states with the interpreter's the first
// time, and outputs of a program without states with the first the second time.
func check(t *testing.T, dev engine.Device, p *graph.Program, batch int, d *data, tol tolerance) {
	t.Helper()
	store := engine.NewStore(dev)
	defer store.Close()
	e := compile(t, dev, store, p, batch, d)
	want, err := graph.Interpret(p, batch, d.ref, d.states)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		step(t, e, d.feed)
		for _, o := range p.Outputs {
			compare(t, p.Name+"/"+o.Name, e.Output(o.Name), want[o.Value.ID].Data, tol)
		}
		if len(p.States) > 0 {
			compareStates(t, p, store, want, tol)
			return
		}
	}
}

func compareStates(t *testing.T, p *graph.Program, store *engine.Store, want []*graph.Array, tol tolerance) {
	t.Helper()
	for _, s := range p.States {
		next := s.Next
		if next == nil {
			next = s.Value
		}
		got, err := store.Get(s.Name)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, p.Name+"/"+s.Name, got, want[next.ID].Data, tol)
	}
}

func compare(t *testing.T, what string, got []float32, want []float64, tol tolerance) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d elements, want %d", what, len(got), len(want))
		return
	}
	wrong, first := 0, -1
	for i := range got {
		if !tol.holds(got[i], want[i]) {
			if first < 0 {
				first = i
			}
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("%s: %d of %d elements; the first, at %d: got %v, want %v", what, wrong, len(got), first, got[first], want[first])
	}
}
