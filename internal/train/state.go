package train

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gotrain/internal/ckpt"
	"gotrain/internal/diag"
	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// runState is all of a fit that is not a tensor: with the tensors of the store, what a
// checkpoint holds. A run that loads both goes on bit for bit.
type runState struct {
	Step   int `json:"step"`   // optimizer steps done
	Epoch  int `json:"epoch"`  // epochs done
	Batch  int `json:"batch"`  // batches done in the open epoch
	Window int `json:"window"` // batches done in the open accumulation window

	Progress float64 `json:"progress,omitempty"` // the share of the run's steps done

	EpochSamples int `json:"epoch_samples"` // samples in the open epoch's sums

	// Due is a validation that is owed before anything else.
	Due bool `json:"validation_due,omitempty"`

	Best    []score `json:"best"` // of the kept checkpoints, best first
	Monitor string  `json:"monitor"`
	Mode    string  `json:"mode"` // min or max

	Patience *patience `json:"early_stop,omitempty"`
	// Seconds were trained, where max_time counts them.
	Seconds float64 `json:"seconds,omitempty"`

	// CSVOffset is where metrics.csv ended: a resumed run cuts it there.
	CSVOffset int64 `json:"csv_offset"`

	plan
	Kernels string `json:"kernels"`
	// Metrics are the last epoch's results, for whoever reads a checkpoint.
	Metrics metrics `json:"metrics,omitempty"`
}

// plan is what must not change between a run and its resumption: with another one, the
// place in the epoch would mean other samples.
type plan struct {
	Seed       int64             `json:"seed"`
	BatchSize  int               `json:"batch_size"`
	Batches    int               `json:"batches"` // of an epoch
	Accumulate int               `json:"accumulate"`
	Shuffle    bool              `json:"shuffle"`
	Steps      int               `json:"steps,omitempty"` // of the run, where the schedule depends on it
	Train      int               `json:"train"`           // samples
	Val        int               `json:"val"`
	Data       map[string]string `json:"data"` // SHA-256 by file
}

// metrics are numbers by name. Those that JSON cannot hold are left out of it.
type metrics map[string]float64

// MarshalJSON implements json.Marshaler.
func (m metrics) MarshalJSON() ([]byte, error) {
	finite := map[string]float64{}
	for name, v := range m {
		if v-v == 0 {
			finite[name] = v
		}
	}
	return json.Marshal(finite)
}

// score is a checkpoint's value of the monitored metric.
type score struct {
	Step  int     `json:"step"`
	Value float64 `json:"value"`
}

// snapshot copies states and the run's own for a checkpoint: parameters apart, since
// other programs read them.
func snapshot(store *engine.Store, states []graph.State, s *runState) (ckpt.State, error) {
	run, err := json.Marshal(s)
	if err != nil {
		return ckpt.State{}, fmt.Errorf("train: state: %w", err)
	}
	out := ckpt.State{Run: run}
	seen := map[string]bool{}
	var buf []float32
	for _, st := range states {
		if seen[st.Name] {
			continue
		}
		seen[st.Name] = true
		if buf, err = store.GetInto(buf, st.Name); err != nil {
			return ckpt.State{}, err
		}
		t := ckpt.FromFloat32(st.Name, store.Shape(st.Name), buf)
		if st.Role.OfModel() {
			out.Model = append(out.Model, t)
		} else {
			out.Optimizer = append(out.Optimizer, t)
		}
	}
	return out, nil
}

// restoreRun loads all that a run goes on from. Where no accumulation window is open, its
// tensors are zeros: they need not be there, so accumulate_grad_batches may change.
func restoreRun(store *engine.Store, states []graph.State, saved *ckpt.State, windowOpen bool) error {
	var params, rest []graph.State
	closed := map[string]bool{}
	for _, st := range states {
		switch {
		case st.Role.OfModel():
			params = append(params, st)
		case st.Role == graph.Accumulator && !windowOpen:
			closed[st.Name] = true
		default:
			rest = append(rest, st)
		}
	}
	if err := restore(store, params, saved.Model); err != nil {
		return err
	}
	return restore(store, rest, slices.DeleteFunc(slices.Clone(saved.Optimizer), func(t ckpt.Tensor) bool {
		return closed[t.Name] || !windowOpen && isAccumulator(t.Name)
	}))
}

// isAccumulator tells the tensors of an accumulation window by name.
func isAccumulator(name string) bool {
	return strings.HasPrefix(name, "grad.") || strings.HasPrefix(name, "window.")
}

// restore loads states from tensors, by name, strictly.
func restore(store *engine.Store, states []graph.State, from []ckpt.Tensor) error {
	var have []ckpt.Param
	seen := map[string]bool{}
	for _, st := range states {
		if !seen[st.Name] {
			seen[st.Name] = true
			have = append(have, ckpt.Param{Name: st.Name, Shape: store.Shape(st.Name), DType: "F32"})
		}
	}
	if err := ckpt.Match(have, from); err != nil {
		return err
	}
	for _, t := range from {
		data, err := t.Float32()
		if err != nil {
			return err
		}
		if err := store.Set(t.Name, data); err != nil {
			return err
		}
	}
	return nil
}

// check refuses to resume where the run would not go on as it was.
func (s *runState) check(now *plan) error {
	var l diag.List
	mismatch := func(what string, was, is any) {
		d := l.Errorf("resume-mismatch", diag.Pos{}, "%s is %v in the checkpoint and %v here: the run would not go on as it was", what, was, is)
		d.Origin = "--ckpt_path"
		d.Hint = fmt.Sprintf("resume with the same %s, or start a new run from its weights: checkpoint: {init_from: …/model.safetensors}", what)
	}
	if s.Seed != now.Seed {
		mismatch("seed", s.Seed, now.Seed)
	}
	if s.BatchSize != now.BatchSize {
		mismatch("data.batch", s.BatchSize, now.BatchSize)
	}
	if s.Batch > 0 && s.Shuffle != now.Shuffle {
		mismatch("data.shuffle", s.Shuffle, now.Shuffle)
	}
	if !maps.Equal(s.Data, now.Data) || s.Train != now.Train || s.Val != now.Val {
		l.Errorf("resume-mismatch", diag.Pos{}, "the data, or their split, are not those of the checkpoint").Hint = "resume on the same data, or start a new run from its weights: checkpoint: {init_from: …/model.safetensors}"
	}
	if s.Batch > 0 && s.Batches != now.Batches { // inside an epoch
		d := l.Errorf("resume-mismatch", diag.Pos{}, "an epoch has %d batches in the checkpoint and %d here: its place in the epoch would be another", s.Batches, now.Batches)
		d.Origin, d.Hint = "--ckpt_path", "resume with the same limit_train_batches"
	}
	if s.Window > 0 && s.Accumulate != now.Accumulate { // inside a window
		mismatch("accumulate_grad_batches", s.Accumulate, now.Accumulate)
	}
	return l.Err()
}

// better reports whether value a beats b under mode, "min" or "max". NaN never does.
func better(mode string, a, b float64) bool {
	if math.IsNaN(a) {
		return false
	}
	if math.IsNaN(b) {
		return true
	}
	if mode == "max" {
		return a > b
	}
	return a < b
}

// rank inserts a score, best first, and drops those beyond keep. It reports whether the
// new one is the best of all.
func (s *runState) rank(mode string, keep int, n score) bool {
	s.Best = slices.DeleteFunc(slices.Clone(s.Best), func(old score) bool { return old.Step == n.Step }) // it was written over
	at := len(s.Best)
	for i, old := range s.Best {
		if better(mode, n.Value, old.Value) {
			at = i
			break
		}
	}
	if n.Value-n.Value != 0 { // NaN or infinite
		return false
	}
	s.Best = append(s.Best[:at], append([]score{n}, s.Best[at:]...)...)
	if len(s.Best) > keep {
		s.Best = s.Best[:keep]
	}
	return at == 0
}
