package graph

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// call evaluates f(args), or x -> f(args) with x as the implicit first argument.
func (ev *evaluator) call(fn string, fnPos, at diag.Pos, args []config.Arg, implicit any, sc *scope, hole any) (any, bool) {
	if ev.exhausted(at, sc) {
		return nil, false
	}
	if net, ok := ev.nets[fn]; ok {
		inner := newScope(net.Path, net.Name)
		inner.stream = sc.stream + "." + sc.numberedStream(fn)
		return ev.callNet(net, inner, fnPos, args, implicit, sc, hole)
	}
	if block, ok := ev.blocks[fn]; ok {
		label := numbered(fn, sc.layers[fn]+1) + sc.turn
		inner := newScope(block.Path, sc.params+"."+label)
		inner.stream = sc.stream + "." + sc.numberedStream(fn)
		inner.untrained = sc.untrained
		before := ev.layers
		v, ok := ev.callNet(block, inner, fnPos, args, implicit, sc, hole)
		if ev.layers > before { // numbered only among those with weights
			sc.layers[fn]++
		}
		return v, ok
	}
	if f := findForm(fn); f != nil {
		return ev.buildForm(f, &formCall{at, args, implicit, sc, hole})
	}
	if spec := findOp(fn); spec != nil {
		return ev.callOp(spec, at, args, implicit, sc, hole)
	}
	if isLaterOp(fn) {
		ev.failf("not-built-yet", fnPos, sc, "%q is part of the language but not built yet", fn)
		return nil, false
	}
	d := ev.failf("unknown-op", fnPos, sc, "unknown op, net or block %q", fn)
	if _, isValue := ev.lookup(fn, fnPos, sc); isValue {
		d.Code, d.Text = "not-callable", fmt.Sprintf("%q is a value: it cannot be called or be a step", fn)
	} else {
		d.Hint = diag.DidYouMean(fn, ev.callables())
	}
	return nil, false
}

// numberedStream names a call whose draws must differ from those of its like.
func (sc *scope) numberedStream(name string) string {
	sc.streams[name]++
	return numbered(name, sc.streams[name]) + sc.turn
}

func (ev *evaluator) callNet(net *config.Net, inner *scope, at diag.Pos, args []config.Arg, implicit any, sc *scope, hole any) (any, bool) {
	if slices.Contains(ev.calling, net.Name) {
		ev.failf("recursion", at, sc, "%q calls itself", net.Name).Hint = "a net is a fixed computation: there is no recursion"
		return nil, false
	}
	params := make([]param, len(net.Params))
	for i, p := range net.Params {
		params[i] = param{Name: p.Name, Kind: anyArg, Optional: p.Default != nil}
	}
	bound, ok := ev.bind(net.Name, params, at, args, nil, implicit, sc, hole)
	if !ok {
		return nil, false
	}
	for _, p := range net.Params {
		if v, given := bound[p.Name]; given {
			inner.locals[p.Name] = v.value
		} else if inner.locals[p.Name], ok = ev.eval(p.Default, inner, nil); !ok {
			return nil, false
		}
	}
	ev.calling = append(ev.calling, net.Name)
	defer func() { ev.calling = ev.calling[:len(ev.calling)-1] }()
	v, ok := ev.body(net.Body, inner)
	if ok {
		ev.probe(net.Path, v)
	}
	return v, ok
}

// argKind is what an op takes in a place.
type argKind uint8

const (
	anyArg     argKind = iota
	tensorArg          // a tensor, or a number that becomes one
	numberArg          // a constant number
	intArg             // a constant whole number
	boolArg            // a constant truth value
	enumArg            // one of Enum, written as a bare word
	dimsArg            // whole numbers or lists of them, all that is left: a shape
	intsArg            // the same, from any number on: axes
	pairArg            // a whole number or a list of two: along height and width
	tensorsArg         // tensors, all that is left
	initArg            // how a weight starts: a name, a call or a number
	textArg            // a quoted text
	layerArg           // a net, or one layer of it: wte, decoder.dense_2
)

// variadic holds for kinds that take all arguments that are left.
func (k argKind) variadic() bool { return k == dimsArg || k == intsArg || k == tensorsArg }

func (k argKind) String() string {
	return [...]string{"a value", "a tensor", "a number", "a whole number", "true or false", "a word", "a shape", "whole numbers", "a whole number or a list of two", "tensors", "an initializer", "a text", "a net or a layer of one"}[k]
}

// param is one parameter of an op.
type param struct {
	Name     string
	Kind     argKind
	Optional bool
	Default  any      // what Optional gives; nil leaves it to the op
	Enum     []string // enumArg
	Doc      string
}

type boundArg struct {
	value any
	at    diag.Pos
}

// bind pairs arguments with parameters and evaluates them; defaults fill what is not given.
func (ev *evaluator) bind(fn string, params []param, at diag.Pos, args, defaults []config.Arg, implicit any, sc *scope, hole any) (map[string]boundArg, bool) {
	bound, ok := map[string]boundArg{}, true
	next := 0
	if implicit != nil {
		if v, good := ev.coerce(fn, params[0], implicit, at, sc); good {
			bound[params[0].Name] = boundArg{v, at}
		} else {
			ok = false
		}
		if !params[0].Kind.variadic() {
			next = 1
		}
	}
	for _, a := range args {
		var p param
		switch {
		case a.Name != "":
			i := slices.IndexFunc(params, func(p param) bool { return p.Name == a.Name })
			if i < 0 {
				ev.unknownArgument(fn, params, a, sc)
				ok = false
				continue
			}
			p = params[i]
		case next < len(params):
			p = params[next]
			if !p.Kind.variadic() {
				next++
			}
		default:
			ev.failf("too-many-arguments", a.Value.Pos(), sc, "%s takes %d argument(s)", fn, len(params))
			return nil, false
		}
		old, again := bound[p.Name]
		if again && !p.Kind.variadic() {
			ev.failf("argument-twice", a.Value.Pos(), sc, "%s: argument %q is given twice", fn, p.Name)
			ok = false
			continue
		}
		v, good := ev.argument(fn, p, a.Value, sc, hole)
		if !good {
			ok = false
			continue
		}
		if again {
			v = append(old.value.(list), v.(list)...)
		}
		bound[p.Name] = boundArg{v, a.Value.Pos()}
	}
	for _, d := range defaults {
		i := slices.IndexFunc(params, func(p param) bool { return p.Name == d.Name })
		if _, given := bound[d.Name]; given || i < 0 {
			continue // what no argument is called, checkDefaults has told
		}
		if v, good := ev.argument(fn, params[i], d.Value, newScope("defaults."+fn, "defaults"), nil); good {
			bound[d.Name] = boundArg{v, d.Value.Pos()}
		}
	}
	for _, p := range params {
		if _, given := bound[p.Name]; !given && !p.Optional && ok {
			ev.failf("missing-argument", at, sc, "%s needs %s %q", fn, p.Kind, p.Name)
			ok = false
		}
	}
	return bound, ok
}

func (ev *evaluator) unknownArgument(fn string, params []param, a config.Arg, sc *scope) {
	if op := findOp(fn); op != nil && (op.Group == "loss" || op.Group == "metric") && slices.Contains(laterArguments, a.Name) {
		ev.failf("not-built-yet", a.NamePos, sc, "%s: %q is part of the language but not built yet", fn, a.Name)
		return
	}
	d := ev.failf("unknown-argument", a.NamePos, sc, "%s has no argument %q", fn, a.Name)
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name
	}
	d.Hint = diag.Choices(a.Name, "it takes", names)
}

// argument evaluates one argument for a parameter.
func (ev *evaluator) argument(fn string, p param, e config.Expr, sc *scope, hole any) (any, bool) {
	if p.Kind == enumArg {
		word := ""
		switch x := e.(type) {
		case *config.Name:
			word = x.Ident
		case *config.Str:
			word = x.Value
		}
		if !slices.Contains(p.Enum, word) {
			d := ev.failf("bad-argument", e.Pos(), sc, "%s: %s is one of %s, found %s", fn, p.Name, strings.Join(p.Enum, ", "), config.String(e))
			if s := diag.Suggest(word, p.Enum); s != "" {
				d.Hint = "did you mean " + s + "?"
			}
			return nil, false
		}
		return word, true
	}
	switch p.Kind {
	case initArg:
		return ev.initOf(fn, e, sc, hole)
	case layerArg:
		return ev.layerName(fn, p, e, sc)
	}
	v, ok := ev.eval(e, sc, hole)
	if !ok {
		return nil, false
	}
	return ev.coerce(fn, p, v, e.Pos(), sc)
}

// coerce checks a value against a parameter's kind.
func (ev *evaluator) coerce(fn string, p param, v any, at diag.Pos, sc *scope) (any, bool) {
	switch p.Kind {
	case anyArg:
		return v, true
	case tensorArg:
		if t, ok := v.(*Value); ok {
			return t, true
		}
		if c, ok := number(v); ok {
			ev.b.path = sc.path
			return ev.b.fill(c, Shape{}), true
		}
	case numberArg:
		if c, ok := number(v); ok {
			return c, true
		}
	case intArg:
		if n, ok := v.(int64); ok {
			return n, true
		}
	case boolArg:
		if b, ok := v.(bool); ok {
			return b, true
		}
	case pairArg:
		items, isList := v.(list)
		if !isList {
			items = list{v, v}
		}
		if len(items) == 2 {
			_, first := items[0].(int64)
			_, second := items[1].(int64)
			if first && second {
				return items, true
			}
		}
	case textArg:
		if s, ok := v.(string); ok {
			return s, true
		}
	case tensorsArg:
		return ev.tensorList(fn, p, v, at, sc)
	case dimsArg, intsArg:
		items, isList := v.(list)
		if !isList {
			items = list{v}
		}
		for _, d := range items {
			n, ok := d.(int64)
			switch {
			case ok && p.Kind == intsArg && n >= -maxDim && n <= maxDim, ok && n >= 1 && n <= maxDim:
			case p.Kind == intsArg:
				ev.failf("bad-argument", at, sc, "%s: %s is %s, found %s", fn, p.Name, p.Kind, describe(v))
				return nil, false
			default:
				ev.failf("bad-argument", at, sc, "%s: a shape is whole numbers from 1, found %s", fn, describe(v))
				return nil, false
			}
		}
		return items, true
	}
	ev.failf("bad-argument", at, sc, "%s: %s is %s, found %s", fn, p.Name, p.Kind, describe(v))
	return nil, false
}

// tensorList makes what was given in one place a list of tensors.
func (ev *evaluator) tensorList(fn string, p param, v any, at diag.Pos, sc *scope) (any, bool) {
	items := list{v}
	switch x := v.(type) {
	case list:
		items = x
	case tuple:
		items = list(x)
	}
	for _, x := range items {
		if _, ok := x.(*Value); !ok {
			ev.failf("bad-argument", at, sc, "%s takes %s, found %s", fn, p.Kind, describe(x))
			return nil, false
		}
	}
	return items, len(items) > 0
}

// maxDim bounds an axis; products of several are checked where they are made.
const maxDim = 1 << 24

// call is one use of an op, its arguments checked against its parameters.
type call struct {
	ev   *evaluator
	b    *builder
	sc   *scope
	spec *opSpec
	at   diag.Pos
	args map[string]boundArg
	name string // of its weights: "dense_2"; set at the first weight
}

// userError is a fault of the config that an op found.
type userError struct {
	code, text, hint string
	at               diag.Pos // of the argument at fault; none where it is the call
}

func (e *userError) Error() string { return e.text }

// shapef is the fault of shapes that do not fit.
func shapef(hint, format string, args ...any) error {
	return &userError{code: "shape", text: fmt.Sprintf(format, args...), hint: hint}
}

// argf is the fault of an argument's value.
func argf(format string, args ...any) error {
	return &userError{code: "bad-argument", text: fmt.Sprintf(format, args...)}
}

func (ev *evaluator) callOp(spec *opSpec, at diag.Pos, args []config.Arg, implicit any, sc *scope, hole any) (any, bool) {
	bound, ok := ev.bind(spec.Name, spec.Params, at, args, ev.defaults[spec.Name], implicit, sc, hole)
	if !ok {
		return nil, false
	}
	c := &call{ev: ev, b: ev.b, sc: sc, spec: spec, at: at, args: bound}
	ev.b.path = sc.path + "." + spec.Name
	v, err := spec.Build(c)
	var user *userError
	if errors.As(err, &user) {
		if user.at.IsValid() {
			at = user.at
		}
		ev.failf(user.code, at, sc, "%s: %s", spec.Name, user.text).Hint = user.hint
		return nil, false
	}
	if err != nil {
		bug("%s: %v", spec.Name, err)
	}
	return v, true
}

// given reports whether an argument was written; the accessors below give its value or
// its default.
func (c *call) given(name string) bool { _, ok := c.args[name]; return ok }

func (c *call) arg(name string) any {
	if a, ok := c.args[name]; ok {
		return a.value
	}
	for _, p := range c.spec.Params {
		if p.Name == name {
			return p.Default
		}
	}
	panic(bugError{c.spec.Name + " has no parameter " + name})
}

func (c *call) tensor(name string) *Value { return c.arg(name).(*Value) }
func (c *call) tensors(name string) (out []*Value) {
	for _, v := range c.arg(name).(list) {
		out = append(out, v.(*Value))
	}
	return out
}
func (c *call) number(name string) float64 { return c.arg(name).(float64) }

// positive is a number above 0.
func (c *call) positive(name string) (float64, error) {
	v := c.number(name)
	if !(v > 0) || math.IsInf(v, 0) {
		return 0, argf("%s is %v: it must be above 0", name, v)
	}
	return v, nil
}

// pair is along height and width.
func (c *call) pair(name string) [2]int {
	if n, ok := c.arg(name).(int64); ok { // a default
		return [2]int{int(n), int(n)}
	}
	p := c.dims(name)
	return [2]int{p[0], p[1]}
}

// has reports whether the op takes an argument.
func (c *call) has(name string) bool {
	return slices.ContainsFunc(c.spec.Params, func(p param) bool { return p.Name == name })
}
func (c *call) integer(name string) int  { return int(c.arg(name).(int64)) }
func (c *call) boolean(name string) bool { return c.arg(name).(bool) }
func (c *call) enum(name string) string  { return c.arg(name).(string) }
func (c *call) dims(name string) (s []int) {
	items, _ := c.arg(name).(list)
	for _, d := range items {
		s = append(s, int(d.(int64)))
	}
	return s
}

// weight is a trained tensor of this call: the same one at each call of the same net.
func (c *call) weight(tensor string, shape Shape, init Init) (*Value, error) {
	name, err := c.tensorName(tensor, shape)
	if err != nil {
		return nil, err
	}
	return c.b.state(name, Param, shape, init).Value, nil
}

// stream names the draws of this call.
func (c *call) stream() string { return c.sc.stream + "." + c.sc.numberedStream(c.spec.Name) }
