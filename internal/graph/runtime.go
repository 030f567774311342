package graph

import "gotrain/internal/diag"

// runtimeScalars are the names whose value changes from step to step: scalars that are
// fed, where all else of a model is known when it is built.
var runtimeScalars = []struct{ Name, Input, Doc string }{
	{"step", InputStep, "optimizer steps done before this one; in evaluation, those of the checkpoint"},
	{"epoch", InputRunEpoch, "epochs done before this one; in evaluation, the checkpoint's epoch"},
	{"progress", InputProgress, "0 at the start of the run to 1 at its end"},
}

// runtime gives a run-time scalar, nil of any other name.
func (ev *evaluator) runtime(name string, at diag.Pos) *Value {
	if name == "progress" && !ev.progress.IsValid() {
		ev.progress = at
	}
	for _, r := range runtimeScalars {
		if r.Name == name {
			return ev.b.input(r.Input, F32, Shape{})
		}
	}
	return nil
}

func isRuntime(name string) bool {
	for _, r := range runtimeScalars {
		if r.Name == name {
			return true
		}
	}
	return false
}
