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

func (ev *evaluator) checkTarget(t config.Target, o *config.Optimizer, params []*State) {
	for _, p := range params {
		if strings.HasPrefix(p.Name, t.Name+".") {
			return
		}
		if ok, err := path.Match(t.Name, p.Name); err == nil && ok {
			return
		}
	}
	d := ev.failf("no-weights", t.Pos, &scope{path: o.Path + ".update"}, "update: nothing called %q has weights", t.Name)
	d.Hint = join(diag.DidYouMean(t.Name, sortedKeys(ev.nets)), "(nets: "+strings.Join(sortedKeys(ev.nets), ", ")+"; a glob of weights works too)")
}
