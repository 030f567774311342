package train

import (
	"fmt"
	"math"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/schedule"
)

// rateColumn is the learning rate's name in the logs.
const rateColumn = "lr"

// checkedSchedule decodes the schedule section against the limits that the flags set.
func checkedSchedule(c *config.Config, t config.Trainer) (*schedule.Schedule, diag.List) {
	s, diags := schedule.Check(c.Schedule)
	if s != nil {
		diags.Append(s.CheckEnd(t.MaxEpochs >= 0 || t.MaxSteps >= 0))
	}
	return s, diags
}

// chooseRate makes the schedule of this run's length.
func (l *fitLoop) chooseRate() error {
	s, diags := checkedSchedule(l.Config, l.Trainer)
	if err := diags.Err(); err != nil {
		return err
	}
	run := schedule.Run{StepsPerEpoch: l.stepsPerEpoch(), Steps: l.totalSteps()}
	l.rate = s.Rate(l.Model.LR(), run)
	switch {
	case s.NeedsEnd():
		l.byEnd = "lr jumps to the new curve"
	case l.Model.UsesProgress:
		l.byEnd = "progress jumps"
	}
	if l.byEnd != "" {
		l.state.plan.Steps = run.Steps
	}
	if w := s.Warmup(run); w > 0 && run.Steps >= 0 && w >= run.Steps && !l.devRun() {
		l.Console.Note(fmt.Sprintf("the warmup takes %d steps and the run has %d: lr never reaches optimizer.lr", w, run.Steps))
	}
	return nil
}

// totalSteps is the number of steps until max_steps or max_epochs ends the run; -1 where
// neither does.
func (l *fitLoop) totalSteps() int {
	total, epochs, each := l.Trainer.MaxSteps, l.Trainer.MaxEpochs, max(l.stepsPerEpoch(), 1)
	if epochs < 0 || epochs > math.MaxInt/each || total >= 0 && total < epochs*each {
		return total
	}
	return epochs * each
}
