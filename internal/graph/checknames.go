package graph

import (
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// checkNames looks up every bare name of the file before anything is evaluated, so that a
// mistyped one is told even where evaluation never reaches it: in a net that nothing could
// call, or after another fault.
func (ev *evaluator) checkNames() {
	globals := map[string]bool{"loss": true}
	for name := range ev.values {
		globals[name] = true
	}
	for name := range ev.vars {
		globals[name] = true
	}
	for name := range ev.fields {
		globals[name] = true
	}
	w := &nameWalk{ev: ev, globals: globals}
	for _, n := range ev.cfg.Blocks {
		w.net(n)
	}
	for _, d := range ev.cfg.Model {
		if d.Net != nil {
			w.net(d.Net)
			continue
		}
		w.body(d.Body, d.Path, map[string]bool{})
	}
	for _, terms := range [][]*config.Term{ev.cfg.Loss, ev.cfg.Metrics, ev.cfg.Predict} {
		for _, t := range terms {
			w.expr(t.Expr, &nameScope{path: t.Path})
		}
	}
	for _, o := range ev.cfg.Optimizers {
		if o.Minimize != nil {
			w.expr(o.Minimize.Expr, &nameScope{path: o.Minimize.Path})
		}
	}
}

type nameWalk struct {
	ev      *evaluator
	globals map[string]bool
}

// nameScope is where a name stands.
type nameScope struct {
	path   string
	locals map[string]bool
}

func (w *nameWalk) net(n *config.Net) {
	locals := map[string]bool{}
	for _, p := range n.Params {
		w.expr(p.Default, &nameScope{n.Path, locals})
		locals[p.Name] = true
	}
	w.body(n.Body, n.Path, locals)
}

func (w *nameWalk) body(b config.Body, path string, locals map[string]bool) {
	sc := &nameScope{path, locals}
	for _, l := range b.Locals {
		w.expr(l.Expr, sc)
		for _, name := range l.Names {
			locals[name] = true
		}
	}
	w.expr(b.Return, sc)
}

// expr checks the names that stand for values; those of steps and calls are judged when
// they are called, words of enums not at all.
func (w *nameWalk) expr(e config.Expr, sc *nameScope) {
	switch x := e.(type) {
	case *config.Name:
		w.name(x, sc)
	case *config.List:
		for _, i := range x.Items {
			w.expr(i, sc)
		}
	case *config.Unary:
		w.expr(x.X, sc)
	case *config.Binary:
		w.expr(x.X, sc)
		w.expr(x.Y, sc)
	case *config.Compare:
		w.expr(x.X, sc)
		w.expr(x.Y, sc)
	case *config.Member:
		w.expr(x.X, sc)
	case *config.Index:
		w.expr(x.X, sc)
		for _, s := range x.Subs {
			w.expr(s.Lo, sc)
			w.expr(s.Hi, sc)
			w.expr(s.Step, sc)
		}
	case *config.Pipe:
		w.expr(x.Head, sc)
		for _, s := range x.Steps {
			w.step(s, sc)
		}
	case *config.Call:
		w.call(x, sc)
	}
}

func (w *nameWalk) call(c *config.Call, sc *nameScope) {
	switch c.Fn {
	case formIf.Name:
		for _, a := range c.Args {
			w.expr(a.Value, sc)
		}
		return
	case formRepeat.Name:
		w.repeat(c, sc)
		return
	}
	spec := findOp(c.Fn)
	known := spec != nil || w.ev.nets[c.Fn] != nil || w.ev.blocks[c.Fn] != nil
	if !known { // its arguments may be words that only it knows
		return
	}
	for i, a := range c.Args {
		if spec != nil && spec.takesWord(a.Name, i) {
			continue
		}
		w.expr(a.Value, sc)
	}
}

// repeat checks its steps with the loop's name as a local.
func (w *nameWalk) repeat(c *config.Call, sc *nameScope) {
	for i, a := range c.Args {
		in, isIn := a.Value.(*config.In)
		switch {
		case isIn:
			w.expr(in.List, sc)
			inner := &nameScope{sc.path, map[string]bool{in.Var: true}}
			for name := range sc.locals {
				inner.locals[name] = true
			}
			sc = inner
		case i == len(c.Args)-1:
			w.step(a.Value, sc)
		default:
			w.expr(a.Value, sc)
		}
	}
}

// step checks a step, or steps without a head; a bare word is what is called.
func (w *nameWalk) step(e config.Expr, sc *nameScope) {
	if p, ok := e.(*config.Pipe); ok {
		w.step(p.Head, sc)
		for _, s := range p.Steps {
			w.step(s, sc)
		}
		return
	}
	if _, bare := e.(*config.Name); !bare {
		w.expr(e, sc)
	}
}

// takesWord reports whether an argument, by name or place, is a word of an enum. The
// implicit argument of a step shifts places by one: both places count.
func (s *opSpec) takesWord(name string, place int) bool {
	for i, p := range s.Params {
		if (p.Kind == enumArg || p.Kind == initArg || p.Kind == layerArg) && (p.Name == name || name == "" && (i == place || i == place+1)) {
			return true
		}
	}
	return false
}

func (w *nameWalk) name(n *config.Name, sc *nameScope) {
	if sc.locals[n.Ident] || w.globals[n.Ident] || w.ev.callable(n.Ident) || reserved(n.Ident) {
		return
	}
	s := &scope{path: sc.path, locals: map[string]any{}}
	for l := range sc.locals {
		s.locals[l] = nil
	}
	w.ev.unknownName(n, s)
	w.ev.told[n.Pos()] = true
}

// fieldsUnknown is true of data from a source that is none: any name may be a field's.
func (ev *evaluator) fieldsUnknown() bool { return ev.cfg.Data != nil && len(ev.fields) == 0 }

// maxSuggested is for how many unknown names the nearest known one is sought: each is
// compared with every name of the file.
const maxSuggested = 100

// unknownName reports a name that stands for nothing, once a place.
func (ev *evaluator) unknownName(n *config.Name, sc *scope) {
	if ev.told[n.Pos()] && n.Pos() != (diag.Pos{}) {
		return
	}
	if ev.fieldsUnknown() {
		return
	}
	d := ev.failf("unknown-name", n.Pos(), sc, "unknown name %q", n.Ident)
	if ev.unknown++; ev.unknown > maxSuggested {
		return
	}
	d.Hint = diag.DidYouMean(n.Ident, ev.visible(sc))
	if len(ev.fields) > 0 && ev.cfg.Data != nil {
		d.Hint = join(d.Hint, "(data."+ev.cfg.Data.Source+" gives: "+strings.Join(sortedKeys(ev.fields), ", ")+")")
	}
}
