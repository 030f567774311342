package graph

import (
	"math"
	"os"
	"testing"

	G "gorgonia.org/gorgonia"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/rng"
)

// digitFields are those of the digit sources: this package may not import data.
var digitFields = []config.Field{
	{Name: "image", Shape: []int{1, 28, 28}},
	{Name: "label", Int: true, Consts: map[string]int{"classes": 10}},
}

// smallFields make the models of configs/ small enough for interpreters.
var smallFields = []config.Field{
	{Name: "image", Shape: []int{1, 3, 4}},
	{Name: "label", Int: true, Consts: map[string]int{"classes": 5}},
}

func loadConfig(t *testing.T, file string, overrides ...config.Override) *config.Config {
	t.Helper()
	src, err := os.ReadFile("../../configs/" + file)
	if err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load(file, src, overrides)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func setVar(name, value string) config.Override {
	return config.Override{Path: []string{"vars", name}, Text: value, Origin: "--" + name}
}

// lossGraph is a model's loss with its parameters, on a builder whose gorgonia graph is
// concrete at the nominal batch size.
type lossGraph struct {
	b      *builder
	total  *Value
	params []*Value
}

func newLossGraph(t *testing.T, file string) *lossGraph {
	t.Helper()
	cfg := loadConfig(t, file, setVar("hidden", "6"))
	if file == "vae-mnist.yaml" {
		cfg = loadConfig(t, file, setVar("hidden", "6"), setVar("latent", "2"))
	}
	var diags diag.List
	b := newBuilder(cfg.Seed)
	b.recordedNoise = true
	total, _, _ := newEvaluator(b, cfg, smallFields, &diags).lossTerms()
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	g := &lossGraph{b: b, total: total}
	for _, s := range b.states {
		g.params = append(g.params, s.Value)
	}
	return g
}

// leafData draws every leaf of the graph, by name.
func (g *lossGraph) leafData() map[string][]float64 {
	out := map[string][]float64{}
	for _, v := range g.b.values {
		if v.Op != nil {
			continue
		}
		u := make([]float32, v.Shape.Size(g.b.nominal))
		rng.NewStream(5, v.Name).Uniform(u, 0, 0)
		x := make([]float64, len(u))
		for i := range x {
			x[i] = float64(u[i])
			if v.DType == I32 {
				x[i] = math.Floor(5 * x[i])
			} else if g.b.byName[v.Name] != nil {
				x[i] -= 0.5
			}
		}
		out[v.Name] = x
	}
	return out
}

// bind gives the gorgonia leaves their values.
func (g *lossGraph) bind(t *testing.T, data map[string][]float64) {
	t.Helper()
	for _, v := range g.b.values {
		if v.Op == nil && v.Name != foreign {
			a := &Array{Shape: v.Shape.At(g.b.nominal), Data: data[v.Name]}
			if err := G.Let(g.b.nodes[v], toGorgonia(a)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// runTape runs the whole gorgonia graph on its own machine.
func (g *lossGraph) runTape(t *testing.T) {
	t.Helper()
	seen := map[uint32]bool{}
	for _, n := range g.b.graph.AllNodes() { // the machine tells nodes apart by hash alone
		if s, ok := n.Op().(*symbol); ok {
			if seen[s.Hashcode()] {
				t.Fatalf("two ops with hash %d", s.Hashcode())
			}
			seen[s.Hashcode()] = true
		}
	}
	m := G.NewTapeMachine(g.b.graph)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
}

func (g *lossGraph) seed() *Value {
	return g.b.fill(1/float64(g.b.nominal), g.total.Shape)
}

func compare(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12*(1+math.Abs(want[i])) {
			t.Errorf("%s[%d] = %v, want %v", what, i, got[i], want[i])
		}
	}
}

// TestTapeMachineAgreesWithTheInterpreter: gorgonia's own machine on gorgonia's graph, and
// our interpreter on the Program taken from it, give the same loss and gradients.
func TestTapeMachineAgreesWithTheInterpreter(t *testing.T) {
	for _, file := range []string{"vae-mnist.yaml", "mlp-mnist.yaml"} {
		t.Run(file, func(t *testing.T) {
			g := newLossGraph(t, file)
			grads, err := g.b.grad(g.total, g.seed(), g.params)
			if err != nil {
				t.Fatal(err)
			}
			outputs := []Output{{"loss", g.total}}
			for i, p := range g.params {
				outputs = append(outputs, Output{p.Name, grads[i]})
			}
			prog := g.b.program("test", outputs, nil, nil)
			data := g.leafData()
			vals, err := Interpret(prog, g.b.nominal, data, data)
			if err != nil {
				t.Fatal(err)
			}
			g.bind(t, data)
			g.runTape(t)
			for i, o := range prog.Outputs {
				compare(t, o.Name, fromGorgonia(g.b.nodes[outputs[i].Value].Value()).Data, vals[o.Value.ID].Data)
			}
		})
	}
}

// TestOurWalkAgreesWithBackpropagate: gorgonia's reverse mode over the same ops gives the
// same gradients as ours.
func TestOurWalkAgreesWithBackpropagate(t *testing.T) {
	for _, file := range []string{"vae-mnist.yaml", "mlp-mnist.yaml"} {
		t.Run(file, func(t *testing.T) {
			ours := newLossGraph(t, file)
			grads, err := ours.b.grad(ours.total, ours.seed(), ours.params)
			if err != nil {
				t.Fatal(err)
			}
			data := ours.leafData()
			ours.bind(t, data)
			ours.runTape(t)

			theirs := newLossGraph(t, file)
			// gorgonia deletes a seed without operands as an orphan: this one reads the loss.
			loss := theirs.b.sumAll(theirs.b.scale(theirs.total, 1/float64(theirs.b.nominal)))
			one := theirs.b.mapOp("one", isZero, theirs.b.mapOp("finite", notFinite, loss))
			var wrt G.Nodes
			for _, p := range theirs.params {
				wrt = append(wrt, theirs.b.nodes[p])
			}
			nodes, err := G.Backpropagate(G.Nodes{theirs.b.nodes[loss]}, G.Nodes{theirs.b.nodes[one]}, wrt)
			if err != nil {
				t.Fatal(err)
			}
			theirs.bind(t, data)
			theirs.runTape(t)
			for i, p := range ours.params {
				compare(t, p.Name, fromGorgonia(ours.b.nodes[grads[i]].Value()).Data, fromGorgonia(nodes[i].Value()).Data)
			}
		})
	}
}
