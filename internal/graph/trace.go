package graph

import (
	"strings"

	"gotrain/internal/config"
)

// Bounds of the pipelines shown below a fault.
const (
	maxPipelines = 4  // enclosing ones
	maxSteps     = 12 // of one; what lies before them is cut
	maxStepText  = 60 // runes of one step
)

// showPipeline adds, to the first shape fault since before, the pipeline that it is in with
// the shape after each step up to the fault. The innermost pipeline comes first; each that
// encloses it, in a net's body or around a call, says where it stands.
func (ev *evaluator) showPipeline(before int, trace []string, step config.Expr, sc *scope) {
	if len(ev.diags.Items) <= before {
		return
	}
	d := &ev.diags.Items[before]
	if d.Code != "shape" || len(d.Notes) >= maxPipelines {
		return
	}
	if len(trace) > maxSteps {
		trace = append([]string{"…"}, trace[len(trace)-maxSteps:]...)
	}
	line := strings.Join(trace, " -> ") + " -> " + stepText(step) + "  fails here"
	if len(d.Notes) > 0 {
		line = "in " + sc.path + ": " + line
	}
	d.Notes = append(d.Notes, line)
}

// stepText writes a step, cut where it is long.
func stepText(e config.Expr) string {
	text := config.String(e)
	if r := []rune(text); len(r) > maxStepText {
		return string(r[:maxStepText]) + "…"
	}
	return text
}
