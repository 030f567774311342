package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gotrain/internal/ckpt"
	"gotrain/internal/data"
	"gotrain/internal/diag"
	"gotrain/internal/graph"
	"gotrain/internal/logger"
)

// newFitLoop makes everything a fit needs, in the order in which it can fail cheaply:
// flags and programs, then data, then the run folder.
func newFitLoop(ctx context.Context, s *Session) (l *fitLoop, err error) {
	l = &fitLoop{Session: s, feeder: newFeeder(), started: time.Now()}
	l.saved.at, l.validated = l.started, l.started
	need, err := s.FitFootprint()
	if err != nil {
		return nil, err
	}
	if err := s.CheckFitMemory(need); err != nil {
		return nil, err
	}
	if err := l.buildPrograms(); err != nil {
		return nil, err
	}
	if l.sets, err = s.open(ctx, data.NeedTrain|data.NeedVal); err != nil {
		return nil, err
	}
	for _, note := range l.sets.Notes {
		s.Console.Note(note)
	}
	if err := l.makeLoaders(); err != nil {
		return nil, err
	}
	l.chooseMonitor()
	if err := l.chooseRate(); err != nil {
		return nil, err
	}
	l.state.plan = plan{
		Steps: l.state.plan.Steps,
		Seed:  s.Config.Seed, BatchSize: s.Config.Data.Batch, Batches: l.train.Batches(),
		Accumulate: s.Trainer.AccumulateGradBatches, Data: l.sets.Hashes,
		Shuffle: l.shuffles(), Train: l.sets.Train.Len(),
	}
	if l.sets.Val != nil {
		l.state.plan.Val = l.sets.Val.Len()
	}
	l.state.Kernels, l.state.Monitor, l.state.Mode = s.Device.KernelSet(), l.monitor, l.mode
	loop := l // l is nil where this fails
	defer func() {
		if err != nil {
			err = errors.Join(err, loop.dir.close(), loop.unlock())
		}
	}()
	if err := l.lockResumed(); err != nil { // before its state is read
		return nil, err
	}
	if err := l.initialState(); err != nil {
		return nil, err
	}
	if err := l.openRun(); err != nil {
		return nil, err
	}
	l.sayCadence()
	settle()
	return l, nil
}

// shuffles reports whether train is shuffled: not where a few batches are to be learnt by
// heart.
func (l *fitLoop) shuffles() bool {
	return l.Config.Data.Shuffle && l.Trainer.OverfitBatches.IsZero()
}

// sayCadence says once what the flags leave unlogged or undone.
func (l *fitLoop) sayCadence() {
	steps := l.stepsPerEpoch()
	if n := l.Trainer.LogEveryNSteps; n > steps && steps > 0 && !l.devRun() && len(l.Trainer.Logger) > 0 {
		l.Console.Note(fmt.Sprintf("log_every_n_steps is %d and an epoch has %d steps: few step losses are logged; the table has the epochs'", n, steps))
	}
	if l.Config.Data.Shuffle && !l.shuffles() {
		l.Console.Note("overfit_batches: the same batches each epoch, unshuffled; val takes as many of its own")
	}
	if l.Trainer.DetectAnomaly {
		l.Console.Note("detect_anomaly: each step runs twice, every value looked at: for finding a fault, not for training")
	}
	switch {
	case l.train.Batches() == 0:
		l.Console.Note("limit_train_batches is 0: nothing is trained")
	case l.finished() && l.ending() != "":
		l.Console.Note("nothing is left to do: " + l.ending())
	case l.finished():
		l.Console.Note(fmt.Sprintf("nothing is left to do: at step %d, epoch %d, and max_steps is %d, max_epochs %d", l.state.Step, l.state.Epoch, l.Trainer.MaxSteps, l.Trainer.MaxEpochs))
	}
}

// buildPrograms builds the steps and declares their states, parameters first.
func (l *fitLoop) buildPrograms() error {
	parts := []graph.Part{graph.WholeStep}
	if l.Trainer.AccumulateGradBatches > 1 {
		parts = append(parts, graph.Accumulate, graph.LastStep)
	}
	l.store, l.cache = l.machine()
	for _, part := range parts {
		p, err := l.Model.Train(graph.TrainOptions{Clip: clip(l.Trainer), Part: part})
		if err != nil {
			return err
		}
		if err := l.store.Ensure(p.States); err != nil {
			return err
		}
		l.steps[part] = p
		l.states = append(l.states, p.States...)
	}
	return nil
}

// makeLoaders makes the train loader and, where there is a val split, the validation.
func (l *fitLoop) makeLoaders() (err error) {
	if l.train, err = l.limited(l.sets.Train, "limit_train_batches", l.Trainer.LimitTrainBatches, l.shuffles()); err != nil {
		return err
	}
	defer func() {
		if err == nil {
			err = l.choosePictures()
		}
	}()
	if l.sets.Val == nil {
		return nil
	}
	if l.val, err = l.limited(l.sets.Val, "limit_val_batches", l.Trainer.LimitValBatches, false); err != nil {
		return err
	}
	if l.val.Batches() == 0 {
		l.val = nil
		return nil
	}
	prog, err := l.Model.Eval()
	if err != nil {
		return err
	}
	if err := l.store.Ensure(prog.States); err != nil {
		return err
	}
	if l.eval, err = newEvaluation(l.Model, prog, l.store, l.cache); err != nil {
		return err
	}
	return l.checkCadence()
}

// chooseMonitor settles what "best" means. That the name is one that is logged, Static has
// checked.
func (l *fitLoop) chooseMonitor() {
	l.monitor, l.mode = l.Config.Checkpoint.Monitor, l.Config.Checkpoint.Mode
	if l.eval == nil && !slices.Contains(l.monitored(false), l.monitor) { // nothing to validate on
		l.monitor = ""
		l.Console.Note("no validation: only the last checkpoint is kept, there is no best")
	}
}

// initialState is new weights, other weights by name (init_from), or a checkpoint's all.
func (l *fitLoop) initialState() error {
	if l.Checkpoint == "" {
		if err := l.store.Init(l.Config.Seed, l.states); err != nil {
			return err
		}
		if l.Config.InitFrom != nil {
			return l.initFrom()
		}
		return nil
	}
	saved, step, err := ckpt.Load(l.Checkpoint)
	if err != nil {
		return checkpointError(err)
	}
	if l.devRun() { // the checkpoint's weights, and nothing else of its run
		if err := l.store.Init(l.Config.Seed, l.states); err != nil {
			return err
		}
		if err := restore(l.store, ofModel(l.states), saved.Model); err != nil {
			return l.otherSettings(err)
		}
		return nil
	}
	var state runState
	if err := json.Unmarshal(saved.Run, &state); err != nil {
		return &diag.EnvError{Text: l.Checkpoint + ": state.json is not a run's state", Err: err}
	}
	if err := state.check(&l.state.plan); err != nil {
		return err
	}
	if state.Monitor != l.monitor || state.Mode != l.mode {
		l.Console.Note(fmt.Sprintf("best was by %s %s and is by %s %s from here: earlier scores do not count", state.Mode, state.Monitor, l.mode, l.monitor))
		state.Best = nil
	}
	if state.Kernels != l.state.Kernels {
		l.Console.Note(fmt.Sprintf("the checkpoint is of kernel set %q, this run uses %q: it goes on within rounding, not bit for bit (--kernels %s)", state.Kernels, l.state.Kernels, state.Kernels))
	}
	if was, is := state.plan.Steps, l.state.plan.Steps; was != is && was > 0 && is > 0 {
		l.Console.Note(fmt.Sprintf("the run was of %d steps and is of %d from here: %s", was, is, l.byEnd))
	}
	if err := restoreRun(l.store, l.states, saved, state.Window > 0); err != nil {
		return l.otherSettings(err)
	}
	l.earlier = time.Duration(state.Seconds * float64(time.Second))
	if e, p := l.Config.EarlyStop, state.Patience; p != nil && (e == nil || e.Monitor != p.Monitor || e.Mode != p.Mode) {
		state.Patience = nil // what it waited for is not what is watched from here
	}
	state.plan, state.Kernels, state.Monitor, state.Mode = l.state.plan, l.state.Kernels, l.monitor, l.mode
	l.state = state
	l.saved = savedAt{path: l.Checkpoint, step: step, cursor: state.cursor(), at: l.started}
	return nil
}

// ofModel picks the states that a model's file holds.
func ofModel(states []graph.State) []graph.State {
	return slices.DeleteFunc(slices.Clone(states), func(s graph.State) bool { return !s.Role.OfModel() })
}

func (l *fitLoop) openSinks(resumed bool) error {
	l.sinks = logger.Multi{}
	columns := l.monitored(l.eval != nil)
	l.Console.SetColumns(columns)
	columns = append([]string{rateColumn}, columns...)
	l.Console.SetBatchesPerStep(l.Trainer.AccumulateGradBatches)
	if l.dir.path == "" {
		return nil
	}
	opts := logger.Options{Dir: l.dir.path, Columns: columns}
	if resumed {
		opts.Resumed, opts.ResumeStep, opts.Offset = true, l.state.Step, l.state.CSVOffset
	}
	sinks, err := logger.Open(l.Trainer.Logger, opts)
	if err != nil {
		return l.logged(err)
	}
	l.sinks = sinks
	for _, s := range sinks {
		if c, ok := s.(*logger.CSV); ok {
			l.csv = c
		}
	}
	if err := l.sinks.Settings(l.settings()); err != nil {
		return l.logged(err)
	}
	if !resumed {
		return l.logged(l.sinks.Text(0, "config", "```yaml\n"+string(l.Resolved)+"\n```"))
	}
	return nil
}

// checkpointError puts a checkpoint's fault in its class: the file is what it is, so the
// environment's.
func checkpointError(err error) error {
	var corrupt *ckpt.CorruptError
	var absent *ckpt.NotFoundError
	if errors.As(err, &corrupt) || errors.As(err, &absent) {
		return &diag.EnvError{Text: err.Error()}
	}
	return &diag.EnvError{Text: "cannot use the checkpoint", Err: err}
}

// close ends the sinks and removes a temporary folder.
func (l *fitLoop) close() error {
	err := errors.Join(l.logged(l.sinks.Close()), l.dir.close())
	return errors.Join(err, l.unlock())
}
