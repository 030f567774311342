package train

import (
	"fmt"

	"gotrain/internal/engine"
)

// SummaryVerb shows what a fit would take, and runs nothing.
const SummaryVerb Verb = "summary"

// Summary is what a fit computes and takes.
type Summary struct {
	Rows []engine.Row // an op of the config each, alone
	Plan *engine.Func // the training step as it runs
	Cost engine.Cost  // of Plan
	Footprint
	Parameters int // elements
}

// Summarize plans a fit. dump, where not nil, sees the training step after each pass.
func Summarize(s *Session, dump func(pass string, f *engine.Func)) (*Summary, error) {
	step, err := s.trainStep()
	if err != nil {
		return nil, err
	}
	plain, err := engine.Plan(step.prog, step.batches[0], engine.PlainOptions())
	if err != nil {
		return nil, err
	}
	out := &Summary{Rows: engine.Rows(plain)}
	for _, r := range out.Rows {
		out.Parameters += r.Parameters
	}
	if out.Plan, err = s.plan(step, dump); err != nil {
		return nil, err
	}
	out.Cost = engine.CostOf(out.Plan)
	out.Footprint, err = s.FitFootprint()
	return out, err
}

// trainStep is the program of a fit that updates, and its batches, the whole one first.
func (s *Session) trainStep() (use, error) {
	uses, err := s.fitUses(s.Config.Data.Batch)
	if err != nil {
		return use{}, err
	}
	for _, u := range uses {
		if u.prog.Name == "train" {
			return u, nil
		}
	}
	return use{}, fmt.Errorf("train: none of %d programs updates", len(uses))
}

func (s *Session) plan(step use, dump func(pass string, f *engine.Func)) (*engine.Func, error) {
	return engine.Plan(step.prog, step.batches[0], engine.Options{Skip: s.Trainer.SkipPasses, Dump: dump})
}

// StepCost is what the step that updates costs, and how many samples it is of.
func (s *Session) StepCost() (cost engine.Cost, batch int, err error) {
	step, err := s.trainStep()
	if err != nil {
		return cost, 0, err
	}
	f, err := s.plan(step, nil)
	if err != nil {
		return cost, 0, err
	}
	return engine.CostOf(f), step.batches[0], nil
}
