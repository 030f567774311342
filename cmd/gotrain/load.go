package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/diag"
	"gotrain/internal/graph"
	"gotrain/internal/schedule"
	"gotrain/internal/train"
)

// job is a command line, understood: a checked config and all its flags.
type job struct {
	t       *terminal
	argv    []string
	file    string   // the config's path
	names   []string // words after FILE, where the verb takes some
	run     string   // the run folder, where FILE is one
	cfg     *config.Config
	model   *graph.Model
	trainer config.Trainer
	own     map[string]string // the verb's own flags, by name
	changed []string          // the flags that change the result, as written
	over    []config.Override // of vars and config keys
	flags   []given           // of the verb and the trainer
	json    bool

	verb train.Verb

	// warnings are of what load found and stops nothing. They are printed on standard
	// error, and under --json of check in its result.
	warnings []diag.Diagnostic
}

// ownFlag is a flag of a verb, beside the trainer's.
type ownFlag struct {
	name, help string
	shape      flagShape
}

var commonFlags = []ownFlag{
	{"json", "print results as one JSON object on standard output", isSwitch},
}

var checkpointFlag = ownFlag{"ckpt_path", "a checkpoint folder, or best or last of the newest run", takesValue}

// load reads FILE and judges every flag. All that is wrong is reported together.
func load(t *terminal, argv, words []string, verb train.Verb, own []ownFlag) (*job, error) {
	own = append(own, commonFlags...)
	shapes := trainerShapes()
	isOwn := map[string]bool{}
	for _, f := range own {
		shapes[f.name] = f.shape
		isOwn[f.name] = true
	}
	args, diags := split(words, shapes)
	j := &job{t: t, argv: argv, own: map[string]string{}, verb: verb}
	for _, g := range args.flags {
		if !isOwn[g.name] {
			continue
		}
		j.own[g.name] = g.value
		switch shape := shapes[g.name]; {
		case shape == takesValue && g.value == "":
			diags.Errorf("usage", diag.Pos{}, "needs a value, and has an empty one").Origin = g.text
		case shape == isSwitch && g.value != "true" && g.value != "false":
			diags.Errorf("bad-value", diag.Pos{}, "expected true or false, found %q", g.value).Origin = g.text
		}
	}
	j.json = j.own["json"] == "true"
	t.json = j.json
	if args.file == "" {
		if args.help {
			return nil, errHelp
		}
		diags.Errorf("usage", diag.Pos{}, "%s needs a FILE", verb).Hint = fmt.Sprintf("for example: gotrain %s configs/vae-mnist.yaml", verb)
		return nil, j.fail(diags, nil)
	}
	if j.names = args.names; verb != train.InspectVerb {
		for _, word := range args.names {
			d := diags.Errorf("usage", diag.Pos{}, "two files: %q and %q", args.file, word)
			d.Origin, d.Hint = word, "one FILE, and flags as --name value"
		}
	}
	src, err := j.read(args.file)
	if err != nil {
		return nil, err
	}
	// The file is read twice: for its vars, which are flags, then with the overrides.
	first, problems := config.Load(j.file, src, nil)
	if first == nil {
		diags.Append(problems)
		return nil, j.fail(diags, src)
	}
	over, unknown, problems := overrides(args.other, first.VarNames())
	diags.Append(problems)
	over = append(environmentOverrides(over), over...)
	diags.Append(unknownFlags(unknown, first.VarNames(), shapes))
	for _, o := range over {
		if o.Origin != envName("seed") { // variables are listed below
			j.changed = append(j.changed, o.Origin+" "+o.Text)
		}
	}
	cfg, problems := config.Load(j.file, src, over)
	diags.Append(problems)
	j.cfg = cfg
	trainer, problems, err := resolveTrainer(cfg, args.flags)
	if err != nil {
		return nil, err
	}
	diags.Append(problems)
	diags.Append(unknownEnvironment())
	j.trainer = trainer
	j.over, j.flags = over, args.flags
	j.changed = append(j.changed, variables()...)
	for _, g := range args.flags {
		if !isOwn[g.name] && !ofThisProcess[g.name] {
			j.changed = append(j.changed, g.text+" "+g.value)
		}
	}
	if args.help {
		return j, errHelp
	}
	var fields []config.Field
	if cfg.Data != nil {
		fields, problems = data.Fields(*cfg.Data)
		diags.Append(problems)
	}
	diags.Append(train.Require(verb, cfg))
	model, problems, err := graph.Check(cfg, fields)
	if err != nil {
		return nil, err
	}
	diags.Append(problems)
	j.model = model
	if verb == train.FitVerb || verb == checkVerb {
		problems, err = train.Static(cfg, model, trainer, j.run != "" || j.own["ckpt_path"] != "", diags)
		if err != nil {
			return nil, err
		}
	} else {
		_, problems = schedule.Check(cfg.Schedule)
	}
	diags.Append(problems)
	blame(diags.Items, over)
	if err := j.fail(diags, src); err != nil {
		return nil, err
	}
	return j, nil
}

// blame gives the faults of values that the command line set their flag, with no place in
// the file, where another value may stand.
func blame(items []diag.Diagnostic, over []config.Override) {
	for i := range items {
		d := &items[i]
		if d.Origin != "" {
			continue
		}
		for _, o := range over {
			if o.Origin != "" && setBy(d.Path, strings.Join(o.Path, ".")) {
				d.Pos, d.Origin = diag.Pos{}, o.Origin
			}
		}
	}
}

// setBy reports whether the value at a path is one that an override of another path made:
// that value, a part of it, or a list or a set of sizes that it is a part of.
func setBy(path, over string) bool {
	if path == over || strings.HasPrefix(path, over+".") || strings.HasPrefix(path, over+"[") {
		return true
	}
	rest, inside := strings.CutPrefix(over, path+".")
	return inside && (path == "data.split" || path == "data.samples" || strings.Trim(rest, "0123456789") == "")
}

// read gives the source of FILE: a config, "-", or a run folder.
func (j *job) read(file string) ([]byte, error) {
	j.file = file
	if file == "-" {
		src, err := io.ReadAll(io.LimitReader(j.t.in, 2<<20))
		if err != nil {
			return nil, &diag.EnvError{Text: "cannot read standard input", Err: err}
		}
		return src, nil
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		j.run = filepath.Clean(file)
		j.file = filepath.Join(file, "resolved.yaml")
	}
	src, err := os.ReadFile(j.file)
	switch {
	case err == nil:
		return src, nil
	case j.run != "" && errors.Is(err, fs.ErrNotExist):
		return nil, usage(fmt.Sprintf("%s is a folder, but no run: it has no resolved.yaml", file), "FILE is a config or a folder such as runs/vae-mnist/version_0")
	case errors.Is(err, fs.ErrNotExist):
		hint := "gotrain runs lists past runs; configs end in .yaml"
		if near := nearestFile(file); near != "" {
			hint = "did you mean " + near + "?"
		}
		return nil, usage("no such file: "+file, hint)
	}
	return nil, &diag.EnvError{Text: "cannot read the config", Err: err}
}

// nearestFile suggests a file of the same folder.
func nearestFile(file string) string {
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && (strings.HasSuffix(e.Name(), ".yaml") || strings.HasSuffix(e.Name(), ".yml")) {
			names = append(names, e.Name())
		}
	}
	if near := diag.Suggest(filepath.Base(file), names); near != "" {
		return filepath.Join(filepath.Dir(file), near)
	}
	return ""
}

// fail prints the diagnostics; it gives an error where any is one.
func (j *job) fail(l diag.List, src []byte) error {
	l.Sort()
	j.warnings = l.Warnings()
	if len(l.Items) == 0 {
		return nil
	}
	switch {
	case j.json && l.HasErrors():
		diag.FprintJSON(j.t.out, l)
	case j.json && j.verb == checkVerb: // they are in its result
	default:
		diag.Fprint(j.t.err, l, func(file string) []byte {
			if file == j.file {
				return src
			}
			included, _ := os.ReadFile(file) // it was read a moment ago
			return included
		}, colour(j.t.err))
	}
	if err := l.Err(); err != nil {
		if !j.json {
			fmt.Fprintln(j.t.err, l.Summary(), "Nothing was loaded or written.")
		}
		return &shownError{err}
	}
	return nil
}
