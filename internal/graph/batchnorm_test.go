package graph

import (
	"math"
	"strings"
	"testing"

	"gotrain/internal/config"
)

const normed = `
data: {source: mnist, batch: 4}
model:
  net(x): x -> batchnorm(momentum=0.25)
  y: net(flatten(image)) + net(2*flatten(image))
  unused_in_loss: image -> batchnorm
loss: mean(y * y)
predict: {y: y, other: unused_in_loss}
optimizer: {name: sgd, lr: 1, weight_decay: 0.5}
`

func normedModel(t *testing.T) *Model {
	t.Helper()
	cfg, diags := config.Load("normed.yaml", []byte(normed), nil)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	m, diags, err := Check(cfg, []config.Field{{Name: "image", Shape: []int{1, 1, 2}}})
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags.Err())
	}
	return m
}

// TestRunningStatisticsMoveOncePerCall: a net called twice in a step moves its statistics
// twice, in order, with the unbiased variance, in every part of an accumulation window; the
// optimizer does not touch them, and what is not in the loss does not move.
func TestRunningStatisticsMoveOncePerCall(t *testing.T) {
	m := normedModel(t)
	feed := map[string][]float64{
		"image":    {1, 10, 2, 20, 3, 60, 6, 30}, // 4 samples of two features
		InputLR:    {1},
		InputCount: {4},
	}
	for _, part := range []Part{WholeStep, Accumulate, LastStep} {
		p, err := m.Train(TrainOptions{Part: part, Clip: Clip{Norm: 1e-3}})
		if err != nil {
			t.Fatal(err)
		}
		states := map[string][]float64{}
		for _, s := range p.States {
			states[s.Name] = make([]float64, s.Value.Shape.Size(1))
			if strings.Contains(s.Name, "unused_in_loss") {
				t.Errorf("%s moves though no loss uses it", s.Name)
			}
		}
		states["net.batchnorm.running_mean"] = []float64{8, -8}
		states["net.batchnorm.running_var"] = []float64{1, 1}
		states["net.batchnorm.weight"] = []float64{1, 1}
		vals, err := Interpret(p, 4, feed, states)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, s := range p.States {
			if s.Role != Buffer {
				continue
			}
			seen++
			got := vals[s.Next.ID].Data
			var want [2]float64
			for f, col := range [][]float64{{1, 2, 3, 6}, {10, 20, 60, 30}} {
				mean, variance := 0.0, 0.0
				for _, x := range col {
					mean += x / 4
				}
				for _, x := range col {
					variance += (x - mean) * (x - mean) / 3
				}
				want[f] = states[s.Name][f]
				for _, factor := range []float64{1, 2} {
					now := factor * mean
					if strings.HasSuffix(s.Name, "running_var") {
						now = factor * factor * variance
					}
					want[f] = 0.75*want[f] + 0.25*now
				}
				if math.Abs(got[f]-want[f]) > 1e-12*math.Abs(want[f]) {
					t.Errorf("part %d: %s[%d] = %v, want %v", part, s.Name, f, got[f], want[f])
				}
			}
		}
		if seen != 2 {
			t.Errorf("part %d: %d buffers, want 2", part, seen)
		}
		if g := vals[p.Guard.ID].Data[0]; g != 1 {
			t.Errorf("part %d: guard %v", part, g)
		}
		feed["image"][0], feed["image"][2] = 1e300, -1e300 // its square overflows
		if vals, err = Interpret(p, 4, feed, states); err != nil {
			t.Fatal(err)
		}
		if g := vals[p.Guard.ID].Data[0]; g != 0 {
			t.Errorf("part %d: guard %v where the variance is infinite", part, g)
		}
		feed["image"][0], feed["image"][2] = 1, 2
	}
}

// TestPredictionUsesRunningStatistics and leaves them alone.
func TestPredictionUsesRunningStatistics(t *testing.T) {
	p, err := normedModel(t).Predict("other")
	if err != nil {
		t.Fatal(err)
	}
	states := map[string][]float64{}
	for _, s := range p.States {
		states[s.Name] = []float64{3}
		if s.Next != nil {
			t.Errorf("%s moves in a prediction", s.Name)
		}
	}
	vals, err := Interpret(p, 1, map[string][]float64{"image": {5, 7}}, states)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range []float64{5, 7} {
		want := (x-3)/math.Sqrt(3+1e-5)*3 + 3
		if got := vals[p.Outputs[0].Value.ID].Data[i]; math.Abs(got-want) > 1e-12 {
			t.Errorf("y[%d] = %v, want %v", i, got, want)
		}
	}
}

// TestABatchOfOneNumber has variance 0 and moves to it: nothing becomes infinite.
func TestABatchOfOneNumber(t *testing.T) {
	p, err := normedModel(t).Train(TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string][]float64{"net.batchnorm.running_mean": {0, 0}, "net.batchnorm.running_var": {1, 1}, "net.batchnorm.weight": {1, 1}, "net.batchnorm.bias": {0, 0}}
	for _, s := range p.States {
		if states[s.Name] == nil {
			states[s.Name] = make([]float64, s.Value.Shape.Size(1))
		}
	}
	vals, err := Interpret(p, 1, map[string][]float64{"image": {5, 7}, InputLR: {1}, InputCount: {1}}, states)
	if err != nil {
		t.Fatal(err)
	}
	if g := vals[p.Guard.ID].Data[0]; g != 1 {
		t.Errorf("guard %v", g)
	}
}
