package graph

import (
	"slices"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// checkDefaults judges the section of that name once, whether or not a call uses it.
func (ev *evaluator) checkDefaults() {
	for _, d := range ev.cfg.Defaults {
		sc := newScope(d.Path, "defaults")
		spec := findOp(d.Op)
		switch {
		case spec == nil && isLaterOp(d.Op):
			ev.failf("not-built-yet", d.Pos, sc, "%q is part of the language but not built yet", d.Op)
			continue
		case spec == nil:
			g := ev.failf("unknown-op", d.Pos, sc, "defaults are of ops, and there is no op %q", d.Op)
			g.Hint = diag.DidYouMean(d.Op, OpNames())
			continue
		}
		for _, a := range d.Args {
			i := slices.IndexFunc(spec.Params, func(p param) bool { return p.Name == a.Name })
			switch {
			case i < 0:
				ev.unknownArgument(d.Op, spec.Params, a, sc)
			case spec.Params[i].Kind != tensorArg:
				if _, ok := ev.argument(d.Op, spec.Params[i], a.Value, sc, nil); !ok {
					ev.defaults[d.Op] = slices.DeleteFunc(slices.Clone(ev.defaults[d.Op]), func(b config.Arg) bool { return b.Name == a.Name })
				}
			}
		}
	}
}
