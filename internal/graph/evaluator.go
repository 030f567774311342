package graph

import (
	"fmt"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// A result of an expression is one of: *Value, int64, float64, bool, string (a quoted
// text), list, tuple.
type (
	list  []any // [a, b], and shapes
	tuple []any // what split gives: unpacked by `a, b: …`, of no use otherwise
)

// evaluator evaluates a config's expressions into the values of one builder. Faults go
// to diags; a method that has reported one returns ok false, and what depends on it stays
// silent, so that each mistake is told once.
type evaluator struct {
	b      *builder
	cfg    *config.Config
	fields map[string]config.Field
	diags  *diag.List

	vars     map[string]config.Value
	nets     map[string]*config.Net // nets: shared weights
	blocks   map[string]*config.Net // blocks: new weights at each use
	values   map[string]*global
	feeds    map[string]config.Expr  // what stands for model values
	defaults map[string][]config.Arg // of ops
	loss     *Value                  // the total, visible to metrics as "loss"
	// training is the phase: dropout drops, batchnorm uses the batch's statistics.
	training bool
	moved    map[*State]*Value // what the step makes of its buffers
	inMetric bool              // a metric, and no model value it uses, is being evaluated
	sets     []setSum          // what metrics need of the whole set

	calling  []string // nets and blocks being evaluated, to find recursion
	layers   int      // parameters asked for so far
	losses   lossUse
	notes    map[string]bool
	told     map[diag.Pos]bool // places of unknown names already reported
	unknown  int               // unknown names reported
	work     int               // expressions evaluated, see exhausted
	progress diag.Pos          // of its first use
	stopped  bool              // too much work: reported, nothing more is evaluated
	probes   map[string]any    // results of nets and steps by path, for Inspect; nil elsewhere
}

// global is a model value: evaluated when first used.
type global struct {
	def   *config.Def
	state evalState
	names map[string]any
	used  bool
}

type evalState uint8

const (
	untouched evalState = iota
	inProgress
	done
	faulty
)

// scope is where a body is evaluated.
type scope struct {
	path    string // YAML path, for messages: "model.encoder"
	params  string // prefix of the names of its weights: "encoder"
	stream  string // prefix of the names of its draws: one a call, where params is one a net
	locals  map[string]any
	layers  map[string]int // same-named ops with weights so far
	streams map[string]int // same-named calls with a name of their own so far
	turn    string         // of the repeats around, ".2.0": part of the names of weights and draws
	// untrained says why weights made here would never be trained; empty where they are.
	untrained string
}

func newScope(path, name string) *scope {
	return &scope{path: path, params: name, stream: name, locals: map[string]any{}, layers: map[string]int{}, streams: map[string]int{}}
}

// numbered gives name for its first use, name_2 for the second, ...
func numbered(name string, n int) string {
	if n <= 1 {
		return name
	}
	return fmt.Sprintf("%s_%d", name, n)
}

func newEvaluator(b *builder, cfg *config.Config, fields []config.Field, diags *diag.List) *evaluator {
	ev := &evaluator{
		b: b, cfg: cfg, diags: diags,
		fields:   map[string]config.Field{},
		vars:     map[string]config.Value{},
		nets:     map[string]*config.Net{},
		blocks:   map[string]*config.Net{},
		values:   map[string]*global{},
		defaults: map[string][]config.Arg{},
		notes:    map[string]bool{},
		told:     map[diag.Pos]bool{},
		moved:    map[*State]*Value{},
	}
	for _, f := range fields {
		ev.fields[f.Name] = f
	}
	for _, v := range cfg.Vars {
		ev.vars[v.Name] = v.Value
	}
	for _, d := range cfg.Defaults {
		ev.defaults[d.Op] = d.Args
	}
	for _, n := range cfg.Blocks {
		ev.blocks[n.Name] = n
	}
	for _, d := range cfg.Model {
		if d.Net != nil {
			ev.nets[d.Net.Name] = d.Net
			continue
		}
		g := &global{def: d}
		for _, name := range d.Names {
			ev.values[name] = g
		}
	}
	return ev
}

// failf reports an error at e, under the scope's path.
func (ev *evaluator) failf(code string, at diag.Pos, sc *scope, format string, args ...any) *diag.Diagnostic {
	d := ev.diags.Errorf(code, at, format, args...)
	d.Path = sc.path
	return d
}

// note records, once, something the user should know.
func (ev *evaluator) note(at diag.Pos, code, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !ev.notes[text] {
		ev.notes[text] = true
		ev.diags.Warnf(code, at, "%s", text)
	}
}

// eval evaluates e. hole is the running value that "_" stands for, nil outside a step.
func (ev *evaluator) eval(e config.Expr, sc *scope, hole any) (any, bool) {
	if ev.exhausted(e.Pos(), sc) {
		return nil, false
	}
	switch x := e.(type) {
	case *config.Number:
		if x.IsInt {
			return int64(x.Value), true
		}
		return x.Value, true
	case *config.Str:
		return x.Value, true
	case *config.Bool:
		return x.Value, true
	case *config.Hole:
		if hole == nil {
			ev.failf("hole", x.Pos(), sc, `"_" has no running value here`).Hint = `"_" is for a step of a pipeline: x -> _ + f(_)`
			return nil, false
		}
		return hole, true
	case *config.Name:
		return ev.name(x, sc)
	case *config.List:
		return ev.list(x, sc, hole)
	case *config.Unary:
		return ev.unary(x, sc, hole)
	case *config.Binary:
		return ev.binary(x, sc, hole)
	case *config.Compare:
		return ev.compare(x, sc, hole)
	case *config.Member:
		return ev.member(x, sc, hole)
	case *config.Index:
		return ev.index(x, sc, hole)
	case *config.Pipe:
		return ev.pipe(x, sc, hole)
	case *config.Call:
		return ev.call(x.Fn, x.FnPos, x.Pos(), x.Args, nil, sc, hole)
	}
	bug("%s is no expression by itself", config.String(e)) // `k in list` stands in repeat only
	return nil, false
}

func (ev *evaluator) list(x *config.List, sc *scope, hole any) (any, bool) {
	out, ok := make(list, len(x.Items)), true
	for i, item := range x.Items {
		v, good := ev.eval(item, sc, hole)
		out[i], ok = v, ok && good
	}
	if n := leaves(out, maxLeaves+1); ok && n > maxLeaves {
		ev.failf("too-large", x.Pos(), sc, "a list of lists with more than %d items in all", maxLeaves)
		return nil, false
	}
	return out, ok
}

// maxLeaves bounds a list of lists: one that holds its like twice, again and again, has no
// end to print.
const maxLeaves = 10_000

// leaves counts the items of a list and of the lists in it, up to limit.
func leaves(l list, limit int) int {
	n := 0
	for _, item := range l {
		if n >= limit {
			break
		}
		if inner, ok := item.(list); ok {
			n += leaves(inner, limit-n)
		} else {
			n++
		}
	}
	return n
}

// pipe evaluates head -> step -> step, with the shape after each step as notes of a fault.
func (ev *evaluator) pipe(p *config.Pipe, sc *scope, hole any) (any, bool) {
	running, ok := ev.eval(p.Head, sc, hole)
	if !ok {
		return nil, false
	}
	return ev.pipeline(stepText(p.Head)+" "+describe(running), p.Steps, running, sc, hole)
}

// pipeline runs steps one after another; head says what they start from.
func (ev *evaluator) pipeline(head string, steps []config.Expr, running any, sc *scope, hole any) (any, bool) {
	trace := []string{head}
	for i, step := range steps {
		before := len(ev.diags.Items)
		inner := *sc // the step's index belongs to the path of what it makes
		inner.path = fmt.Sprintf("%s[%d]", sc.path, i+1)
		var ok bool
		running, ok = ev.step(step, running, &inner, hole)
		if !ok {
			ev.showPipeline(before, trace, step, sc)
			return nil, false
		}
		ev.probe(inner.path, running)
		trace = append(trace, stepText(step)+" "+describe(running))
	}
	return running, true
}

func (ev *evaluator) step(step config.Expr, running any, sc *scope, hole any) (any, bool) {
	if hasHole(step) {
		return ev.eval(step, sc, running)
	}
	switch x := step.(type) {
	case *config.Name:
		return ev.call(x.Ident, x.Pos(), x.Pos(), nil, running, sc, hole)
	case *config.Call:
		return ev.call(x.Fn, x.FnPos, x.Pos(), x.Args, running, sc, hole)
	}
	ev.failf("pipeline", step.Pos(), sc, "%s is no step", config.String(step)).Hint = `a step is an op, a net or a block, or an expression with "_" for the running value`
	return nil, false
}

// hasHole reports whether e has a "_" of its own: one that is not in a step of a
// pipeline nested in it.
func hasHole(e config.Expr) bool {
	switch x := e.(type) {
	case *config.Hole:
		return true
	case *config.List:
		for _, i := range x.Items {
			if hasHole(i) {
				return true
			}
		}
	case *config.Unary:
		return hasHole(x.X)
	case *config.Binary:
		return hasHole(x.X) || hasHole(x.Y)
	case *config.Compare:
		return hasHole(x.X) || hasHole(x.Y)
	case *config.Member:
		return hasHole(x.X)
	case *config.Index:
		for _, s := range x.Subs {
			for _, part := range []config.Expr{s.Lo, s.Hi, s.Step} {
				if part != nil && hasHole(part) {
					return true
				}
			}
		}
		return hasHole(x.X)
	case *config.In:
		return hasHole(x.List)
	case *config.Pipe:
		return hasHole(x.Head)
	case *config.Call:
		args := x.Args
		if x.Fn == formRepeat.Name && len(args) > 1 { // its steps have holes of their own
			args = args[:len(args)-1]
		}
		for _, a := range args {
			if hasHole(a.Value) {
				return true
			}
		}
	}
	return false
}

// body evaluates locals in order, then the result.
func (ev *evaluator) body(body config.Body, sc *scope) (any, bool) {
	ok := true
	for _, l := range body.Locals {
		if l.Expr == nil { // the config has said why
			ok = false
			continue
		}
		v, good := ev.eval(l.Expr, sc, nil)
		ok = ok && good
		if !ok {
			continue
		}
		names, good := ev.unpack(l.Names, l.Pos, v, sc)
		ok = ok && good
		for name, part := range names {
			sc.locals[name] = part
		}
	}
	if !ok || body.Return == nil {
		return nil, false
	}
	return ev.eval(body.Return, sc, nil)
}

// unpack gives each of names its part of v.
func (ev *evaluator) unpack(names []string, at diag.Pos, v any, sc *scope) (map[string]any, bool) {
	if len(names) == 1 {
		if t, ok := v.(tuple); ok {
			ev.failf("unpack", at, sc, "%q is given %d values", names[0], len(t)).Hint = "name each one: `a, b: …`"
			return nil, false
		}
		return map[string]any{names[0]: v}, true
	}
	if l, isList := v.(list); isList { // return: [mu, logvar]
		v = tuple(l)
	}
	t, ok := v.(tuple)
	if !ok || len(t) != len(names) {
		found := 1
		if ok {
			found = len(t)
		}
		ev.failf("unpack", at, sc, "%d names for %d value(s)", len(names), found)
		return nil, false
	}
	out := map[string]any{}
	for i, name := range names {
		out[name] = t[i]
	}
	return out, true
}

// describe is a value's shape or, for a constant, the constant.
func describe(v any) string {
	switch x := v.(type) {
	case *Value:
		return userShapeString(userShape(x))
	case tuple:
		parts := make([]string, len(x))
		for i, p := range x {
			parts[i] = describe(p)
		}
		return strings.Join(parts, " and ")
	}
	return fmt.Sprint(v)
}

// userShape is the shape as the user writes it: without the batch axis.
func userShape(v *Value) []int {
	if v.Shape.Batched() {
		return v.Shape[1:]
	}
	return v.Shape
}

func userShapeString(s []int) string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = fmt.Sprint(d)
	}
	return "[" + strings.Join(parts, ",") + "]"
}
