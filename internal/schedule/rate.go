package schedule

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// Run is how long a run is.
type Run struct {
	StepsPerEpoch int // optimizer steps
	Steps         int // of the whole run; below 0 where it has no end
}

// Rate gives the learning rate of the step that follows after so many.
type Rate func(done int) float64

// point is where a curve stands.
type point struct {
	*Schedule
	run  Run
	Base float64 // optimizer.lr
	T    float64 // steps since the warmup
	left float64 // steps of the run after the warmup
}

// number is an argument's value, or its default.
func (p *point) number(a arg) float64 {
	if n, ok := p.numbers[a.Name]; ok {
		return n
	}
	n, err := strconv.ParseFloat(a.Default, 64)
	if err != nil {
		panic("schedule: " + a.Name + " has no number as its default") // a fault of the table
	}
	return n
}

// steps is an argument in steps.
func (p *point) steps(a arg) float64 {
	if s, ok := p.spans[a.Name]; ok {
		return p.run.steps(s)
	}
	return p.left
}

// progress is the share of `over` that is done, 1 after its end.
func (p *point) progress() float64 {
	whole := p.steps(over)
	if p.T >= whole {
		return 1
	}
	return p.T / whole
}

// steps is a span as a number of steps, to the nearest.
func (r Run) steps(s config.Span) float64 {
	switch s.Unit {
	case config.Epochs:
		return math.Round(s.N * float64(r.StepsPerEpoch))
	case config.Percent:
		return math.Round(s.N / 100 * float64(r.Steps))
	}
	return s.N
}

// NeedsEnd reports whether the curve depends on where the run ends: it does where a time
// is a share of it, and where `over` is left to be its rest.
func (s *Schedule) NeedsEnd() bool {
	for _, a := range s.spec.args() {
		v, given := s.spans[a.Name]
		if given && v.Unit == config.Percent || !given && a.Kind == span && a.Default == "" && !a.Need {
			return true
		}
	}
	return false
}

// CheckEnd refuses a curve that depends on the end of a run that has none.
func (s *Schedule) CheckEnd(hasEnd bool) diag.List {
	var diags diag.List
	if !hasEnd && s.NeedsEnd() {
		d := diags.Errorf("no-end", s.pos, "schedule %s depends on where the run ends, and the run has no end", s.spec.Name)
		d.Path, d.Hint = "schedule", "give trainer.max_epochs or trainer.max_steps, or times of its own in steps or epochs (over: 100 epochs)"
	}
	return diags
}

// Warmup is the warmup in steps.
func (s *Schedule) Warmup(r Run) int { return int(r.steps(s.spans[warmup.Name])) }

// Rate is the schedule of a run from a base rate. Over a warmup of W steps the rate is
// base/(W+1), 2 base/(W+1), … so that step W, the first after it, is the first at base: it
// is PyTorch's LinearLR(start_factor=1/(W+1), total_iters=W) before the curve.
func (s *Schedule) Rate(base float64, r Run) Rate {
	rise := s.Warmup(r)
	return func(done int) float64 {
		if done < rise {
			return base * float64(done+1) / float64(rise+1)
		}
		return s.spec.Rate(&point{Schedule: s, run: r, Base: base, T: float64(done - rise), left: float64(r.Steps - rise)})
	}
}

// Doc describes a schedule for the reference.
type Doc struct {
	Name, Doc string
	Args      []ArgDoc
}

// ArgDoc is one argument.
type ArgDoc struct{ Name, Kind, Default, Doc string }

// Docs describes the schedules, in the table's order.
func Docs() []Doc {
	var out []Doc
	for _, s := range specs {
		d := Doc{Name: s.Name, Doc: s.Doc}
		for _, a := range s.args() {
			kind := ""
			if a.Kind == span {
				kind = "a time"
			}
			d.Args = append(d.Args, ArgDoc{a.Name, kind, a.Default, a.Doc})
		}
		out = append(out, d)
	}
	return out
}

func sortedKeys(m map[string]*config.Scalar) []string { return slices.Sorted(maps.Keys(m)) }
