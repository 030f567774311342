package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	yaml "go.yaml.in/yaml/v4"
)

// Unit is what a value of time counts.
type Unit uint8

// The units. A bare number has none: what it counts is its key's to say.
const (
	NoUnit  Unit = iota
	Steps        // optimizer steps
	Epochs       // passes over the training data
	Percent      // of the run
	Seconds      // of the clock
)

// Span is a value of time with its unit: `500 steps`, `10 epochs`, `5%`, `30m`.
type Span struct {
	N    float64 // in Unit; finite, from 0
	Unit Unit
}

// IsZero reports whether the span is none at all.
func (s Span) IsZero() bool { return s.N == 0 }

// Count is N as a whole number.
func (s Span) Count() int { return int(s.N) }

// Duration is a span of Seconds as the clock has it.
func (s Span) Duration() time.Duration { return time.Duration(s.N * float64(time.Second)) }

// String is the span as a user writes it.
func (s Span) String() string {
	n := strconv.FormatFloat(s.N, 'g', -1, 64)
	plural := "s"
	if s.N == 1 {
		plural = ""
	}
	switch s.Unit {
	case Steps:
		return n + " step" + plural
	case Epochs:
		return n + " epoch" + plural
	case Percent:
		return n + "%"
	case Seconds:
		return s.Duration().String()
	}
	return n
}

// units are the words that a number may stand before.
var units = map[string]Span{
	"step": {1, Steps}, "steps": {1, Steps}, "epoch": {1, Epochs}, "epochs": {1, Epochs}, "%": {1, Percent},
	"s": {1, Seconds}, "sec": {1, Seconds}, "m": {60, Seconds}, "min": {60, Seconds}, "h": {3600, Seconds}, "d": {86400, Seconds},
}

var (
	numberAndUnit = regexp.MustCompile(`^([0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+) *([a-z]*|%)$`)
	clockTime     = regexp.MustCompile(`^([0-9]{2,}):([0-9]{2}):([0-9]{2}):([0-9]{2})$`)
	partsOfTime   = regexp.MustCompile(`^(?:[0-9.]+(?:h|m|s))+$`)
)

// longest bounds a span, so that no later arithmetic overflows: a century in seconds, and
// more steps than that has.
const longest = 100 * 366 * 86400

var errNoSpan = errors.New("expected a time")

// ParseSpan reads a value of time: a number with its unit, several units of the clock
// (1h30m), or Lightning's DD:HH:MM:SS.
func ParseSpan(text string) (Span, error) {
	text = strings.TrimSpace(text)
	expected := func() (Span, error) {
		return Span{}, fmt.Errorf("%w such as 500 steps, 10 epochs, 5%% or 30m, found %q", errNoSpan, text)
	}
	out := Span{Unit: Seconds}
	if m := clockTime.FindStringSubmatch(text); m != nil {
		for i, seconds := range []float64{86400, 3600, 60, 1} {
			n, err := strconv.ParseFloat(m[i+1], 64)
			if err != nil || i > 0 && n >= []float64{0, 24, 60, 60}[i] {
				return Span{}, fmt.Errorf("expected DD:HH:MM:SS with hours below 24, minutes and seconds below 60, found %q", text)
			}
			out.N += n * seconds
		}
	} else if m := numberAndUnit.FindStringSubmatch(text); m != nil {
		n, err := strconv.ParseFloat(strings.ReplaceAll(m[1], "_", ""), 64)
		if err != nil {
			return expected()
		}
		unit, known := units[m[2]]
		switch {
		case m[2] == "":
			unit = Span{1, NoUnit}
		case !known:
			return expected()
		}
		out = Span{n * unit.N, unit.Unit}
	} else if partsOfTime.MatchString(text) {
		d, err := time.ParseDuration(text)
		if err != nil {
			return expected()
		}
		out.N = d.Seconds()
	} else {
		return expected()
	}
	if math.IsNaN(out.N) || out.N > longest {
		return Span{}, fmt.Errorf("%s is more than a century", text)
	}
	return out, nil
}

// span decodes a value of time of a section, above 0. bare is the unit of a number without
// one; NoUnit leaves it so. All but the clock's are whole.
func (d *document) span(n *yaml.Node, path string, bare Unit, allowed ...Unit) (Span, bool) {
	v, ok := d.scalar(n, path, d.constants)
	if !ok {
		return Span{}, false
	}
	s, err := spanOf(v, bare, allowed...)
	switch {
	case err == nil && s.Unit == Epochs && s.N != math.Trunc(s.N):
		err = fmt.Errorf("expected whole epochs, found %v", v)
	case err == nil && s.IsZero():
		err = fmt.Errorf("expected a time from %s", Span{1, s.Unit})
	}
	if err != nil {
		d.failf("bad-value", real(n), path, "%s: %v", path, err)
		return Span{}, false
	}
	return s, true
}

// spanOf is a value as a span in one of the allowed units. Steps and bare counts are whole.
func spanOf(v Value, bare Unit, allowed ...Unit) (Span, error) {
	switch v.(type) {
	case string, int64, int, float64:
	default:
		return Span{}, fmt.Errorf("expected a time such as %s, found %s", exampleOf(allowed), found(v))
	}
	s, err := ParseSpan(fmt.Sprint(v))
	switch {
	case errors.Is(err, errNoSpan):
		return Span{}, fmt.Errorf("%w such as %s, found %s", errNoSpan, exampleOf(allowed), found(v))
	case err != nil:
		return Span{}, err
	}
	if s.Unit == NoUnit {
		s.Unit = bare
	}
	for _, u := range allowed {
		if u != s.Unit {
			continue
		}
		if (u == Steps || u == NoUnit) && s.N != math.Trunc(s.N) {
			return Span{}, fmt.Errorf("expected a whole number, found %v", v)
		}
		return s, nil
	}
	return Span{}, fmt.Errorf("expected a time such as %s, found %s", exampleOf(allowed), found(v))
}

// SpanOf is a constant of the file as a value of time in one of the allowed units, which
// it must name.
func SpanOf(v Value, allowed ...Unit) (Span, error) { return spanOf(v, NoUnit, allowed...) }

func exampleOf(allowed []Unit) string {
	examples := map[Unit]string{NoUnit: "3", Steps: "500 steps", Epochs: "10 epochs", Percent: "5%", Seconds: "30m"}
	var out []string
	for _, u := range allowed {
		out = append(out, "`"+examples[u]+"`")
	}
	return strings.Join(out, " or ")
}
