package train

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"gotrain/internal/ckpt"
	"gotrain/internal/data"
	"gotrain/internal/diag"
	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// Evaluate runs validate or test: the checkpoint's means over the whole split.
func Evaluate(ctx context.Context, s *Session, verb Verb) (*Result, error) {
	prog, err := s.Model.Eval()
	if err != nil {
		return nil, err
	}
	need := data.NeedVal
	if verb == TestVerb {
		need = data.NeedTest
	}
	if err := s.checkUse(verb, prog, s.Config.Data.Batch, need); err != nil {
		return nil, err
	}
	store, cache, state, err := s.restored(prog)
	if err != nil {
		return nil, err
	}
	sets, err := s.open(ctx, need)
	if err != nil {
		return nil, err
	}
	split, ds, flag, limit := "val", sets.Val, "limit_val_batches", s.Trainer.LimitValBatches
	if verb == TestVerb {
		split, ds, flag, limit = "test", sets.Test, "limit_test_batches", s.Trainer.LimitTestBatches
	}
	if ds == nil {
		return nil, noSplit(verb, s.Config, split)
	}
	loader, err := s.limited(ds, flag, limit, false)
	if err != nil {
		return nil, err
	}
	if loader.Batches() == 0 {
		return nil, s.flagError(flag, errors.New("leaves nothing to measure"))
	}
	eval, err := newEvaluation(s.Model, prog, store, cache)
	if err != nil {
		return nil, err
	}
	values, err := eval.run(ctx, loader, split, state.moment(), s.Console.Validating)
	if err != nil {
		return nil, err
	}
	return &Result{Metrics: values, Tables: eval.tables, Checkpoint: s.Checkpoint, Step: state.Step, Epoch: state.Epoch}, nil
}

// PredictOptions say which output, and how many rows.
type PredictOptions struct {
	Output string
	N      int // rows; 0 is all of the data, or 64 of an output that reads none
}

// Predict computes one predict output from a checkpoint: over the test split (val where
// there is none), or from draws alone.
func Predict(ctx context.Context, s *Session, o PredictOptions) (*Prediction, error) {
	prog, err := s.Model.Predict(o.Output)
	if err != nil {
		return nil, err
	}
	batch := 128
	if s.Config.Data != nil {
		batch = s.Config.Data.Batch
	}
	if err := s.checkUse(PredictVerb, prog, batch, data.NeedTest|data.NeedVal); err != nil {
		return nil, err
	}
	_, cache, state, err := s.restored(prog)
	if err != nil {
		return nil, err
	}
	p := newPredictor(prog, cache, state.moment())
	if size := elements(p.out.Shape); o.N > maxPredicted/max(size, 1) {
		return nil, tooManyRows(o.N, size)
	}
	if !needsData(p.prog) {
		n := o.N
		if n == 0 {
			n = gridSamples
		}
		return &p.out, p.draw(ctx, n, batch)
	}
	if s.Config.Data == nil {
		return nil, needsDataError(s, o.Output)
	}
	sets, err := s.open(ctx, data.NeedTest|data.NeedVal)
	if err != nil {
		return nil, err
	}
	ds := sets.Test
	if ds == nil {
		ds = sets.Val
	}
	if ds == nil {
		return nil, noSplit(PredictVerb, s.Config, "test")
	}
	loader, err := s.limited(ds, "limit_predict_batches", s.Trainer.LimitPredictBatches, false)
	if err != nil {
		return nil, err
	}
	if loader.Batches() == 0 {
		return nil, s.flagError("limit_predict_batches", errors.New("leaves nothing to predict"))
	}
	return &p.out, p.read(ctx, loader, o.N, s.Console.Validating)
}

// maxPredicted bounds the numbers that a prediction holds: 4 GiB of them.
const maxPredicted = 1 << 30

func tooManyRows(n, size int) error {
	var l diag.List
	l.Errorf("bad-value", diag.Pos{}, "%d rows of %d numbers do not fit in memory: at most %d", n, size, maxPredicted/max(size, 1)).Origin = "--n"
	return l.Err()
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func needsDataError(s *Session, output string) error {
	var l diag.List
	d := l.Errorf("missing-section", diag.Pos{File: s.Config.File}, "output %q reads data, and the config has no data section", output)
	d.Hint, d.Notes = "add it, for example:", dataPart.paste
	return l.Err()
}

// otherSettings is the fault of a checkpoint whose weights do not fit the config: most
// often one of a run with other vars.
func (s *Session) otherSettings(err error) error {
	var l diag.List
	d := l.Errorf("other-model", diag.Pos{}, "%s is of another model: %v", s.Checkpoint, err)
	d.Origin = "--ckpt_path"
	if run := runOf(s.Checkpoint); run != "" {
		d.Hint = "its own config is in its folder: take " + run + " as FILE"
	}
	return l.Err()
}

// restored makes a machine with the checkpoint's weights for a program.
func (s *Session) restored(prog *graph.Program) (*engine.Store, *engine.Cache, *runState, error) {
	store, cache := s.machine()
	if err := store.Ensure(prog.States); err != nil {
		return nil, nil, nil, err
	}
	saved, _, err := ckpt.Load(s.Checkpoint)
	if err != nil {
		return nil, nil, nil, checkpointError(err)
	}
	var state runState
	if err := json.Unmarshal(saved.Run, &state); err != nil {
		return nil, nil, nil, &diag.EnvError{Text: s.Checkpoint + ": state.json is not a run's state", Err: err}
	}
	// A program may use some of the weights only: sample needs no encoder.
	params := ofModel(prog.States)
	used := slices.DeleteFunc(saved.Model, func(t ckpt.Tensor) bool {
		return !slices.ContainsFunc(params, func(st graph.State) bool { return st.Name == t.Name })
	})
	if err := restore(store, params, used); err != nil {
		return nil, nil, nil, s.otherSettings(err)
	}
	return store, cache, &state, nil
}
