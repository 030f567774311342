package graph

import (
	"slices"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// Feed gives a model in which the model values that args name are others, for one predict
// output: z=randn draws in z's shape, z=0 is a constant, any other expression is a tensor of
// that shape. Faults have no place in a file.
func (m *Model) Feed(output string, args []config.Arg) (fed *Model, diags diag.List, err error) {
	defer recoverBug(&err)
	c := *m
	c.feeds = map[string]config.Expr{}
	ev := newEvaluator(newBuilder(m.cfg.Seed), m.cfg, m.fields, &diags)
	for _, a := range args {
		if _, ok := ev.values[a.Name]; !ok {
			d := diags.Errorf("unknown-name", diag.Pos{}, "there is no model value %q to feed", a.Name)
			d.Hint = diag.Choices(a.Name, "model values", sortedKeys(ev.values))
			continue
		}
		c.feeds[a.Name] = a.Value
	}
	if diags.HasErrors() {
		return nil, diags, nil
	}
	ev.feeds = c.feeds
	i := slices.IndexFunc(m.cfg.Predict, func(t *config.Term) bool { return t.Name == output })
	if i < 0 {
		return nil, diags, nil
	}
	ev.predict(m.cfg.Predict[i])
	for _, name := range sortedKeys(c.feeds) {
		if !ev.values[name].used && !diags.HasErrors() {
			diags.Errorf("unused-value", diag.Pos{}, "output %q does not use %q", output, name)
		}
	}
	return &c, diags, nil
}

// feed evaluates what a model value is fed, in the shape of the value it stands for.
func (ev *evaluator) feed(name string, e config.Expr, own any) (any, bool) {
	sc := newScope("feed."+name, "feed."+name)
	sc.untrained = "nothing trains in a feed"
	shaped, isTensor := own.(*Value)
	if word, ok := e.(*config.Name); ok && isTensor && shaped.Shape.Batched() {
		switch word.Ident {
		case opRandn.Name:
			return ev.b.random(Normal, sc.stream, shaped.Shape, false), true
		case opUniform.Name:
			return ev.b.random(Uniform, sc.stream, shaped.Shape, false), true
		}
	}
	v, ok := ev.eval(e, sc, nil)
	if !ok || !isTensor {
		return v, ok
	}
	if c, isNumber := number(v); isNumber {
		ev.b.path = sc.path
		return ev.b.fill(c, shaped.Shape), true
	}
	if t, ok := v.(*Value); !ok || !t.Shape.Equal(shaped.Shape) {
		ev.failf("shape", e.Pos(), sc, "%s is %s, and it is fed %s", name, describe(own), describe(v))
		return nil, false
	}
	return v, true
}
