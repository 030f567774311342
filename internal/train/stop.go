package train

import (
	"fmt"
	"strings"
	"time"

	"gotrain/internal/config"
)

// patience is early_stop's part of a run's state.
type patience struct {
	Monitor string  `json:"monitor"`
	Mode    string  `json:"mode"`
	Best    float64 `json:"best"`
	Any     bool    `json:"any"`    // there has been a value: Best is one
	Checks  int     `json:"checks"` // since the best
	// Where the best was, and where the last check.
	BestEpoch int `json:"best_epoch"`
	BestStep  int `json:"best_step"`
	Epoch     int `json:"epoch"`
	Step      int `json:"step"`
	// Lost is a last value that is no number: no later one is worth waiting for.
	Lost bool `json:"lost,omitempty"`
}

// watch looks at new values of the metric that early_stop monitors, if they have it.
func (l *fitLoop) watch(values map[string]float64) {
	e := l.Config.EarlyStop
	if e == nil || l.devRun() {
		return
	}
	v, measured := values[e.Monitor]
	if !measured {
		return
	}
	p := l.state.Patience
	if p == nil {
		p = &patience{Monitor: e.Monitor, Mode: e.Mode}
	}
	next := *p
	next.Epoch, next.Step, next.Lost = l.state.Epoch, l.state.Step, v-v != 0
	switch gain := p.Best - v; {
	case next.Lost:
	case !p.Any, e.Mode == "max" && -gain > e.MinDelta, e.Mode == "min" && gain > e.MinDelta:
		next.Best, next.Any, next.Checks, next.BestEpoch, next.BestStep = v, true, 0, next.Epoch, next.Step
	default:
		next.Checks++
	}
	l.state.Patience = &next
	if l.impatient() && !l.mayStop() && !l.held {
		l.held = true // told once
		l.Console.Note(fmt.Sprintf("early_stop would stop here, and %s not met: training goes on", l.unmet()))
	}
}

// impatient reports whether early_stop asks for the end, as of its last check.
func (l *fitLoop) impatient() bool {
	e, p := l.Config.EarlyStop, l.state.Patience
	if e == nil || p == nil || l.devRun() {
		return false
	}
	switch limit := e.Patience; limit.Unit {
	case config.Epochs:
		return p.Lost || p.Epoch-p.BestEpoch >= limit.Count()
	case config.Steps:
		return p.Lost || p.Step-p.BestStep >= limit.Count()
	default:
		return p.Lost || p.Checks >= limit.Count()
	}
}

// mayStop reports whether min_epochs and min_steps let a run end early.
func (l *fitLoop) mayStop() bool {
	return l.state.Epoch >= l.Trainer.MinEpochs && l.state.Step >= l.Trainer.MinSteps
}

// unmet says which of min_epochs and min_steps keep a run from ending early.
func (l *fitLoop) unmet() string {
	var out []string
	if t := l.Trainer; l.state.Epoch < t.MinEpochs {
		out = append(out, fmt.Sprintf("min_epochs=%d", t.MinEpochs))
	}
	if t := l.Trainer; l.state.Step < t.MinSteps {
		out = append(out, fmt.Sprintf("min_steps=%d", t.MinSteps))
	}
	if len(out) == 1 {
		return out[0] + " is"
	}
	return strings.Join(out, " and ") + " are"
}

// outOfTime reports whether max_time is spent.
func (l *fitLoop) outOfTime() bool {
	return l.Trainer.MaxTime > 0 && l.elapsed() >= l.Trainer.MaxTime
}

// elapsed is the training time of the run, that of the processes before this one included.
// It is of the monotonic clock: one that is set back takes nothing away.
func (l *fitLoop) elapsed() time.Duration {
	return l.earlier + time.Since(l.started)
}

// finished reports whether the run ends here: at a limit, or early.
func (l *fitLoop) finished() bool {
	t := l.Trainer
	return t.MaxSteps >= 0 && l.state.Step >= t.MaxSteps || t.MaxEpochs >= 0 && l.state.Epoch >= t.MaxEpochs ||
		(l.impatient() || l.outOfTime()) && l.mayStop()
}

// ending says why the run ends early; empty where it does not.
func (l *fitLoop) ending() string {
	switch e, p := l.Config.EarlyStop, l.state.Patience; {
	case !l.mayStop():
	case l.impatient() && p.Lost:
		return fmt.Sprintf("stopped by early_stop: %s is no number", e.Monitor)
	case l.impatient():
		return fmt.Sprintf("stopped by early_stop: %s has not been better than %.6g, of step %d, for %s", e.Monitor, p.Best, p.BestStep, waited(e.Patience))
	case l.outOfTime():
		return fmt.Sprintf("stopped by max_time: %s are over at step %d, epoch %d", l.Trainer.MaxTime, l.state.Step, l.state.Epoch)
	}
	return ""
}

func waited(s config.Span) string {
	if s.Unit == config.NoUnit {
		return s.String() + " validations"
	}
	return s.String()
}
