package train

import (
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
	batch := s.Config.Data.Batch
	uses, err := s.fitUses(batch)
	if err != nil {
		return nil, err
	}
	step := uses[len(uses)-1]
	for _, u := range uses { // the part that updates
		if u.prog.Name == "train" {
			step = u
		}
	}
	plain, err := engine.Plan(step.prog, step.batches[0], engine.PlainOptions())
	if err != nil {
		return nil, err
	}
	out := &Summary{Rows: engine.Rows(plain)}
	for _, r := range out.Rows {
		out.Parameters += r.Parameters
	}
	if out.Plan, err = engine.Plan(step.prog, step.batches[0], engine.Options{Skip: s.Trainer.SkipPasses, Dump: dump}); err != nil {
		return nil, err
	}
	out.Cost = engine.CostOf(out.Plan)
	out.Footprint, err = s.FitFootprint()
	return out, err
}
