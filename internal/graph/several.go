package graph

import (
	"fmt"
	"path"
	"slices"
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
	faulty := ev.fieldsUnknown() || ev.diags.HasErrors()
	params := withRole(ev.b.states, Param)
	for _, o := range ev.cfg.Optimizers {
		for _, t := range o.Update {
			if faulty && ev.mayHaveWeights(t.Name) {
				continue // a net that could not be called has no weights yet
			}
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

// mayHaveWeights reports whether a name is of something in the file that has weights once
// its faults are mended.
func (ev *evaluator) mayHaveWeights(name string) bool {
	root, _, _ := strings.Cut(name, ".")
	if strings.ContainsAny(root, `*?[\`) || root == "loss" || ev.nets[root] != nil {
		return true
	}
	return slices.ContainsFunc(ev.cfg.Model, func(d *config.Def) bool { return strings.Join(d.Names, "_") == root })
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
