package graph

import (
	"math"
	"testing"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// evaluateExpr interprets an expression over x in the training phase.
func evaluateExpr(t *testing.T, text string, batch int, feed map[string][]float64) []float64 {
	t.Helper()
	e, diags := config.ParseExpr(text, diag.Pos{File: "test", Line: 1, Col: 1})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	p, diags, err := ExprProgram(e, []config.Field{{Name: "x", Shape: []int{50}}}, ExprOptions{})
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags.Err())
	}
	vals, err := Interpret(p, batch, feed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return vals[p.Outputs[0].Value.ID].Data
}

// drawFeed has samples first, first+1, … of a data set at epoch 1; x is 3 everywhere.
func drawFeed(first, batch int) map[string][]float64 {
	feed := map[string][]float64{InputEpoch: {1}, "x": make([]float64, 50*batch)}
	for i := range batch {
		feed[InputIndex] = append(feed[InputIndex], float64(first+i))
		feed[InputPosition] = append(feed[InputPosition], float64(first+i))
	}
	for i := range feed["x"] {
		feed["x"][i] = 3
	}
	return feed
}

// TestDropoutKeepsItsShareAndScale: the kept ones are x/(1-p), the share that falls out is
// p, and what falls out belongs to the sample, not to the batch it comes in.
func TestDropoutKeepsItsShareAndScale(t *testing.T) {
	const batch, p = 400, 0.3
	y := evaluateExpr(t, "dropout(x, 0.3)", batch, drawFeed(0, batch))
	fell := 0
	for i, v := range y {
		switch {
		case v == 0:
			fell++
		case math.Abs(v-3/(1-p)) > 1e-12:
			t.Fatalf("y[%d] = %v, want 0 or %v", i, v, 3/(1-p))
		}
	}
	n := float64(len(y))
	if d := math.Abs(float64(fell)/n - p); d > 4*math.Sqrt(p*(1-p)/n) {
		t.Errorf("%v of all fell out, want %v", float64(fell)/n, p)
	}
	part := evaluateExpr(t, "dropout(x, 0.3)", 3, drawFeed(7, 3))
	for i, v := range part {
		if v != y[7*50+i] {
			t.Fatalf("sample %d differs in a batch of 3", 7+i/50)
		}
	}
	twice := evaluateExpr(t, "dropout(x, 0.3) - dropout(x, 0.3)", batch, drawFeed(0, batch))
	if same := !anyNonZero(twice); same {
		t.Error("two dropouts drop the same elements")
	}
}

func anyNonZero(x []float64) bool {
	for _, v := range x {
		if v != 0 {
			return true
		}
	}
	return false
}

// TestUniformAndBernoulliHaveTheirMeans, within four standard errors.
func TestUniformAndBernoulliHaveTheirMeans(t *testing.T) {
	const batch = 400
	for _, c := range []struct {
		expr                   string
		low, high, mean, sigma float64
	}{
		{"uniform(50)", 0, 1, 0.5, math.Sqrt(1.0 / 12)},
		{"uniform(50, low=-1, high=3)", -1, 3, 1, 4 * math.Sqrt(1.0/12)},
		{"bernoulli(50, p=0.2)", 0, 1, 0.2, math.Sqrt(0.2 * 0.8)},
	} {
		y := evaluateExpr(t, c.expr, batch, drawFeed(0, batch))
		sum := 0.0
		for _, v := range y {
			if v < c.low || v > c.high {
				t.Fatalf("%s drew %v", c.expr, v)
			}
			sum += v
		}
		if mean := sum / float64(len(y)); math.Abs(mean-c.mean) > 4*c.sigma/math.Sqrt(float64(len(y))) {
			t.Errorf("%s has mean %v, want %v", c.expr, mean, c.mean)
		}
	}
}
