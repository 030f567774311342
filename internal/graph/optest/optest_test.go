package optest

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"gotrain/internal/graph"
)

var update = flag.Bool("update", false, "rewrite oracle/testdata/op_cases.json")

const oracle = "../../../oracle/testdata/"

func TestEveryOpHasARow(t *testing.T) {
	for _, name := range append(graph.OpNames(), graph.OperatorNames()...) {
		if !slices.Contains(OverSet, name) && !slices.ContainsFunc(Cases, func(c Case) bool { return c.Covers == name }) {
			t.Errorf("op %q has no row in Cases: finite differences, PyTorch and the devices do not see it", name)
		}
	}
}

// evaluate interprets the case in float64.
func evaluate(t *testing.T, p *graph.Program, data map[string][]float64) map[string]*graph.Array {
	t.Helper()
	vals, err := graph.Interpret(p, Batch, data, data)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*graph.Array{}
	for _, o := range p.Outputs {
		out[o.Name] = vals[o.Value.ID]
	}
	return out
}

// weighted is the number whose gradient is compared.
func weighted(value []float64) float64 {
	sum := 0.0
	for k, s := range Seed(len(value)) {
		sum += s * value[k]
	}
	return sum
}

func TestGradientsAgreeWithCentralDifferences(t *testing.T) {
	for _, c := range Cases {
		if c.NoGrad || c.NoDifferences != "" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			p, err := c.Program()
			if err != nil {
				t.Fatal(err)
			}
			data := c.Data(p)
			got := evaluate(t, p, data)
			for _, o := range p.Outputs[1:] {
				name := o.Name[len("grad."):]
				x := data[name]
				for i := range x {
					const h = 1e-5
					old := x[i]
					x[i] = old + h
					up := weighted(evaluate(t, p, data)["value"].Data)
					x[i] = old - h
					down := weighted(evaluate(t, p, data)["value"].Data)
					x[i] = old
					want := (up - down) / (2 * h)
					// Central differences in float64 are good to h² and to rounding/h.
					if d := math.Abs(got[o.Name].Data[i] - want); d > 1e-6*(1+math.Abs(want)) {
						t.Errorf("%s[%d]: gradient %.9g, by differences %.9g", name, i, got[o.Name].Data[i], want)
					}
				}
			}
		})
	}
}

// exported is a case as oracle/ops.py reads it.
type exported struct {
	Name   string                 `json:"name"`
	Torch  string                 `json:"torch"`
	Inputs map[string]exportedArr `json:"inputs"`
	Wrt    []string               `json:"wrt"`
}

type exportedArr struct {
	Shape []int     `json:"shape"`
	Data  []float64 `json:"data"`
	Int   bool      `json:"int"`
}

func export(t *testing.T) []byte {
	t.Helper()
	var lines []json.RawMessage
	for _, c := range Cases {
		if c.Torch == "" {
			continue
		}
		p, err := c.Program()
		if err != nil {
			t.Fatal(err)
		}
		data := c.Data(p)
		e := exported{Name: c.Name, Torch: c.Torch, Inputs: map[string]exportedArr{}, Wrt: []string{}}
		for _, in := range c.Inputs {
			e.Inputs[in.Name] = exportedArr{append([]int{Batch}, in.Shape...), data[in.Name], in.Int}
			if !in.Int && !c.NoGrad {
				e.Wrt = append(e.Wrt, in.Name)
			}
		}
		for _, w := range c.Weights {
			e.Inputs[w.Torch] = exportedArr{w.Shape, data[w.State], false}
			if !w.Buffer {
				e.Wrt = append(e.Wrt, w.Torch)
			}
		}
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	out := []byte("[\n")
	for i, l := range lines {
		out = append(out, l...)
		if i < len(lines)-1 {
			out = append(out, ',')
		}
		out = append(out, '\n')
	}
	return append(out, "]\n"...)
}

// TestExport checks that the cases given to PyTorch are these; -update writes them.
func TestExport(t *testing.T) {
	got := export(t)
	if *update {
		if err := os.WriteFile(oracle+"op_cases.json", got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(oracle + "op_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(got) {
		t.Error("oracle/testdata/op_cases.json is not of these cases: run make oracle")
	}
}

func TestValuesAndGradientsAgreeWithPyTorch(t *testing.T) {
	text, err := os.ReadFile(oracle + "op_refs.json")
	if err != nil {
		t.Fatal(err)
	}
	var refs map[string]struct {
		Value exportedArr
		Grads map[string][]float64
	}
	if err := json.Unmarshal(text, &refs); err != nil {
		t.Fatal(err)
	}
	for _, c := range Cases {
		if c.Torch == "" {
			if c.NoTorch == "" {
				t.Errorf("%s: neither Torch nor NoTorch", c.Name)
			}
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			ref, ok := refs[c.Name]
			if !ok {
				t.Fatal("no reference: run make oracle")
			}
			p, err := c.Program()
			if err != nil {
				t.Fatal(err)
			}
			got := evaluate(t, p, c.Data(p))
			if fmt.Sprint(got["value"].Shape) != fmt.Sprint(ref.Value.Shape) {
				t.Fatalf("shape %v, PyTorch %v", got["value"].Shape, ref.Value.Shape)
			}
			near(t, "value", got["value"].Data, ref.Value.Data)
			for name, want := range ref.Grads {
				for _, w := range c.Weights {
					if w.Torch == name {
						name = w.State
					}
				}
				near(t, "gradient by "+name, got["grad."+name].Data, want)
			}
		})
	}
}

// near compares two float64 computations of the same thing: only the order of additions
// and the last bits of transcendental functions may differ.
func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-11*(1+math.Abs(want[i])) {
			t.Errorf("%s[%d] = %.15g, PyTorch %.15g", what, i, got[i], want[i])
		}
	}
}
