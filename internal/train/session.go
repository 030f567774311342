package train

import (
	"context"
	"fmt"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/diag"
	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/logger"
)

// Session is what a command hands over: a checked config and where to run and report.
type Session struct {
	Config  *config.Config
	Trainer config.Trainer
	Model   *graph.Model
	Device  engine.Device
	Console *logger.Console

	// Checkpoint is where to start from: a checkpoint folder, already resolved and known
	// to exist; empty for new weights (fit only).
	Checkpoint string
	// Stop is asked after each batch: true once a signal has come. The run is then saved
	// where it stands.
	Stop func() bool

	// For the run folder's command.sh and env.json.
	Command   []string          // argv, argv[0] being the program
	Overrides []string          // the flags that set vars or config keys, as written
	Variables []string          // of the environment that set flags: "GOTRAIN_SEED=3"
	Resolved  []byte            // the config with every override applied
	Env       map[string]string // version, commit, CPU

	fields []config.Field // of the data, once a footprint has asked
}

// Result is what a verb reports: numbers under TensorBoard's names.
type Result struct {
	Metrics    map[string]float64
	Tables     map[string]Table // of validate and test
	RunDir     string           // of fit; empty under fast_dev_run
	Checkpoint string           // the newest one saved, or the one read
	Step       int
	Epoch      int
}

// open opens the parts of the data set that are needed.
func (s *Session) open(ctx context.Context, need data.Need) (*data.Sets, error) {
	sets, err := data.Open(ctx, *s.Config.Data, data.Options{Seed: s.Config.Seed, Progress: s.Console.Progress, Need: need})
	settle()
	return sets, err
}

// machine makes a store and an executable cache on the session's device.
func (s *Session) machine() (*engine.Store, *engine.Cache) {
	store := engine.NewStore(s.Device)
	cache := engine.NewCache(s.Device, store)
	cache.Options.Skip = s.Trainer.SkipPasses
	return store, cache
}

// devRun reports whether fast_dev_run is on.
func (s *Session) devRun() bool { return s.Trainer.FastDevRun > 0 }

// limited makes a loader over the first batches of a data set that a limit flag allows.
func (s *Session) limited(ds data.Dataset, flag string, limit config.Limit, shuffle bool) (*data.Loader, error) {
	batch := s.Config.Data.Batch
	total := (ds.Len() + batch - 1) / batch
	flag = limitFlag(s.Trainer, flag)
	n, err := limit.Batches(total)
	if err != nil {
		return nil, s.flagError(flag, err)
	}
	if s.devRun() {
		n = min(total, s.Trainer.FastDevRun)
	} else if s.Trainer.Given[flag] {
		s.Console.Note(sayLimit(flag, limit, n, total))
	}
	return data.NewLoader(ds, data.LoaderOptions{Batch: batch, Shuffle: shuffle, Seed: s.Config.Seed, Limit: n}), nil
}

// limitFlag is the flag that sets a limit: overfit_batches sets two others.
func limitFlag(t config.Trainer, flag string) string {
	if !t.OverfitBatches.IsZero() && (flag == "limit_train_batches" || flag == "limit_val_batches") {
		return "overfit_batches"
	}
	return flag
}

// sayLimit tells 1, one batch, from 1.0, all of them.
func sayLimit(flag string, l config.Limit, n, total int) string {
	text := fmt.Sprintf("%s: %d of %d batches", flag, n, total)
	if l.IsCount && l.Count == 1 {
		text += " (a whole number counts batches; 1.0 is all of them)"
	} else if !l.IsCount && l.Share == 1 {
		text += " (1.0 is all of them; 1 would be one batch)"
	}
	return text
}

// clip is the gradient limit that the flags ask for.
func clip(t config.Trainer) graph.Clip {
	if t.GradientClipAlgorithm == "value" {
		return graph.Clip{Value: t.GradientClipVal}
	}
	return graph.Clip{Norm: t.GradientClipVal}
}

// StepOptions are of the program that updates: the whole step, or the last of a window.
func StepOptions(t config.Trainer) graph.TrainOptions {
	o := graph.TrainOptions{Clip: clip(t)}
	if t.AccumulateGradBatches > 1 {
		o.Part = graph.LastStep
	}
	return o
}

// monitored lists the metrics that a checkpoint can watch.
func (s *Session) monitored(hasVal bool) []string { return monitored(s.Model, hasVal) }

// flagError is the fault of a trainer flag, where it was given.
func (s *Session) flagError(flag string, err error) error {
	var l diag.List
	flagFault(&l, s.Trainer, flag, "%v", err)
	return l.Err()
}

// flagFault adds the fault of a trainer flag, where it was given.
func flagFault(l *diag.List, t config.Trainer, flag, format string, args ...any) *diag.Diagnostic {
	p, origin := t.At(flag)
	d := l.Errorf("bad-value", p, flag+": "+format, args...)
	d.Origin, d.Path = origin, "trainer."+flag
	return d
}
