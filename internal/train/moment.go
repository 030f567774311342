package train

import (
	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/graph"
)

// progress is the share of the run's steps that are done; 0 where the run has no end,
// which a model that asks for it is refused with.
func (l *fitLoop) progress() float64 {
	total := l.totalSteps()
	if total <= 0 {
		return 0
	}
	return min(float64(l.state.Step)/float64(total), 1)
}

// moment is where evaluation stands: of a validation at an epoch's end, after the epoch,
// as a checkpoint saved there says.
func (l *fitLoop) moment() moment {
	m := moment{l.state.Step, l.state.Epoch, l.progress()}
	if n := l.train.Batches(); n > 0 && l.state.Batch == n {
		m.epoch++
	}
	return m
}

// moment is where the run of a checkpoint stood.
func (s *runState) moment() moment { return moment{s.Step, s.Epoch, s.Progress} }

// checkProgress refuses a model that asks how much of an endless run is done.
func checkProgress(m *graph.Model, t config.Trainer, l *diag.List) {
	if m.UsesProgress && t.MaxEpochs < 0 && t.MaxSteps < 0 {
		d := l.Errorf("no-end", m.ProgressPos, "progress is the share of the run that is done, and the run has no end")
		d.Hint = "give trainer.max_epochs or trainer.max_steps"
	}
}
