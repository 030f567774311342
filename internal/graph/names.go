package graph

import (
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// name resolves a bare word: local, model value, var, data field; an op's or net's name
// alone is no value.
func (ev *evaluator) name(n *config.Name, sc *scope) (any, bool) {
	if v, ok := ev.lookup(n.Ident, n.Pos(), sc); ok {
		return v, v != nil
	}
	switch {
	case ev.callable(n.Ident):
		ev.failf("no-value", n.Pos(), sc, "%q is no value by itself", n.Ident).Hint = "call it: " + n.Ident + "(x), or as a step: x -> " + n.Ident
	case isLaterOp(n.Ident):
		ev.failf("not-built-yet", n.Pos(), sc, "%q is part of the language but not built yet", n.Ident)
	default:
		ev.unknownName(n, sc)
	}
	return nil, false
}

// lookup finds a name's value. found with a nil value means a fault already reported.
func (ev *evaluator) lookup(name string, at diag.Pos, sc *scope) (v any, found bool) {
	if v, ok := sc.locals[name]; ok {
		return v, true
	}
	if g, ok := ev.values[name]; ok {
		return ev.global(g, name, at, sc), true
	}
	if v, ok := ev.vars[name]; ok {
		return fromConfig(v), true
	}
	if f, ok := ev.fields[name]; ok {
		return ev.field(f), true
	}
	if name == "loss" && ev.loss != nil {
		return ev.loss, true
	}
	if v := ev.runtime(name, at); v != nil {
		return v, true
	}
	return nil, false
}

// global evaluates a model value at its first use.
func (ev *evaluator) global(g *global, name string, at diag.Pos, sc *scope) any {
	g.used = true
	switch g.state {
	case done:
		return g.names[name]
	case faulty:
		return nil
	case inProgress:
		ev.failf("cycle", at, sc, "%q is defined in terms of itself", name).Hint = "it was being evaluated at " + g.def.Pos.String()
		g.state = faulty
		return nil
	}
	g.state = inProgress
	full := g.def.Names[0]
	for _, n := range g.def.Names[1:] {
		full += "_" + n
	}
	inner := newScope("model."+full, full)
	metric := ev.inMetric
	ev.inMetric = false
	v, ok := ev.body(g.def.Body, inner)
	ev.inMetric = metric
	if ok && g.state == inProgress {
		g.names, ok = ev.unpack(g.def.Names, g.def.Pos, v, inner)
	}
	if !ok || g.state == faulty {
		g.state = faulty
		return nil
	}
	for _, n := range g.def.Names {
		if e, fed := ev.feeds[n]; fed && ok {
			g.names[n], ok = ev.feed(n, e, g.names[n])
		}
	}
	if !ok {
		g.state = faulty
		return nil
	}
	g.state = done
	return g.names[name]
}

func (ev *evaluator) field(f config.Field) *Value {
	dtype := F32
	if f.Int {
		dtype = I32
	}
	return ev.b.input(f.Name, dtype, append(Shape{-1}, f.Shape...))
}

// member evaluates x.name, a compile-time constant.
func (ev *evaluator) member(m *config.Member, sc *scope, hole any) (any, bool) {
	var consts map[string]int
	if n, ok := m.X.(*config.Name); ok {
		if f, ok := ev.fields[n.Ident]; ok {
			consts = f.Consts
		}
	}
	x, ok := ev.eval(m.X, sc, hole)
	if !ok {
		return nil, false
	}
	if c, ok := consts[m.Name]; ok {
		return int64(c), true
	}
	v, ok := x.(*Value)
	if !ok {
		ev.failf("no-member", m.Pos(), sc, "%s has no .%s: it is %s, no tensor", config.String(m.X), m.Name, describe(x))
		return nil, false
	}
	shape := userShape(v)
	switch m.Name {
	case "shape":
		out := make(list, len(shape))
		for i, d := range shape {
			out[i] = int64(d)
		}
		return out, true
	case "size":
		n := int64(1)
		for _, d := range shape {
			n *= int64(d)
		}
		return n, true
	case "channels":
		if len(shape) > 0 {
			return int64(v.Shape[featureAxis(v)]), true
		}
	}
	d := ev.failf("no-member", m.Pos(), sc, "%s has no constant %q", config.String(m.X), m.Name)
	known := append([]string{"shape", "size", "channels"}, sortedKeys(consts)...)
	if s := diag.Suggest(m.Name, known); s != "" {
		d.Hint = "did you mean ." + s + "?"
	}
	d.Hint = join(d.Hint, "(it has: "+strings.Join(known, ", ")+")")
	return nil, false
}

// visible lists the names that could have been meant at a place.
func (ev *evaluator) visible(sc *scope) []string {
	names := append(sortedKeys(sc.locals), sortedKeys(ev.values)...)
	names = append(names, sortedKeys(ev.vars)...)
	return append(names, sortedKeys(ev.fields)...)
}

func (ev *evaluator) callable(name string) bool {
	_, net := ev.nets[name]
	_, block := ev.blocks[name]
	return net || block || findForm(name) != nil || findOp(name) != nil
}

// reserved reports whether a name is the language's own: nothing may be called so.
func reserved(name string) bool {
	return findOp(name) != nil || findForm(name) != nil || isRuntime(name) || isLaterOp(name)
}

// callables lists what can be called.
func (ev *evaluator) callables() []string {
	names := append(sortedKeys(ev.nets), sortedKeys(ev.blocks)...)
	for _, f := range forms {
		names = append(names, f.Name)
	}
	for _, op := range ops {
		names = append(names, op.Name)
	}
	return names
}

// checkShadowing reports names that hide an op or an outer name.
func (ev *evaluator) checkShadowing() {
	sc := &scope{}
	report := func(kind, name string, at diag.Pos) {
		if reserved(name) {
			sc.path = kind + "." + name
			ev.failf("shadowed", at, sc, "%s %q has the name of an op", kind, name).Hint = "call it otherwise"
		}
	}
	for _, v := range ev.cfg.Vars {
		report("vars", v.Name, v.Pos)
		if _, ok := ev.fields[v.Name]; ok {
			sc.path = "vars." + v.Name
			ev.failf("shadowed", v.Pos, sc, "var %q hides a data field of that name", v.Name).Hint = "call it otherwise"
		}
	}
	for _, n := range ev.cfg.Blocks {
		report("blocks", n.Name, n.Pos)
	}
	for _, d := range ev.cfg.Model {
		names := d.Names
		if d.Net != nil {
			names = []string{d.Net.Name}
		}
		for _, name := range names {
			report("model", name, d.Pos)
			sc.path = "model." + name
			if _, ok := ev.vars[name]; ok {
				ev.failf("shadowed", d.Pos, sc, "%q is both a var and a model name", name).Hint = "call one of them otherwise"
			}
			if _, ok := ev.fields[name]; ok {
				ev.failf("shadowed", d.Pos, sc, "%q is both a data field and a model name", name).Hint = "call the model's otherwise"
			}
			if _, ok := ev.blocks[name]; ok {
				ev.failf("shadowed", d.Pos, sc, "%q is both a block and a model name", name).Hint = "call one of them otherwise"
			}
		}
	}
}

// fromConfig turns a var's value into a result.
func fromConfig(v config.Value) any {
	if items, ok := v.([]config.Value); ok {
		out := make(list, len(items))
		for i, x := range items {
			out[i] = fromConfig(x)
		}
		return out
	}
	return v
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "  " + b
}
