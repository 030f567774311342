package config

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gotrain/internal/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// flagsOf gives the overrides of a fault file: a first line `# set: optimizer.lr=1 …`.
func flagsOf(src string) (out []Override) {
	line, _, _ := strings.Cut(src, "\n")
	settings, ok := strings.CutPrefix(line, "# set: ")
	if !ok {
		return nil
	}
	for _, s := range strings.Fields(settings) {
		path, text, _ := strings.Cut(s, "=")
		out = append(out, Override{Path: strings.Split(path, "."), Text: text, Origin: "--" + path})
	}
	return out
}

// TestFaults: each file of testdata/faults with all that is wrong in it, as printed.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/faults/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no fault files", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, diags := Load(filepath.Base(path), src, flagsOf(string(src)))
			diags.Sort()
			var out bytes.Buffer
			diag.Fprint(&out, diags, func(file string) []byte {
				if file == filepath.Base(path) {
					return src
				}
				included, _ := os.ReadFile(file)
				return included
			}, false)
			golden := strings.TrimSuffix(path, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, out.Bytes()) {
				t.Errorf("%s differs: run make golden and read the diff\n%s", golden, out.String())
			}
		})
	}
}

func load(t *testing.T, src string, overrides ...Override) *Config {
	t.Helper()
	c, diags := Load("x.yaml", []byte(src), overrides)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOverridesReachVarsPathsAndLists(t *testing.T) {
	src := "vars:\n  a: 1\n  b: {default: 0.5, range: [0, 1]}\n  widths: [4, 8]\n  word: x\noptimizer: {name: adam, betas: [0.9, 0.999]}\n"
	flag := func(text string, path ...string) Override {
		return Override{Path: path, Text: text, Origin: "--" + strings.Join(path, ".")}
	}
	c := load(t, src, flag("3", "vars", "a"), flag("1", "vars", "b"), flag("1,2,3", "vars", "widths"), flag("1e3", "vars", "word"),
		flag("3e-4", "optimizer", "lr"), flag("0.5", "optimizer", "betas", "0"), flag("64", "data", "batch"), flag("digits", "data", "source"), flag("7", "seed"))
	if v := c.Vars[0]; v.Value != int64(3) || v.Default != int64(1) || v.Origin != "--vars.a" {
		t.Errorf("a: %+v", v)
	}
	if v := c.Vars[1]; v.Value != 1.0 {
		t.Errorf("b: %+v: a whole number serves where a fraction is due", v)
	}
	if v := c.Vars[2]; len(v.Value.([]Value)) != 3 {
		t.Errorf("widths: %+v", v)
	}
	if v := c.Vars[3]; v.Value != "1000" && v.Value != "1e3" {
		t.Errorf("word: %+v", v)
	}
	if c.Optimizer.Args["lr"].Value != 3e-4 || c.Optimizer.Args["lr"].Origin != "--optimizer.lr" {
		t.Errorf("lr: %+v", c.Optimizer.Args["lr"])
	}
	if b := c.Optimizer.Args["betas"].Value.([]Value); b[0] != 0.5 || b[1] != 0.999 {
		t.Errorf("betas: %v", b)
	}
	if c.Data.Batch != 64 || c.Data.Source != "digits" || c.Seed != 7 {
		t.Errorf("data %+v, seed %d", c.Data, c.Seed)
	}

	// The resolved config is one that gives the same, without any flag.
	again := load(t, string(c.Resolved()))
	if again.Vars[0].Value != int64(3) || again.Vars[1].Value != 1.0 || len(again.Vars[2].Value.([]Value)) != 3 ||
		again.Optimizer.Args["lr"].Value != 3e-4 || again.Data.Batch != 64 || again.Seed != 7 {
		t.Errorf("resolved:\n%s", c.Resolved())
	}
}

func TestOverrideFaults(t *testing.T) {
	src := "vars:\n  a: 1\n  b: {default: 0.5, range: [0, 1]}\n  c: {default: x, choices: [x, y]}\n"
	for _, c := range []struct{ name, text, want string }{
		{"a", "fast", `a expected a whole number, found "fast"`},
		{"a", "1.5", `a expected a whole number, found "1.5"`},
		{"b", "2", "b = 2 is not from 0 to 1"},
		{"c", "z", "is none of [x y]"},
		{"d", "1", `there is no var "d"`},
	} {
		_, diags := Load("x.yaml", []byte(src), []Override{{[]string{"vars", c.name}, c.text, "--" + c.name}})
		if !diags.HasErrors() || !strings.Contains(diags.Items[0].Text, c.want) || diags.Items[0].Origin != "--"+c.name {
			t.Errorf("--%s %s: %+v, want %q", c.name, c.text, diags.Items, c.want)
		}
	}
}

func TestPositionsInsideScalars(t *testing.T) {
	src := `loss:
  plain: f(x) + $
  quoted: "f(x) + $"
  folded: >
    f(x) +
      $
  literal: |
    f(x) +
    $
  continued: f(x) +
    α + $
  steps: 
    - x
    - f -> $
`
	_, diags := Load("x.yaml", []byte(src), nil)
	lines := strings.Split(src, "\n")
	n := 0
	for _, d := range diags.Items {
		if !strings.Contains(d.Text, "no meaning") {
			continue
		}
		n++
		line := []rune(lines[d.Pos.Line-1])
		if d.Pos.Col > len(line) || line[d.Pos.Col-1] != '$' {
			t.Errorf("%s: at %d:%d, which is no $", d.Path, d.Pos.Line, d.Pos.Col)
		}
	}
	if n != 6 {
		t.Errorf("%d faults found, want 6: %+v", n, diags.Items)
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		prev := "*a" + itoa(i-1)
		bomb += "a" + itoa(i) + ": &a" + itoa(i) + " [" + strings.Repeat(prev+", ", 9) + prev + "]\n"
	}
	for name, src := range map[string]string{
		"bomb":   bomb,
		"deep":   strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"large":  "x: " + strings.Repeat("a", maxSource),
		"utf8":   "x: \xff",
		"empty":  "",
		"list":   "- a\n",
		"tab":    "a:\n\tb: 1\n",
		"nul":    "a: \x00",
		"scalar": "hello",
		"null":   "model:\n",
		"cycle":  "model: &m\n  a: *m\n",
	} {
		if _, diags := Load("x.yaml", []byte(src), nil); !diags.HasErrors() {
			t.Errorf("%s: no fault", name)
		}
	}
}

// TestTheLanguagesExamples: the configs that show the reach of the language parse; what is
// not built yet is said to be so, and nothing else is found wrong.
func TestTheLanguagesExamples(t *testing.T) {
	files, err := filepath.Glob("testdata/reach/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatal("no examples", err)
	}
	for _, path := range files {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, diags := Load(path, src, nil)
		for _, d := range diags.Items {
			if d.Code != "not-built-yet" {
				t.Errorf("%s: %s %s", d.Pos, d.Code, d.Text)
			}
		}
	}
}

// TestInitFrom: the file alone or in a map, changed from the command line as a whole and in
// part. Paths of the file are relative to it.
func TestInitFrom(t *testing.T) {
	set := func(key, text string) Override {
		return Override{append([]string{"checkpoint"}, strings.Split(key, ".")...), text, "--checkpoint." + key}
	}
	for name, c := range map[string]struct {
		src    string
		set    []Override
		file   string
		only   string // joined by spaces
		origin string
	}{
		"a file":               {"init_from: w.safetensors", nil, "w.safetensors", "", ""},
		"a map":                {"init_from: {file: w.safetensors, only: encoder.*}", nil, "w.safetensors", "encoder.*", ""},
		"a list":               {"init_from: {file: w.safetensors, only: [encoder, '*.bias']}", nil, "w.safetensors", "encoder *.bias", ""},
		"all of it":            {"init_from: {file: w.safetensors}", nil, "w.safetensors", "", ""},
		"a file for a map":     {"init_from: {file: w.safetensors, only: a}", []Override{set("init_from", "v")}, "v", "", "--checkpoint.init_from"},
		"another file":         {"init_from: {file: w.safetensors, only: a}", []Override{set("init_from.file", "v")}, "v", "a", "--checkpoint.init_from.file"},
		"another part":         {"init_from: {file: w.safetensors, only: a}", []Override{set("init_from.only", "b.*")}, "w.safetensors", "b.*", ""},
		"a part of a file":     {"init_from: w.safetensors", []Override{set("init_from.only", "[a, b]")}, "w.safetensors", "a b", ""},
		"a part like an alias": {"init_from: w.safetensors", []Override{set("init_from.only", "*.bias")}, "w.safetensors", "*.bias", ""},
		"another file alone":   {"init_from: w.safetensors", []Override{set("init_from.file", "v")}, "v", "", "--checkpoint.init_from.file"},
		"both from flags":      {"keep: 1", []Override{set("init_from.file", "v"), set("init_from.only", "a")}, "v", "a", "--checkpoint.init_from.file"},
		"flags after a flag":   {"keep: 1", []Override{set("init_from", "v"), set("init_from.only", "a")}, "v", "a", "--checkpoint.init_from"},
	} {
		t.Run(name, func(t *testing.T) {
			loaded := load(t, "checkpoint:\n  "+c.src+"\n", c.set...)
			for what, got := range map[string]*InitFrom{"loaded": loaded.InitFrom, "resolved": load(t, string(loaded.Resolved())).InitFrom} {
				var only []string
				for _, o := range got.Only {
					only = append(only, o.Name)
				}
				if filepath.Base(got.File) != c.file || strings.Join(only, " ") != c.only {
					t.Errorf("%s: %q only %q, want %q only %q", what, got.File, only, c.file, c.only)
				}
			}
			if got := loaded.InitFrom; got.Origin != c.origin || got.Pos.IsValid() != (c.origin == "") {
				t.Errorf("from %q at %v, want %q", got.Origin, got.Pos, c.origin)
			}
		})
	}
}

func TestTrainerFlags(t *testing.T) {
	at := func(string) (diag.Pos, string) { return diag.Pos{}, "test" }
	type values = map[string]any
	for _, c := range []struct {
		in    values
		check func(t Trainer) bool
	}{
		{values{}, func(t Trainer) bool { return t.MaxEpochs == 1000 && t.MaxSteps == -1 }},
		{values{"max_steps": 5}, func(t Trainer) bool { return t.MaxEpochs == -1 && t.MaxSteps == 5 }},
		{values{"limit_train_batches": 1}, func(t Trainer) bool { return t.LimitTrainBatches.IsCount && t.LimitTrainBatches.Count == 1 }},
		{values{"limit_train_batches": "1"}, func(t Trainer) bool { return t.LimitTrainBatches.IsCount }},
		{values{"limit_train_batches": "1.0"}, func(t Trainer) bool { return !t.LimitTrainBatches.IsCount && t.LimitTrainBatches.Share == 1 }},
		{values{"limit_train_batches": 1.0}, func(t Trainer) bool { return !t.LimitTrainBatches.IsCount }},
		{values{"fast_dev_run": true}, func(t Trainer) bool { return t.FastDevRun == 1 && t.MaxSteps == 1 && t.NumSanityValSteps == 0 }},
		{values{"fast_dev_run": "4"}, func(t Trainer) bool { return t.FastDevRun == 4 }},
		{values{"fast_dev_run": 0}, func(t Trainer) bool { return t.FastDevRun == 0 }},
		{values{"logger": "csv"}, func(t Trainer) bool { return len(t.Logger) == 1 }},
		{values{"logger": false}, func(t Trainer) bool { return len(t.Logger) == 0 }},
		{values{"logger": []Value{"csv", "tensorboard"}}, func(t Trainer) bool { return len(t.Logger) == 2 }},
		{values{"max_time": "00:01:00:00"}, func(t Trainer) bool { return t.MaxTime == time.Hour }},
		{values{"max_time": "90s"}, func(t Trainer) bool { return t.MaxTime == 90*time.Second }},
		{values{"overfit_batches": "2"}, func(t Trainer) bool { return t.LimitTrainBatches.Count == 2 && t.LimitValBatches.Count == 2 }},
		{values{"overfit_batches": 0.1}, func(t Trainer) bool { return t.LimitTrainBatches.Share == 0.1 && t.LimitValBatches.Share == 0.1 }},
		{values{}, func(t Trainer) bool {
			return t.ValCheck.Share == 1 && t.CheckValEveryNEpoch == 1 && t.EnableModelSummary
		}},
		{values{"val_check_interval": "0.25"}, func(t Trainer) bool { return t.ValCheck.Share == 0.25 }},
		{values{"val_check_interval": 100}, func(t Trainer) bool { return t.ValCheck.IsCount && t.ValCheck.Count == 100 }},
		{values{"val_check_interval": "250 steps"}, func(t Trainer) bool { return t.ValCheck.Every == Span{250, Steps} }},
		{values{"val_check_interval": "00:00:10:00"}, func(t Trainer) bool { return t.ValCheck.Every == Span{600, Seconds} }},
		{values{"check_val_every_n_epoch": "none", "val_check_interval": 7}, func(t Trainer) bool { return t.CheckValEveryNEpoch == 0 }},
		{values{"fast_dev_run": true, "min_steps": 9, "max_time": "1h", "val_check_interval": 5}, func(t Trainer) bool { return t.MinSteps == 0 && t.MaxTime == 0 && t.ValCheck.Share == 1 }},
		{values{"deterministic": "warn"}, func(t Trainer) bool { return true }},
		{values{"precision": "32"}, func(t Trainer) bool { return true }},
		{values{"devices": 1}, func(t Trainer) bool { return true }},
	} {
		got, diags := DecodeTrainer(c.in, at)
		if err := diags.Err(); err != nil || !c.check(got) {
			t.Errorf("%v: %+v %v", c.in, got, err)
		}
	}
	for _, c := range []struct {
		in   values
		want string
	}{
		{values{"limit_val_batches": 1.5}, `has to be in \[0.0, 1.0\] or a whole number`},
		{values{"limit_val_batches": -1}, "from 0"},
		{values{"fast_dev_run": -1}, "from 1"},
		{values{"gpus": 4}, "not built yet"},
		{values{"devices": "2"}, "not built yet"},
		{values{"num_nodes": 2}, "not built yet"},
		{values{"precision": "16"}, "not built yet"},
		{values{"max_time": "1 epoch"}, "expected a time such as `30m`"},
		{values{"max_time": "00:25:00:00"}, "hours below 24"},
		{values{"min_epochs": 3, "max_epochs": 2}, "more than max_epochs, 2"},
		{values{"min_steps": 3, "max_steps": 2}, "more than max_steps, 2"},
		{values{"val_check_interval": 0.0, "max_epochs": 1}, "above 0"},
		{values{"val_check_interval": "5%", "max_epochs": 1}, "250 steps"},
		{values{"check_val_every_n_epoch": "none", "max_epochs": 1}, "a number of batches, steps or a time; found 1, a share"},
		{values{"check_val_every_n_epoch": 0, "max_epochs": 1}, "from 1, or none"},
		{values{"overfit_batches": 2, "limit_val_batches": 3, "max_epochs": 1}, "give one of them"},
		{values{"deterministic": "maybe"}, "true, false, warn"},
		{values{"accelerator": "gpuu"}, "did you mean gpu"},
		{values{"logger": "tensorbord"}, "did you mean tensorboard"},
		{values{"max_epochs": "many"}, `whole number, found "many"`},
		{values{"gradient_clip_val": -1.0}, "from 0"},
		{values{"enable_progress_bar": "maybe"}, "true or false"},
	} {
		_, diags := DecodeTrainer(c.in, at)
		if !diags.HasErrors() || !regexp.MustCompile(c.want).MatchString(diags.Items[0].Text) {
			t.Errorf("%v: %+v, want %q", c.in, diags.Items, c.want)
		}
	}
}

// TestOneFaultOfTheTrainerIsToldOnce: a flag whose value cannot be read is not judged
// against the others.
func TestOneFaultOfTheTrainerIsToldOnce(t *testing.T) {
	at := func(string) (diag.Pos, string) { return diag.Pos{}, "flag" }
	type values = map[string]any
	for _, in := range []values{
		{"val_check_interval": 1.5, "check_val_every_n_epoch": "none", "max_epochs": 1},
		{"check_val_every_n_epoch": 0},
		{"max_epochs": "many"},
		{"max_steps": "many"},
		{"max_steps": "many", "min_steps": 5},
		{"max_epochs": 3, "min_epochs": "many"},
	} {
		_, diags := DecodeTrainer(in, at)
		_, ends := in["max_epochs"]
		if _, steps := in["max_steps"]; !ends && !steps { // which warns
			in["max_epochs"] = 1
			_, diags = DecodeTrainer(in, at)
		}
		if len(diags.Items) != 1 || diags.Items[0].Code != "bad-value" {
			t.Errorf("%v: %+v", in, diags.Items)
		}
	}
	trainer, diags := DecodeTrainer(values{"max_epochs": Unreadable{}, "max_steps": Unreadable{}}, at)
	if len(diags.Items) != 0 || trainer.MaxEpochs != 1000 {
		t.Errorf("flags whose faults are told: %+v, max_epochs %d", diags.Items, trainer.MaxEpochs)
	}
}

func TestLimitBatches(t *testing.T) {
	for _, c := range []struct {
		l    Limit
		of   int
		want int
	}{
		{Limit{Share: 1}, 469, 469},
		{Limit{Share: 0.1}, 469, 46},
		{Limit{Share: 0}, 469, 0},
		{Limit{Count: 1, IsCount: true}, 469, 1},
		{Limit{Count: 500, IsCount: true}, 469, 469},
	} {
		if got, err := c.l.Batches(c.of); err != nil || got != c.want {
			t.Errorf("%+v of %d: %d %v, want %d", c.l, c.of, got, err, c.want)
		}
	}
}

// TestLimitAdvice: the share advised leaves a batch, and no smaller one of as many digits
// does.
func TestLimitAdvice(t *testing.T) {
	advised := regexp.MustCompile(`use at least ([0-9.e-]+), or`)
	for total := 2; total < 20000; total++ {
		_, err := Limit{Share: 1e-9}.Batches(total)
		found := advised.FindStringSubmatch(fmt.Sprint(err))
		if found == nil {
			t.Fatalf("of %d: no advice in %v", total, err)
		}
		share, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := (Limit{Share: share}).Batches(total); n != 1 || err != nil {
			t.Fatalf("of %d: %s gives %d, %v", total, found[1], n, err)
		}
		less, err := strconv.ParseFloat(twoDigitsBelow(share), 64)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := (Limit{Share: less}).Batches(total); n > 0 {
			t.Fatalf("of %d: %g is enough, and %s is advised", total, less, found[1])
		}
	}
	for total, want := range map[int]string{20: "0.05,", 50: "0.02,", 8: "0.13,", 3: "0.34,"} {
		if _, err := (Limit{Share: 0.01}).Batches(total); err == nil || !strings.Contains(err.Error(), "use at least "+want) {
			t.Errorf("0.01 of %d: %v, want %s", total, err, want)
		}
	}
}

// twoDigitsBelow is the largest number of two digits below x.
func twoDigitsBelow(x float64) string {
	var high, low, exponent int
	fmt.Sscanf(fmt.Sprintf("%.1e", x), "%d.%de%d", &high, &low, &exponent)
	digits := 10*high + low - 1
	if digits < 10 {
		digits, exponent = 99, exponent-1
	}
	return fmt.Sprintf("%de%d", digits, exponent-1)
}

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.yaml", "../../configs/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, path := range files {
			src, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		c, diags := Load("x.yaml", src, nil)
		if c == nil && !diags.HasErrors() {
			t.Fatal("no config and no fault")
		}
		lines := bytes.Count(src, []byte("\n")) + 2
		for _, d := range diags.Items {
			if d.Pos.Line > lines {
				t.Fatalf("%+v is beyond the file's %d lines", d, lines)
			}
		}
		var out bytes.Buffer
		diag.Fprint(&out, diags, func(string) []byte { return src }, true)
	})
}
