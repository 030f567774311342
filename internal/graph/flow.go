package graph

import (
	"fmt"
	"maps"
	"slices"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// form is a callable whose arguments are not all evaluated before it: the language's
// control flow, gone when the graph is built. How each is built says buildForm.
type form struct {
	Name, Doc string
	Args      []param // for the reference: a form judges its arguments itself
}

// forms is the table.
var forms = []*form{formIf, formRepeat}

func findForm(name string) *form {
	for _, f := range forms {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// formCall is one use of a form.
type formCall struct {
	at       diag.Pos
	args     []config.Arg
	implicit any
	sc       *scope
	hole     any
}

func (ev *evaluator) buildForm(form *form, f *formCall) (any, bool) {
	if form == formIf {
		return ev.choose(f)
	}
	return ev.repeatCall(f)
}

var formIf = &form{
	Name: "if", Doc: "a where cond holds, else b; only that one is built. cond is a compile-time constant",
	Args: []param{{Name: "cond", Kind: boolArg}, {Name: "a", Kind: anyArg}, {Name: "b", Kind: anyArg}},
}

func (ev *evaluator) choose(f *formCall) (any, bool) {
	if f.implicit != nil {
		ev.failf("pipeline", f.at, f.sc, "if is no step: its branches are expressions").Hint = "write if(c, _ -> f, _)"
		return nil, false
	}
	args, ok := ev.formArgs(formIf, f)
	if !ok {
		return nil, false
	}
	v, ok := ev.eval(args[0], f.sc, f.hole)
	if !ok {
		return nil, false
	}
	cond, isBool := v.(bool)
	if !isBool {
		d := ev.failf("bad-argument", args[0].Pos(), f.sc, "if: cond is true or false when the graph is built, found %s", describe(v))
		if _, isTensor := v.(*Value); isTensor {
			d.Text = "if: cond is decided when the graph is built, and this is a tensor"
			d.Hint = "a choice by element is arithmetic: c*a + (1-c)*b, with c a comparison"
		}
		return nil, false
	}
	if cond {
		return ev.eval(args[1], f.sc, f.hole)
	}
	return ev.eval(args[2], f.sc, f.hole)
}

// formArgs gives a form's arguments in the order of its parameters.
func (ev *evaluator) formArgs(form *form, f *formCall) ([]config.Expr, bool) {
	out := make([]config.Expr, len(form.Args))
	for i, a := range f.args {
		at := i
		if a.Name != "" {
			if at = slices.IndexFunc(form.Args, func(p param) bool { return p.Name == a.Name }); at < 0 {
				ev.unknownArgument(form.Name, form.Args, a, f.sc)
				return nil, false
			}
		}
		if at >= len(out) {
			ev.failf("too-many-arguments", a.Value.Pos(), f.sc, "%s takes %d argument(s)", form.Name, len(out))
			return nil, false
		}
		if out[at] != nil {
			ev.failf("argument-twice", a.Value.Pos(), f.sc, "%s: argument %q is given twice", form.Name, form.Args[at].Name)
			return nil, false
		}
		out[at] = a.Value
	}
	for i, e := range out {
		if e == nil {
			ev.failf("missing-argument", f.at, f.sc, "%s needs %s %q", form.Name, form.Args[i].Kind, form.Args[i].Name)
			return nil, false
		}
	}
	return out, true
}

// maxRepeats bounds one repeat; maxWork bounds all of them together, nested.
const maxRepeats = 10_000

var formRepeat = &form{
	Name: "repeat", Doc: "the steps n times, or once for each item of a list: x -> repeat(k in [64, 128], dense(k) -> relu). Each turn has weights of its own, named by its index; of a net, the shared ones",
	Args: []param{{Name: "n", Kind: intArg, Doc: "a number of turns, or `k in list`"}, {Name: "steps", Kind: anyArg, Doc: "steps, not evaluated before"}},
}

func (ev *evaluator) repeatCall(f *formCall) (any, bool) {
	running := f.implicit
	if running == nil { // repeat(x, n, steps), the same as x -> repeat(n, steps)
		if len(f.args) != 3 || f.args[0].Name != "" || isIn(f.args[0].Value) {
			ev.failf("pipeline", f.at, f.sc, "repeat needs a value to start from").Hint = "it is a step: x -> repeat(n, steps)"
			return nil, false
		}
		var ok bool
		if running, ok = ev.eval(f.args[0].Value, f.sc, f.hole); !ok {
			return nil, false
		}
		g := *f
		g.args, f = f.args[1:], &g
	}
	args, ok := ev.formArgs(formRepeat, f)
	if !ok {
		return nil, false
	}
	turns, name, ok := ev.turns(args[0], f.sc, f.hole)
	if !ok {
		return nil, false
	}
	return ev.repeat(turns, name, args[1], running, f)
}

func isIn(e config.Expr) bool { _, ok := e.(*config.In); return ok }

// turns gives what the loop's name is in each turn; name is "" where only their number
// is given.
func (ev *evaluator) turns(e config.Expr, sc *scope, hole any) (turns list, name string, ok bool) {
	of := e
	in, each := e.(*config.In)
	if each {
		name, of = in.Var, in.List
		if reserved(name) {
			ev.failf("shadowed", in.Pos(), sc, "repeat's name %q is an op's", name).Hint = "call it otherwise"
			return nil, "", false
		}
	}
	v, ok := ev.eval(of, sc, hole)
	if !ok {
		return nil, "", false
	}
	items, isList := v.(list)
	n, isInt := v.(int64)
	switch {
	case each && !isList:
		ev.failf("bad-argument", of.Pos(), sc, "repeat: %s runs over a list, found %s", name, describe(v))
		return nil, "", false
	case !each && (!isInt || n < 0):
		d := ev.failf("bad-argument", of.Pos(), sc, "repeat: n is a whole number from 0, found %s", describe(v))
		if isList {
			d.Hint = "name the item: repeat(k in " + config.String(of) + ", steps)"
		}
		return nil, "", false
	case !each && n > maxRepeats || len(items) > maxRepeats:
		ev.failf("too-large", of.Pos(), sc, "repeat: at most %d turns, found %d", maxRepeats, max(n, int64(len(items))))
		return nil, "", false
	case !each:
		items = make(list, n)
	}
	return items, name, true
}

// repeat runs the steps turn after turn. The same call of the file has the same number in
// each turn, so that what follows is named alike however many there are.
func (ev *evaluator) repeat(turns list, name string, steps config.Expr, running any, f *formCall) (any, bool) {
	layers, streams := maps.Clone(f.sc.layers), maps.Clone(f.sc.streams)
	for i, item := range turns {
		inner := *f.sc
		inner.turn = fmt.Sprintf("%s.%d", f.sc.turn, i)
		inner.layers, inner.streams = maps.Clone(layers), maps.Clone(streams)
		if name != "" {
			inner.locals = maps.Clone(f.sc.locals)
			inner.locals[name] = item
		}
		var ok bool
		if running, ok = ev.steps(steps, running, &inner, f.hole); !ok {
			return nil, false
		}
		atLeast(f.sc.layers, inner.layers)
		atLeast(f.sc.streams, inner.streams)
	}
	return running, true
}

// atLeast raises counts to those of other.
func atLeast(counts, other map[string]int) {
	for k, n := range other {
		counts[k] = max(counts[k], n)
	}
}

// steps runs an expression of steps, none of which is a head.
func (ev *evaluator) steps(e config.Expr, running any, sc *scope, hole any) (any, bool) {
	p, ok := e.(*config.Pipe)
	if !ok {
		return ev.step(e, running, sc, hole)
	}
	all := append([]config.Expr{p.Head}, p.Steps...)
	return ev.pipeline(describe(running), all, running, sc, hole)
}

// maxWork bounds the parts of expressions evaluated for one config, and maxValues the
// values of a program, so that nested repeats and blocks of a hostile file end. The fuzzer
// lowers them, to try many files and not a few large ones.
var (
	maxWork   = 200_000
	maxValues = 20_000
)

// exhausted counts work, and reports once where there is too much of it.
func (ev *evaluator) exhausted(at diag.Pos, sc *scope) bool {
	ev.work++
	if ev.work <= maxWork && len(ev.b.values) <= maxValues {
		return false
	}
	if !ev.stopped {
		ev.stopped = true
		ev.failf("too-large", at, sc, "the model has more than %d values: its repeats and blocks multiply", maxValues)
	}
	return true
}
