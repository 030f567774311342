package graph

import (
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// layerName decodes `tie=`: the name of a net, or of one of its layers, dotted.
func (ev *evaluator) layerName(fn string, p param, e config.Expr, sc *scope) (string, bool) {
	name := dotted(e)
	net, _, _ := strings.Cut(name, ".")
	switch {
	case name == "":
		ev.failf("bad-argument", e.Pos(), sc, "%s: %s is %s, found %s", fn, p.Name, p.Kind, config.String(e))
		return "", false
	case ev.nets[net] == nil && ev.values[net] == nil:
		d := ev.failf("bad-argument", e.Pos(), sc, "%s: %s names %q, which has no weights", fn, p.Name, net)
		d.Hint = diag.DidYouMean(net, sortedKeys(ev.nets))
		return "", false
	}
	return name, true
}

// dotted gives a name or a chain of members as text; "" of anything else.
func dotted(e config.Expr) string {
	switch x := e.(type) {
	case *config.Name:
		return x.Ident
	case *config.Member:
		if of := dotted(x.X); of != "" {
			return of + "." + x.Name
		}
	}
	return ""
}

// tied finds the matrix [n, in] of another layer, or [in, n], which is used transposed.
func (c *call) tied(layer string, n, in int) (w *Value, transposed bool, err error) {
	var all, fitting []*State
	for _, s := range c.b.states {
		if s.Role != Param || !strings.HasPrefix(s.Name, layer+".") || len(s.Value.Shape) != 2 {
			continue
		}
		all = append(all, s)
		if s.Value.Shape.Equal(Shape{n, in}) || s.Value.Shape.Equal(Shape{in, n}) {
			fitting = append(fitting, s)
		}
	}
	switch {
	case len(all) == 0:
		return nil, false, argf("tie: %s has no weights yet: it is called nowhere before this", layer)
	case len(fitting) == 0:
		return nil, false, shapef("", "tie: no matrix of %s is [%d,%d] or [%d,%d]: it has %s", layer, n, in, in, n, stateNames(all))
	case len(fitting) > 1:
		return nil, false, argf("tie: several matrices of %s fit: %s; name the layer, for example tie=%s", layer, stateNames(fitting), strings.TrimSuffix(fitting[0].Name, ".weight"))
	}
	return fitting[0].Value, !fitting[0].Value.Shape.Equal(Shape{n, in}), nil
}

func stateNames(states []*State) string {
	var names []string
	for _, s := range states {
		names = append(names, s.Name+" "+s.Value.Shape.String())
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
