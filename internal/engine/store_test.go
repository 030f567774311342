package engine_test

import (
	"slices"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/engine/cpu"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

func state(name string, role graph.Role, shape ...int) graph.State {
	return graph.State{Name: name, Role: role, Value: &graph.Value{Name: name, Shape: shape}, Init: graph.Init{Dist: graph.UniformInit, Scale: 2}}
}

// TestStoreInit: what a state starts from depends on the seed and its name only.
func TestStoreInit(t *testing.T) {
	dev := cpu.New(cpu.Options{Threads: 1})
	defer dev.Close()
	a, b := state("a.weight", graph.Param, 3, 4), state("b.weight", graph.Param, 3, 4)
	m := state("adam.m", graph.Moment, 5)
	values := func(seed int64, states ...graph.State) map[string][]float32 {
		s := engine.NewStore(dev)
		defer s.Close()
		if err := s.Ensure(states); err != nil {
			t.Fatal(err)
		}
		if err := s.Init(seed, states); err != nil {
			t.Fatal(err)
		}
		all := map[string][]float32{}
		for _, name := range s.Names() {
			all[name], _ = s.Get(name)
		}
		return all
	}
	one, two, other := values(1, a, m), values(1, b, m, a), values(2, a)
	if !slices.Equal(one["a.weight"], two["a.weight"]) {
		t.Error("another state changed the first one's start")
	}
	if slices.Equal(two["a.weight"], two["b.weight"]) || slices.Equal(one["a.weight"], other["a.weight"]) {
		t.Error("name or seed does not matter")
	}
	s := engine.NewStore(dev)
	defer s.Close()
	if err := s.Init(1, []graph.State{a}); err == nil {
		t.Error("a state that was not declared was set")
	}
}

func TestStoreNames(t *testing.T) {
	dev := cpu.New(cpu.Options{Threads: 1})
	defer dev.Close()
	s := engine.NewStore(dev)
	defer s.Close()
	if err := s.Ensure([]graph.State{state("w", graph.Param, 2, 3), state("m", graph.Moment, 4), state("v", graph.Param)}); err != nil {
		t.Fatal(err)
	}
	if got := s.Names(graph.Param); !slices.Equal(got, []string{"w", "v"}) {
		t.Errorf("parameters: %v", got)
	}
	if got := s.Names(); len(got) != 3 || s.Role("m") != graph.Moment || !slices.Equal(s.Shape("w"), []int{2, 3}) || len(s.Shape("v")) != 0 {
		t.Errorf("all: %v", got)
	}
	if !s.Has("w") || s.Has("u") || s.Bytes() != 4*(6+4+1) {
		t.Errorf("%d bytes", s.Bytes())
	}
	if _, err := s.Get("u"); err == nil {
		t.Error("an unknown state was read")
	}
}

func TestStats(t *testing.T) {
	dev := cpu.New(cpu.Options{Threads: 1})
	defer dev.Close()
	x := &graph.Value{ID: 0, Name: "x", Shape: graph.Shape{-1, 10}}
	w := &graph.Value{ID: 1, Name: "w", Shape: graph.Shape{10, 20}}
	y := &graph.Value{ID: 2, Op: graph.MatMul{}, In: []*graph.Value{x, w}, Shape: graph.Shape{-1, 20}}
	z := &graph.Value{ID: 3, Op: graph.Map{F: formula.Unary((*formula.Builder).Tanh)}, In: []*graph.Value{y}, Shape: graph.Shape{-1, 20}}
	dead := &graph.Value{ID: 4, Op: graph.Map{F: formula.Unary((*formula.Builder).Exp)}, In: []*graph.Value{y}, Shape: graph.Shape{-1, 20}}
	p := &graph.Program{
		Name: "layer", Values: []*graph.Value{x, w, y, z, dead}, Inputs: []*graph.Value{x},
		States: []graph.State{{Name: "w", Value: w}}, Outputs: []graph.Output{{Name: "z", Value: z}},
	}
	s := engine.NewStore(dev)
	e, err := engine.CompileWith(dev, s, p, 8, engine.Options{Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	got := e.Stats()
	got.DeviceBytes = 0 // the device's business
	want := engine.Stats{Lowered: 3, Instructions: 1, Values: 3, ArenaBytes: 4 * 160, NaiveBytes: 4 * 160, StateBytes: 800, InputBytes: 320, FLOPs: 2*8*10*20 + 160}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
