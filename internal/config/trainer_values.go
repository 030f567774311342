package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gotrain/internal/diag"
)

// DecodeTrainer settles the trainer's flags. values come typed from the file and as texts
// from flags and the environment; at gives a value's place or its origin. A flag whose
// value is faulty has its default, and what depends on it is not judged.
func DecodeTrainer(values map[string]any, at func(key string) (diag.Pos, string)) (Trainer, diag.List) {
	var diags diag.List
	t := Trainer{MaxEpochs: -1, Given: map[string]bool{}, at: at}
	faulty := map[string]bool{}
	for _, f := range TrainerFlags {
		v, given := values[f.Name]
		if _, told := v.(Unreadable); told {
			faulty[f.Name], given, v = true, false, nil
		}
		if !given {
			if v = f.Default; v == nil {
				continue
			}
		}
		p, origin := at(f.Name)
		t.Given[f.Name] = given && (p.IsValid() || origin != "")
		err := f.set(&t, v)
		if err == nil {
			continue
		}
		faulty[f.Name] = true
		if f.Default != nil {
			_ = f.set(&t, f.Default) // the table's own
		}
		code := "bad-value"
		var soon *notBuilt
		if errors.As(err, &soon) {
			code = "not-built-yet"
		}
		g := diags.Errorf(code, p, "%s: %v", f.Name, err)
		g.Path, g.Origin = "trainer."+f.Name, origin
		if soon != nil && soon.works != "" {
			g.Hint = "what works now: " + soon.works
		}
	}
	_, epochs := values["max_epochs"]
	switch {
	case faulty["max_epochs"] || faulty["max_steps"] || faulty["max_time"] || faulty["fast_dev_run"]:
		t.MaxEpochs = max(t.MaxEpochs, 1000) // it has an end, once the fault is mended
	case !epochs && t.MaxSteps < 0 && t.MaxTime == 0 && t.FastDevRun == 0:
		t.MaxEpochs = 1000
		diags.Warnf("no-end", diag.Pos{}, "neither max_epochs nor max_steps is given: 1000 epochs").Path = "trainer.max_epochs"
	}
	t.settle(faulty, at, &diags)
	return t, diags
}

// Unreadable stands for the value of a flag whose fault has been told.
type Unreadable struct{}

// settle makes the flags agree: those that set others, and those that contradict.
func (t *Trainer) settle(faulty map[string]bool, at func(key string) (diag.Pos, string), diags *diag.List) {
	fault := func(flag, format string, args ...any) {
		p, origin := at(flag)
		g := diags.Errorf("bad-value", p, flag+": "+format, args...)
		g.Path, g.Origin = "trainer."+flag, origin
	}
	if !t.OverfitBatches.IsZero() {
		for _, other := range []string{"limit_train_batches", "limit_val_batches"} {
			if t.Given[other] {
				fault(other, "overfit_batches sets it too: give one of them")
			}
		}
		t.LimitTrainBatches, t.LimitValBatches = t.OverfitBatches, t.OverfitBatches
	}
	if t.FastDevRun > 0 {
		t.MaxEpochs, t.MaxSteps, t.NumSanityValSteps = 1, t.FastDevRun, 0
		t.MinEpochs, t.MinSteps, t.MaxTime = 0, 0, 0
		t.ValCheck, t.CheckValEveryNEpoch = ValCheck{Limit: Limit{Share: 1}}, 1
		return
	}
	sound := func(flag, other string) bool { return !faulty[flag] && !faulty[other] }
	if t.MaxEpochs >= 0 && t.MinEpochs > t.MaxEpochs && sound("min_epochs", "max_epochs") {
		fault("min_epochs", "%d is more than max_epochs, %d", t.MinEpochs, t.MaxEpochs)
	}
	if t.MaxSteps >= 0 && t.MinSteps > t.MaxSteps && sound("min_steps", "max_steps") {
		fault("min_steps", "%d is more than max_steps, %d", t.MinSteps, t.MaxSteps)
	}
	if t.CheckValEveryNEpoch == 0 && t.ValCheck.Every.IsZero() && !t.ValCheck.IsCount && sound("val_check_interval", "check_val_every_n_epoch") {
		fault("val_check_interval", "check_val_every_n_epoch is none, so this is a number of batches, steps or a time; found %g, a share of an epoch", t.ValCheck.Share)
	}
}

// setMaxTime takes a time of the clock.
func setMaxTime(t *Trainer, v any) error {
	s, err := spanOf(v, NoUnit, Seconds)
	if err != nil {
		return err
	}
	if t.MaxTime = s.Duration(); t.MaxTime <= 0 {
		return fmt.Errorf("expected a time above 0, found %s", found(v))
	}
	return nil
}

// setValCheck tells 0.25, a share, from 100, batches, as limits are told, and both from a
// time with its unit.
func setValCheck(t *Trainer, v any) error {
	t.ValCheck = ValCheck{}
	if err := intoLimit(func(t *Trainer) *Limit { return &t.ValCheck.Limit })(t, v); err == nil {
		if t.ValCheck.IsZero() {
			return fmt.Errorf("expected a number above 0, found %s; limit_val_batches=0 turns validation off", found(v))
		}
		return nil
	}
	s, err := spanOf(v, NoUnit, Steps, Seconds)
	if err != nil || s.IsZero() {
		return fmt.Errorf("expected a share of an epoch from 0.0 to 1.0, a number of batches, or a time such as `250 steps` or `10m`, found %s", found(v))
	}
	t.ValCheck.Every = s
	return nil
}

// setCheckVal takes a number of epochs, or none.
func setCheckVal(t *Trainer, v any) error {
	if s, ok := v.(string); ok && strings.EqualFold(s, "none") {
		t.CheckValEveryNEpoch = 0
		return nil
	}
	i, ok := toInt(v)
	if !ok || i < 1 {
		return fmt.Errorf("expected a whole number from 1, or none, found %s", found(v))
	}
	t.CheckValEveryNEpoch = i
	return nil
}

// notBuilt is the fault of a flag that the language has and this version has not.
type notBuilt struct{ works string }

func (e *notBuilt) Error() string { return "is part of the language but not built yet" }

func later(name string, kind FlagKind) Flag {
	return Flag{Name: name, Kind: kind, Help: "not built yet", Later: true, set: func(*Trainer, any) error { return &notBuilt{} }}
}

// only accepts the values that are built; of the others, known tells those that the
// language has.
func only(works, expected string, known func(string) bool, built ...string) func(*Trainer, any) error {
	return func(_ *Trainer, v any) error {
		switch _, isList := v.([]Value); {
		case slices.Contains(built, fmt.Sprint(v)):
			return nil
		case known(fmt.Sprint(v)) || isList:
			return &notBuilt{works}
		}
		return fmt.Errorf("expected %s, found %s", expected, found(v))
	}
}

// wholeFromOr tells whole numbers from least, and words.
func wholeFromOr(least int, words ...string) func(string) bool {
	return func(s string) bool {
		i, ok := toInt(s)
		return ok && i >= least || slices.Contains(words, s)
	}
}

func isOf(words []string) func(string) bool {
	return func(s string) bool { return slices.Contains(words, s) }
}

func found(v any) string {
	if s, ok := v.(string); ok {
		return strconv.Quote(s)
	}
	if f, ok := v.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return fmt.Sprintf("%.1f", f) // 2.0 is no whole number: it must not look like one
	}
	return fmt.Sprint(v)
}

func toInt(v any) (int, bool) {
	switch x := v.(type) {
	case int:
		return x, true
	case int64:
		return int(x), int64(int(x)) == x
	case string:
		i, err := strconv.Atoi(strings.TrimSpace(x))
		return i, err == nil
	}
	return 0, false
}

func intoInt(least int, field func(*Trainer) *int) func(*Trainer, any) error {
	return func(t *Trainer, v any) error {
		i, ok := toInt(v)
		if !ok {
			return fmt.Errorf("expected a whole number, found %s", found(v))
		}
		if i < least {
			return fmt.Errorf("expected a whole number from %d, found %d", least, i)
		}
		*field(t) = i
		return nil
	}
}

// maxThreads is far more than any step has work for, and few enough to start.
const maxThreads = 256

func setThreads(t *Trainer, v any) error {
	i, ok := toInt(v)
	if !ok || i < 0 || i > maxThreads {
		return fmt.Errorf("expected a whole number from 0 to %d, found %s", maxThreads, found(v))
	}
	t.Threads = i
	return nil
}

func intoFloat(field func(*Trainer) *float64) func(*Trainer, any) error {
	return func(t *Trainer, v any) error {
		f, ok := toFloat(v)
		if !ok || math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
			return fmt.Errorf("expected a number from 0, found %s", found(v))
		}
		*field(t) = f
		return nil
	}
}

func toFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case int:
		return float64(x), true
	case int64:
		return float64(x), true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(x), 64)
		return f, err == nil
	}
	return 0, false
}

func toBool(v any) (bool, bool) {
	switch x := v.(type) {
	case bool:
		return x, true
	case string:
		switch strings.ToLower(x) {
		case "true", "1":
			return true, true
		case "false", "0":
			return false, true
		}
	}
	return false, false
}

func intoBool(field func(*Trainer) *bool) func(*Trainer, any) error {
	return func(t *Trainer, v any) error {
		b, ok := toBool(v)
		if !ok {
			return fmt.Errorf("expected true or false, found %s", found(v))
		}
		*field(t) = b
		return nil
	}
}

func intoText(field func(*Trainer) *string) func(*Trainer, any) error {
	return func(t *Trainer, v any) error {
		s, ok := v.(string)
		if !ok || s == "" {
			return fmt.Errorf("expected a text, found %s", found(v))
		}
		*field(t) = s
		return nil
	}
}

func intoWord(field func(*Trainer) *string, allowed ...string) func(*Trainer, any) error {
	return func(t *Trainer, v any) error {
		s := fmt.Sprint(v)
		if !slices.Contains(allowed, s) {
			err := fmt.Errorf("expected one of %s, found %s", strings.Join(allowed, ", "), found(v))
			if near := diag.Suggest(s, allowed); near != "" {
				err = fmt.Errorf("%w; did you mean %s?", err, near)
			}
			return err
		}
		*field(t) = s
		return nil
	}
}

// intoLimit tells 1, one batch, from 1.0, all of them: by the type in a file, by the dot
// in a text.
func intoLimit(field func(*Trainer) *Limit) func(*Trainer, any) error {
	return func(t *Trainer, v any) error {
		if i, ok := toInt(v); ok {
			if i < 0 {
				return fmt.Errorf("expected a number of batches from 0, found %d", i)
			}
			*field(t) = Limit{Count: i, IsCount: true}
			return nil
		}
		f, ok := toFloat(v)
		if !ok {
			return fmt.Errorf("expected a number of batches or a share such as 0.1, found %s", found(v))
		}
		if math.IsNaN(f) || f < 0 || f > 1 {
			return fmt.Errorf("%g has to be in [0.0, 1.0] or a whole number of batches", f)
		}
		*field(t) = Limit{Share: f}
		return nil
	}
}

func setDevRun(t *Trainer, v any) error {
	if i, ok := toInt(v); ok {
		if i < 0 {
			return fmt.Errorf("expected true or a number of batches from 1, found %d", i)
		}
		t.FastDevRun = i
		return nil
	}
	b, ok := toBool(v)
	if !ok {
		return fmt.Errorf("expected true or a number of batches, found %s", found(v))
	}
	t.FastDevRun = 0
	if b {
		t.FastDevRun = 1
	}
	return nil
}

// setLogger takes names as a list or a text with commas; true is the default, false none.
func setLogger(t *Trainer, v any) error {
	if b, ok := toBool(v); ok {
		t.Logger = nil
		if b {
			t.Logger = []string{"csv", "tensorboard"}
		}
		return nil
	}
	names, err := wordsOf(v, "logger", "expected names such as csv,tensorboard, or false", Loggers)
	t.Logger = names
	return err
}

// wordsOf decodes a list of known words, each once; what they are is for messages.
func wordsOf(v any, what, expected string, known []string) ([]string, error) {
	var names, out []string
	switch x := v.(type) {
	case string:
		names = strings.Split(x, ",")
	case []Value:
		for _, item := range x {
			names = append(names, fmt.Sprint(item))
		}
	case []string:
		names = x
	default:
		return nil, fmt.Errorf("%s, found %s", expected, found(v))
	}
	for _, n := range names {
		n = strings.TrimSpace(n)
		if !slices.Contains(known, n) {
			err := fmt.Errorf("there is no %s %q (there are: %s)", what, n, strings.Join(known, ", "))
			if near := diag.Suggest(n, known); near != "" {
				err = fmt.Errorf("%w; did you mean %s?", err, near)
			}
			return nil, err
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out, nil
}

// Loggers are the names that --logger takes; the logger package's table has the same.
var Loggers = []string{"csv", "tensorboard"}

// Passes are the names that --skip_passes takes; the engine's table has the same.
var Passes = []string{"rewrite", "cse", "deadcode", "reshape", "epilogues", "fusion", "update-in-tiles", "update-together", "inplace"}

// setSkipPasses takes names of passes, or all.
func setSkipPasses(t *Trainer, v any) error {
	if v == "" || v == "none" {
		t.SkipPasses = nil
		return nil
	}
	if v == "all" {
		t.SkipPasses = slices.Clone(Passes)
		return nil
	}
	names, err := wordsOf(v, "pass", "expected names such as cse,fusion, all, or none", Passes)
	t.SkipPasses = names
	return err
}
