package schedule_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/schedule"
)

// section decodes a schedule section as a file has it.
func section(t *testing.T, text string) *config.Schedule {
	t.Helper()
	cfg, diags := config.Load("run.yaml", []byte("schedule: "+text+"\n"), nil)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return cfg.Schedule
}

// TestRatesFollowPyTorch: oracle/schedules.py wrote what torch.optim.lr_scheduler gives. It
// multiplies its way from step to step, so rounding gathers: 1e-9 of the base rate is far
// above that, and far below any other formula.
func TestRatesFollowPyTorch(t *testing.T) {
	text, err := os.ReadFile("../../oracle/testdata/schedules.json")
	if err != nil {
		t.Fatal(err)
	}
	var refs struct {
		StepsPerEpoch int `json:"steps_per_epoch"`
		Steps         int
		Cases         []struct {
			Name, Schedule string
			LR             float64
			Rates          []float64
		}
	}
	if err := json.Unmarshal(text, &refs); err != nil {
		t.Fatal(err)
	}
	covered := map[string]bool{}
	for _, c := range refs.Cases {
		cfg := section(t, c.Schedule)
		covered[cfg.Name] = true
		s, diags := schedule.Check(cfg)
		if err := diags.Err(); err != nil {
			t.Fatal(c.Name, err)
		}
		rate := s.Rate(c.LR, schedule.Run{StepsPerEpoch: refs.StepsPerEpoch, Steps: refs.Steps})
		if len(c.Rates) != refs.Steps {
			t.Fatalf("%s: %d rates", c.Name, len(c.Rates))
		}
		for i, want := range c.Rates {
			if got := rate(i); math.Abs(got-want) > 1e-9*c.LR {
				t.Errorf("%s: step %d: lr %v, PyTorch has %v", c.Name, i, got, want)
				break
			}
		}
	}
	for _, d := range schedule.Docs() {
		if !covered[d.Name] {
			t.Errorf("schedule %s has no case in oracle/schedules.py", d.Name)
		}
	}
}

// TestRateStaysAfterTheEnd: PyTorch's cosine would rise again.
func TestRateStaysAfterTheEnd(t *testing.T) {
	for _, text := range []string{"{name: cosine, over: 20 steps, min_lr: 0.01}", "{name: linear, over: 2 epochs, min_lr: 0.01}"} {
		s, diags := schedule.Check(section(t, text))
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		if s.NeedsEnd() {
			t.Errorf("%s does not depend on the run's end", text)
		}
		rate := s.Rate(0.1, schedule.Run{StepsPerEpoch: 10, Steps: -1})
		for _, step := range []int{20, 21, 39, 1000} {
			if got := rate(step); math.Abs(got-0.01) > 1e-15 {
				t.Errorf("%s: step %d: lr %v", text, step, got)
			}
		}
		if rate(19) <= 0.01 {
			t.Errorf("%s: at its end one step early", text)
		}
	}
}

func TestFaultsOfTheSection(t *testing.T) {
	for _, c := range []struct{ section, code, says string }{
		{"{name: cosin}", "unknown-schedule", `did you mean "cosine"?`},
		{"{name: warm}", "unknown-schedule", "there are: constant, step, cosine, linear"},
		{"{name: cosine, warmup: 5}", "bad-value", "found 5"},
		{"{name: cosine, warmup: 30m}", "bad-value", "expected a time such as `10 epochs` or `500 steps` or `5%`"},
		{"{name: cosine, warmup: 1.5 steps}", "bad-value", "whole"},
		{"{name: cosine, over: 0 steps}", "bad-value", "above 0"},
		{"{name: cosine, warmup: 101%}", "bad-value", "at most 100%"},
		{"{name: cosine, min_lr: -1}", "bad-value", "expected a number from 0"},
		{"{name: cosine, min_lr: 1e39}", "bad-value", "expected a number from 0"},
		{"{name: cosine, min_lr: low}", "bad-value", "expected a number"},
		{"{name: cosine, warmpu: 5 epochs}", "unknown-key", `did you mean "warmup"?`},
		{"{name: constant, gamma: 3}", "unknown-key", "it takes: warmup"},
		{"{name: step}", "missing-value", "schedule step has no every"},
	} {
		_, diags := schedule.Check(section(t, c.section))
		if len(diags.Items) != 1 {
			t.Errorf("%s: %v", c.section, diags.Items)
			continue
		}
		d := diags.Items[0]
		text := d.Text + " " + d.Hint
		if d.Code != c.code || !strings.Contains(text, c.says) || d.Pos.Line != 1 || !strings.HasPrefix(d.Path, "schedule") {
			t.Errorf("%s: %v %+v: want %s, %q", c.section, d.Code, d, c.code, c.says)
		}
	}
}

func TestEndIsNeededByWhatDependsOnIt(t *testing.T) {
	for text, needs := range map[string]bool{
		"{name: constant, warmup: 2 epochs}": false, "{name: constant, warmup: 5%}": true, "{name: step, every: 3 epochs}": false,
		"{name: step, every: 30%}": true, "{name: cosine}": true, "{name: linear, over: 50%}": true, "{name: linear, over: 5 epochs}": false,
	} {
		s, _ := schedule.Check(section(t, text))
		if got := s.NeedsEnd(); got != needs {
			t.Errorf("%s: needs an end: %v", text, got)
		}
		if l := s.CheckEnd(false); l.HasErrors() != needs {
			t.Errorf("%s: %v", text, l.Items)
		}
		if l := s.CheckEnd(true); l.HasErrors() {
			t.Errorf("%s: %v", text, l.Items)
		}
	}
	none, diags := schedule.Check(nil)
	if none == nil || diags.HasErrors() {
		t.Fatal(diags.Items)
	}
	if rate := none.Rate(0.5, schedule.Run{StepsPerEpoch: 1, Steps: -1}); rate(0) != 0.5 || rate(1<<40) != 0.5 {
		t.Error("without a schedule lr stays")
	}
}

func ExampleSchedule_Rate() {
	s, _ := schedule.Check(&config.Schedule{Name: "linear", Pos: diag.Pos{}, Args: map[string]*config.Scalar{"warmup": {Value: "3 steps"}}})
	rate := s.Rate(1, schedule.Run{StepsPerEpoch: 4, Steps: 8})
	for step := range 9 {
		fmt.Printf("%.2f ", rate(step))
	}
	// Output: 0.25 0.50 0.75 1.00 0.80 0.60 0.40 0.20 0.00
}
