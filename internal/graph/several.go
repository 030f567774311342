package graph

import (
	"fmt"
	"path"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// checkOptimizers judges the entries of optimizers: each one's arguments, what it
// minimizes, and that what it updates has weights.
func (ev *evaluator) checkOptimizers() {
	for i, o := range ev.cfg.Optimizers {
		checkOptimizer(o, ev.diags)
		if o.Minimize != nil {
			sc := newScope(o.Minimize.Path, fmt.Sprintf("optimizers_%d", i))
			sc.untrained = "no net that update: could name has"
			ev.perSampleTerm(o.Minimize, sc, "what an optimizer minimizes")
		}
	}
	if ev.fieldsUnknown() || ev.diags.HasErrors() {
		return // nets that could not be called have no weights yet
	}
	params := withRole(ev.b.states, Param)
	for _, o := range ev.cfg.Optimizers {
		for _, t := range o.Update {
			ev.checkTarget(t, o, params)
		}
	}
}

// Names reports whether a word of the config names a weight: it is the net or the value that
// the weight is in, or a glob of the weight's whole name, in which * stands for dots too.
func Names(word, weight string) bool {
	ok, err := path.Match(word, weight)
	return ok && err == nil || strings.HasPrefix(weight, word+".")
}

func (ev *evaluator) checkTarget(t config.Target, o *config.Optimizer, params []*State) {
	for _, p := range params {
		if Names(t.Name, p.Name) {
			return
		}
	}
	d := ev.failf("no-weights", t.Pos, &scope{path: o.Path + ".update"}, "update: nothing called %q has weights", t.Name)
	d.Hint = join(diag.DidYouMean(t.Name, sortedKeys(ev.nets)), "(nets: "+strings.Join(sortedKeys(ev.nets), ", ")+"; a glob of weights works too)")
}
