package graph

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// initializer is one way to start a weight, as `init=` names it.
type initializer struct {
	Name string
	Doc  string
	Args []initArgument
	// Init gives the start of a weight of the given shape, whose layout is PyTorch's:
	// [out, in, ...].
	Init func(args []float64, shape Shape) Init
}

type initArgument struct {
	Name    string
	Default float64
}

// initializers is the table. Names and formulas are those of torch.nn.init.
var initializers = []*initializer{
	{Name: "zeros", Doc: "all 0", Init: func([]float64, Shape) Init { return Init{} }},
	{Name: "ones", Doc: "all 1", Init: func([]float64, Shape) Init { return Init{Scale: 1} }},
	{
		Name: "constant", Doc: "all value", Args: []initArgument{{"value", 0}},
		Init: func(a []float64, _ Shape) Init { return Init{Scale: a[0]} },
	},
	{
		Name: "normal", Doc: "normal with deviation std", Args: []initArgument{{"std", 1}, {"mean", 0}},
		Init: func(a []float64, _ Shape) Init { return Init{Dist: NormalInit, Scale: a[0], Mean: a[1]} },
	},
	{
		Name: "uniform", Doc: "uniform from low to high", Args: []initArgument{{"low", 0}, {"high", 1}},
		Init: func(a []float64, _ Shape) Init {
			return Init{Dist: UniformInit, Scale: (a[1] - a[0]) / 2, Mean: (a[0] + a[1]) / 2}
		},
	},
	{
		Name: "kaiming", Doc: "normal with deviation √(2/fan_in): He et al. 2015, for relu",
		Init: func(_ []float64, s Shape) Init {
			in, _ := fans(s)
			return Init{Dist: NormalInit, Scale: math.Sqrt(2 / in)}
		},
	},
	{
		Name: "kaiming_uniform", Doc: "uniform in ±√(6/fan_in)",
		Init: func(_ []float64, s Shape) Init {
			in, _ := fans(s)
			return Init{Dist: UniformInit, Scale: math.Sqrt(6 / in)}
		},
	},
	{
		Name: "xavier", Doc: "uniform in ±√(6/(fan_in+fan_out)): Glorot and Bengio 2010",
		Init: func(_ []float64, s Shape) Init {
			in, out := fans(s)
			return Init{Dist: UniformInit, Scale: math.Sqrt(6 / (in + out))}
		},
	},
	{
		Name: "xavier_normal", Doc: "normal with deviation √(2/(fan_in+fan_out))",
		Init: func(_ []float64, s Shape) Init {
			in, out := fans(s)
			return Init{Dist: NormalInit, Scale: math.Sqrt(2 / (in + out))}
		},
	},
}

// fans are how many inputs make one output, and how many outputs one input makes.
func fans(s Shape) (in, out float64) {
	if len(s) < 2 {
		n := float64(max(s.Size(1), 1))
		return n, n
	}
	field := float64(Shape(s[2:]).Size(1))
	return float64(s[1]) * field, float64(s[0]) * field
}

// initOf decodes `init=`: a name, a call such as normal(0.02), or a number.
func (ev *evaluator) initOf(fn string, e config.Expr, sc *scope, hole any) (func(Shape) Init, bool) {
	var name *config.Name
	var given []config.Arg
	switch x := e.(type) {
	case *config.Name:
		name = x
	case *config.Call:
		name = &config.Name{Ident: x.Fn}
		name.At, given = x.FnPos, x.Args
	}
	if name == nil || ev.isConstant(name.Ident, sc) {
		v, ok := ev.eval(e, sc, hole)
		if !ok {
			return nil, false
		}
		if c, isNumber := number(v); isNumber {
			return func(Shape) Init { return Init{Scale: c} }, true
		}
		ev.failf("bad-argument", e.Pos(), sc, "%s: init is a name, a call or a number, found %s", fn, describe(v))
		return nil, false
	}
	i := slices.IndexFunc(initializers, func(i *initializer) bool { return i.Name == name.Ident })
	if i < 0 {
		d := ev.failf("bad-argument", name.Pos(), sc, "%s: there is no initializer %q", fn, name.Ident)
		names := make([]string, len(initializers))
		for i, known := range initializers {
			names[i] = known.Name
		}
		if s := diag.Suggest(name.Ident, names); s != "" {
			d.Hint = "did you mean " + s + "?"
		}
		d.Hint = join(d.Hint, "(there are: "+strings.Join(names, ", ")+")")
		return nil, false
	}
	spec := initializers[i]
	params := make([]param, len(spec.Args))
	args := make([]float64, len(spec.Args))
	for i, a := range spec.Args {
		params[i] = param{Name: a.Name, Kind: numberArg, Optional: true}
		args[i] = a.Default
	}
	bound, ok := ev.bind(spec.Name, params, name.Pos(), given, nil, nil, sc, hole)
	if !ok {
		return nil, false
	}
	for i, a := range spec.Args {
		if v, isGiven := bound[a.Name]; isGiven {
			args[i] = v.value.(float64)
		}
	}
	return func(s Shape) Init { return spec.Init(args, s) }, true
}

// isConstant reports whether a bare word of an init is a number of the file's.
func (ev *evaluator) isConstant(name string, sc *scope) bool {
	_, local := sc.locals[name]
	_, isVar := ev.vars[name]
	return local || isVar
}

// init is an op's `init=`, or what the op starts from without one.
func (c *call) init(name string, defaultTo Init) func(Shape) Init {
	if f, ok := c.arg(name).(func(Shape) Init); ok {
		return f
	}
	return func(Shape) Init { return defaultTo }
}

// initParam is the argument `init=` of a layer.
func initParam(defaultTo string) param {
	return param{Name: "init", Kind: initArg, Optional: true, Doc: fmt.Sprintf("start of the weight: a name, a call or a number; defaults to %s", defaultTo)}
}
