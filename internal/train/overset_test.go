package train_test

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"gotrain/internal/train"
)

// TestMetricsOfTheWholeSetAreLogged: in a fit as in validate, the same at another batch
// size, and in agreement with each other.
func TestMetricsOfTheWholeSetAreLogged(t *testing.T) {
	src := strings.Replace(cnn, `metrics: {acc: "accuracy(logits, label)"}`,
		"metrics:\n  acc: accuracy(logits, label)\n  micro: f1(logits, label, average=micro)\n  ppl: exp(avg(loss))\n  table: confusion(logits, label)", 1)
	s := newSession(t, src, map[string]any{"max_epochs": 1, "default_root_dir": t.TempDir(), "monitor": "val/ppl"})
	res, err := train.Fit(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, batch := range []string{"batch: 24", "batch: 7"} {
		s := newSession(t, strings.Replace(src, "batch: 24", batch, 1), nil)
		s.Checkpoint = filepath.Join(res.RunDir, "checkpoints", "last")
		again, err := train.Evaluate(context.Background(), s, train.ValidateVerb)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"val/micro", "val/ppl", "val/acc"} {
			if got, want := again.Metrics[name], res.Metrics[name]; math.Abs(got-want) > 1e-5*want {
				t.Errorf("%s: %s is %v, logged %v", batch, name, got, want)
			}
		}
		if got, want := again.Metrics["val/ppl"], math.Exp(again.Metrics["val/loss"]); math.Abs(got-want) > 1e-12*want {
			t.Errorf("ppl %v of a loss that gives %v", got, want)
		}
		total, hits := 0.0, 0.0
		for r, row := range again.Tables["val/table"] {
			for c, n := range row {
				total += n
				if r == c {
					hits += n
				}
			}
		}
		if total != 40 || hits/total != again.Metrics["val/acc"] || again.Metrics["val/micro"] != again.Metrics["val/acc"] {
			t.Errorf("%s: %v of %v in the table's diagonal, accuracy %v, micro f1 %v", batch, hits, total, again.Metrics["val/acc"], again.Metrics["val/micro"])
		}
	}
}
