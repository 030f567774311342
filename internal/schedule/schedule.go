package schedule

import (
	"fmt"
	"math"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// spec is one schedule of the language: its arguments, beside warmup, and its curve.
type spec struct {
	Name string
	Doc  string
	Args []arg
	// Rate is the learning rate at a point of the curve, the warmup being over.
	Rate func(c *point) float64
}

// specs is the table. To add one: its file, and a line here.
var specs = []*spec{constant, step, cosine, linear, exponential}

// arg is one key of the schedule section.
type arg struct {
	Name    string
	Kind    kind
	Default string // as a user writes it; empty where Rate or Length settles it
	Need    bool   // there is no default
	Doc     string
}

// kind is what an argument is.
type kind uint8

const (
	number kind = iota // from 0
	span               // a time of the run: steps, epochs or a share of it
)

// What several schedules take.
var (
	warmup = arg{Name: "warmup", Kind: span, Default: "0 steps", Doc: "time over which lr rises in equal steps from almost 0, before all else"}
	minLR  = arg{Name: "min_lr", Kind: number, Default: "0", Doc: "where lr ends"}
	over   = arg{Name: "over", Kind: span, Doc: "time until the end is reached, the warmup not counted; the rest of the run unless given"}
)

// args are all arguments of a schedule.
func (s *spec) args() []arg { return append([]arg{warmup}, s.Args...) }

func find(name string) *spec {
	for _, s := range specs {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Schedule is a checked schedule section, or the constant one where there is none.
type Schedule struct {
	spec    *spec
	numbers map[string]float64
	spans   map[string]config.Span
	pos     diag.Pos // of the section
}

// Check decodes the section; nil is a constant rate. The Schedule is nil where it is faulty.
func Check(c *config.Schedule) (*Schedule, diag.List) {
	var diags diag.List
	out := &Schedule{spec: constant, numbers: map[string]float64{}, spans: map[string]config.Span{}}
	if c == nil {
		return out, diags
	}
	out.pos = c.Pos
	if out.spec = find(c.Name); out.spec == nil {
		if c.Name != "" { // else the config has said so
			unknown(c, &diags)
		}
		return nil, diags
	}
	known := out.spec.args()
	for _, key := range sortedKeys(c.Args) {
		out.set(known, key, c.Args[key], &diags)
	}
	for _, a := range known {
		if _, given := c.Args[a.Name]; a.Need && !given {
			d := diags.Errorf("missing-value", c.Pos, "schedule %s has no %s", c.Name, a.Name)
			d.Path, d.Hint = "schedule", fmt.Sprintf("for example: %s: 30 epochs", a.Name)
		}
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return out, diags
}

func unknown(c *config.Schedule, diags *diag.List) {
	var names []string
	for _, s := range specs {
		names = append(names, s.Name)
	}
	d := diags.Errorf("unknown-schedule", c.NamePos, "unknown schedule %q", c.Name)
	d.Path = "schedule.name"
	d.Hint = diag.Choices(c.Name, "there are", names)
}

// set decodes one argument.
func (s *Schedule) set(known []arg, key string, v *config.Scalar, diags *diag.List) {
	fault := func(code, format string, args ...any) *diag.Diagnostic {
		d := diags.Errorf(code, v.Pos, format, args...)
		d.Path, d.Origin = "schedule."+key, v.Origin
		return d
	}
	var names []string
	for _, a := range known {
		names = append(names, a.Name)
		if a.Name != key {
			continue
		}
		var err error
		if a.Kind == span {
			s.spans[key], err = config.SpanOf(v.Value, config.Epochs, config.Steps, config.Percent)
			if err == nil && s.spans[key].IsZero() && a.Name != warmup.Name {
				err = fmt.Errorf("expected a time above 0, found %v", v.Value)
			}
			if err == nil && s.spans[key].Unit == config.Percent && s.spans[key].N > 100 {
				err = fmt.Errorf("expected at most 100%% of the run, found %v", v.Value)
			}
		} else {
			s.numbers[key], err = numberOf(v.Value)
		}
		if err != nil {
			fault("bad-value", "%s: %v", key, err)
		}
		return
	}
	fault("unknown-key", "schedule %s has no argument %q", s.spec.Name, key).Hint = diag.Choices(key, "it takes", names)
}

func numberOf(v config.Value) (float64, error) {
	var n float64
	switch x := v.(type) {
	case int64:
		n = float64(x)
	case float64:
		n = x
	default:
		return 0, fmt.Errorf("expected a number, found %v", v)
	}
	if !(n >= 0 && n <= math.MaxFloat32) {
		return 0, fmt.Errorf("expected a number from 0, found %v", v)
	}
	return n, nil
}
