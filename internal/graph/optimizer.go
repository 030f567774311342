package graph

import (
	"fmt"
	"math"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// optimizerSpec is one optimizer of the language: its arguments and the update of one
// parameter.
type optimizerSpec struct {
	Name string
	Doc  string
	Args []optimizerArg
	// Update gives the parameter's next value and sets its moments' through u.
	Update func(u *update) *Value
}

// optimizerArg is one key of the optimizer section.
type optimizerArg struct {
	Name    string
	Default any // float64, bool, []string or []float64: its type is the argument's
	Min     float64
	Below   float64 // exclusive upper bound; 0 for none
	Doc     string
}

// optimizers is the table. To add one: its file, and a line here.
var optimizers = []*optimizerSpec{optimizerSGD, optimizerAdam, optimizerAdamW}

func findOptimizer(name string) *optimizerSpec {
	for _, o := range optimizers {
		if o.Name == name {
			return o
		}
	}
	return nil
}

// update is the context of one parameter's update.
type update struct {
	b      *builder
	args   map[string]any
	param  *State
	grad   *Value // the whole window's, averaged and clipped
	lr     *Value // []
	next   map[*State]*Value
	shared map[string]*Value // scalars computed once a step
}

func (u *update) number(name string) float64 { return u.args[name].(float64) }
func (u *update) flag(name string) bool      { return u.args[name].(bool) }
func (u *update) pair(name string) (float64, float64) {
	p := u.args[name].([]float64)
	return p[0], p[1]
}

// moment is a running tensor of the parameter's shape, zero at first.
func (u *update) moment(kind string) *State {
	return u.b.state(kind+"."+u.param.Name, Moment, u.param.Value.Shape, Init{})
}

// set gives a moment its value after the step.
func (u *update) set(s *State, v *Value) *Value {
	u.next[s] = v
	return v
}

// once computes a scalar that all parameters share.
func (u *update) once(name string, build func() *Value) *Value {
	if u.shared[name] == nil {
		u.shared[name] = build()
	}
	return u.shared[name]
}

// checkOptimizer decodes an optimizer. It returns nil where it is absent or faulty.
func checkOptimizer(o *config.Optimizer, diags *diag.List) (*optimizerSpec, map[string]any) {
	if o == nil {
		return nil, nil
	}
	spec := findOptimizer(o.Name)
	if spec == nil {
		if o.Name == "" {
			return nil, nil // the config has said so
		}
		var names []string
		for _, s := range optimizers {
			names = append(names, s.Name)
		}
		d := diags.Errorf("unknown-optimizer", o.NamePos, "unknown optimizer %q", o.Name)
		d.Path = o.Path + ".name"
		d.Hint = diag.Choices(o.Name, "there are", names)
		return nil, nil
	}
	args, ok := map[string]any{}, true
	var names []string
	for _, a := range spec.Args {
		args[a.Name] = a.Default
		names = append(names, a.Name)
	}
	for _, key := range sortedKeys(o.Args) {
		s := o.Args[key]
		fault := func(code, format string, v ...any) *diag.Diagnostic {
			ok = false
			d := diags.Errorf(code, s.Pos, format, v...)
			d.Path, d.Origin = o.Path+"."+key, s.Origin
			return d
		}
		arg := findArg(spec.Args, key)
		if arg == nil {
			fault("unknown-key", "%s has no argument %q", spec.Name, key).Hint = diag.Choices(key, "it takes", names)
			continue
		}
		v, err := arg.decode(s.Value)
		if err != nil {
			fault("bad-value", "%s: %v", key, err)
			continue
		}
		args[key] = v
	}
	if !ok {
		return nil, nil
	}
	return spec, args
}

func findArg(args []optimizerArg, name string) *optimizerArg {
	for i := range args {
		if args[i].Name == name {
			return &args[i]
		}
	}
	return nil
}

func (a *optimizerArg) decode(v config.Value) (any, error) {
	switch want := a.Default.(type) {
	case bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, fmt.Errorf("expected true or false, found %v", v)
	case []string:
		items, isList := v.([]config.Value)
		if !isList {
			items = []config.Value{v}
		}
		out := make([]string, len(items))
		for i, x := range items {
			word, isText := x.(string)
			if !isText {
				return nil, fmt.Errorf("expected words, found %v", v)
			}
			out[i] = word
		}
		return out, nil
	case []float64:
		items, ok := v.([]config.Value)
		if !ok || len(items) != len(want) {
			return nil, fmt.Errorf("expected a list of %d numbers, found %v", len(want), v)
		}
		out := make([]float64, len(items))
		for i, x := range items {
			n, err := a.inRange(x)
			if err != nil {
				return nil, err
			}
			out[i] = n
		}
		return out, nil
	default:
		return a.inRange(v)
	}
}

func (a *optimizerArg) inRange(v config.Value) (float64, error) {
	n, ok := number(v)
	if _, truth := v.(bool); !ok || truth {
		return 0, fmt.Errorf("expected a number, found %v", v)
	}
	if math.IsNaN(n) || n < a.Min || a.Below != 0 && n >= a.Below || n > math.MaxFloat32 {
		if a.Below != 0 {
			return 0, fmt.Errorf("%v is not from %v to below %v", n, a.Min, a.Below)
		}
		return 0, fmt.Errorf("%v is not a number from %v", n, a.Min)
	}
	return n, nil
}
