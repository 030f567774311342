package graph

import (
	"maps"
	"math"
	"testing"

	"gotrain/internal/config"
)

const overSet = `
data: {source: mnist, batch: 4}
model: {logits: 1*image}
loss: cross_entropy(logits, label)
metrics:
  macro: f1(logits, label)
  micro: f1(logits, label, average=micro)
  table: confusion(logits, label)
  ppl: exp(avg(loss))
  acc: accuracy(logits, label)
  half: avg(accuracy(logits, label)) / 2
`

// TestMetricsOfTheWholeSet: six samples of four classes, one of which occurs nowhere, in
// batches of every size. The expected numbers are by hand, and are scikit-learn's.
func TestMetricsOfTheWholeSet(t *testing.T) {
	cfg, diags := config.Load("set.yaml", []byte(overSet), nil)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	m, diags, err := Check(cfg, []config.Field{{Name: "image", Shape: []int{4}}, {Name: "label", Int: true}})
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags.Err())
	}
	eval, err := m.Eval()
	if err != nil {
		t.Fatal(err)
	}
	summary, err := m.Summary()
	if err != nil {
		t.Fatal(err)
	}
	labels, answers := []float64{0, 0, 1, 2, 2, 2}, []int{0, 1, 1, 2, 2, 0}
	// A logit of 2 for the answer and 0 for the others.
	loss, all := 0.0, math.Log(math.Exp(2)+3)
	for i, a := range answers {
		loss += all / 6
		if float64(a) == labels[i] {
			loss -= 2.0 / 6
		}
	}
	want := map[string][]float64{
		"macro": {(1.0/2 + 2.0/3 + 4.0/5) / 3},
		"micro": {4.0 / 6},
		"table": {1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0},
		"ppl":   {math.Exp(loss)},
		"half":  {2.0 / 6},
	}
	for _, batch := range []int{1, 2, 3, 6} {
		states := map[string][]float64{}
		for _, s := range eval.States {
			states[s.Name] = make([]float64, s.Value.Shape.Size(1))
		}
		for at := 0; at < 6; at += batch {
			feed := map[string][]float64{"label": labels[at : at+batch], "image": make([]float64, 4*batch)}
			for i, a := range answers[at : at+batch] {
				feed["image"][4*i+a] = 2
			}
			vals, err := Interpret(eval, batch, feed, states)
			if err != nil {
				t.Fatal(err)
			}
			next := map[string][]float64{}
			for _, s := range eval.States {
				next[s.Name] = vals[s.Next.ID].Data
			}
			maps.Copy(states, next)
		}
		feed := map[string][]float64{InputCount: {6}}
		for _, in := range summary.Inputs {
			if in.Name != InputCount {
				feed[in.Name] = states["eval."+in.Name[len(SetSum):]+SumSuffix]
			}
		}
		vals, err := Interpret(summary, 1, feed, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(summary.Outputs) != len(want) {
			t.Errorf("%d outputs, want %d", len(summary.Outputs), len(want))
		}
		for _, o := range summary.Outputs {
			got := vals[o.Value.ID].Data
			for i, w := range want[o.Name] {
				if math.Abs(got[i]-w) > 1e-12 {
					t.Errorf("batch %d: %s[%d] = %v, want %v", batch, o.Name, i, got[i], w)
				}
			}
		}
	}
}
