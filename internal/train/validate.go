package train

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/logger"
)

// validates reports whether validation is due after the batch just done: the last of the
// epoch is a batch like any other.
func (l *fitLoop) validates() bool {
	if l.eval == nil {
		return false
	}
	check, epochs, total := l.Trainer.ValCheck, l.Trainer.CheckValEveryNEpoch, l.train.Batches()
	if epochs > 0 && (l.state.Epoch+1)%epochs != 0 {
		return false
	}
	switch {
	case check.Every.Unit == config.Steps:
		return l.state.Window == 0 && l.state.Step%check.Every.Count() == 0
	case check.Every.Unit == config.Seconds:
		return time.Since(l.validated) >= check.Every.Duration()
	case epochs == 0:
		return (l.state.Epoch*total+l.state.Batch)%check.Count == 0
	case check.IsCount:
		return l.state.Batch%check.Count == 0
	}
	return l.state.Batch%max(1, int(float64(total)*check.Share)) == 0
}

// checkCadence refuses a val_check_interval that no epoch is long enough for.
func (l *fitLoop) checkCadence() error {
	var list diag.List
	if l.eval != nil {
		checkInterval(l.Trainer, l.train.Batches(), &list)
	}
	return list.Err()
}

// checkInterval refuses a val_check_interval that an epoch of so many batches is not long
// enough for.
func checkInterval(t config.Trainer, batches int, l *diag.List) {
	if check := t.ValCheck; check.IsCount && t.CheckValEveryNEpoch > 0 && check.Count > batches && batches > 0 {
		flagFault(l, t, "val_check_interval", "an epoch has %d batches, and validation is to come every %d", batches, check.Count).
			Hint = fmt.Sprintf("at most %d; or --check_val_every_n_epoch none, and batches count across epochs; or a time: `%d steps`", batches, check.Count)
	}
}

// validate measures and logs the validation set, by name under val/. state.Due keeps that
// it is owed: an interruption within it saves the run, which then begins with it.
func (l *fitLoop) validate(ctx context.Context) (map[string]float64, error) {
	l.state.Due = true
	val, err := l.eval.run(ctx, l.val, "val", l.moment(), l.Console.Validating)
	if err != nil {
		return nil, err
	}
	l.state.Due, l.validated = false, time.Now()
	if err := l.logged(l.sinks.Scalars(l.record(val, "val/", l.eval.names))); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(l.eval.tables)) {
		if err := l.logged(l.sinks.Text(l.state.Step, name, l.eval.tables[name].String())); err != nil {
			return nil, err
		}
	}
	return val, nil
}

// validateInside validates within an epoch: the running sums of training stay as they are.
func (l *fitLoop) validateInside(ctx context.Context) error {
	val, err := l.validate(ctx)
	if l.told(err) {
		return l.interrupted()
	}
	if err != nil {
		return err
	}
	l.keepMetrics(val)
	best, err := l.saveScored(val)
	if err != nil {
		return err
	}
	l.Console.EpochRow(logger.EpochRow{Epoch: l.state.Epoch, Step: l.state.Step, Values: val, Best: best})
	l.Console.ContinueEpoch(l.train.Batches())
	return nil
}

// keepMetrics makes values the newest of their names, in a map that no result shares.
func (l *fitLoop) keepMetrics(values map[string]float64) {
	kept := maps.Clone(l.state.Metrics)
	if kept == nil {
		kept = metrics{}
	}
	maps.Copy(kept, values)
	l.state.Metrics = kept
}
