package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// envPrefix begins the environment variables that set trainer flags: GOTRAIN_MAX_EPOCHS.
const envPrefix = "GOTRAIN"

func envName(flag string) string { return envPrefix + "_" + strings.ToUpper(flag) }

// trainerShapes gives the shape of each trainer flag.
func trainerShapes() map[string]flagShape {
	shapes := map[string]flagShape{}
	for _, f := range config.TrainerFlags {
		switch f.Kind {
		case config.BoolKind:
			shapes[f.Name] = isSwitch
		case config.BoolOrCountKind:
			shapes[f.Name] = optional
		default:
			shapes[f.Name] = takesValue
		}
	}
	return shapes
}

// resolveTrainer settles each trainer flag: command line, else environment, else file,
// else default. viper keeps the order; the origin of each value is kept here, since viper
// does not tell it.
func resolveTrainer(cfg *config.Config, flags []given) (config.Trainer, diag.List, error) {
	v := viper.New()
	v.SetEnvPrefix(envPrefix)
	set := pflag.NewFlagSet("trainer", pflag.ContinueOnError)
	inFile := map[string]any{}
	for _, f := range config.TrainerFlags {
		if f.Default != nil {
			v.SetDefault(f.Name, f.Default)
		}
		set.String(f.Name, "", f.Help)
		if err := v.BindEnv(f.Name, envName(f.Name)); err != nil {
			return config.Trainer{}, diag.List{}, fmt.Errorf("bind environment: %w", err)
		}
		if err := v.BindPFlag(f.Name, set.Lookup(f.Name)); err != nil {
			return config.Trainer{}, diag.List{}, fmt.Errorf("bind flag: %w", err)
		}
	}
	for key, s := range cfg.Trainer {
		inFile[key] = s.Value
	}
	if err := v.MergeConfigMap(inFile); err != nil {
		return config.Trainer{}, diag.List{}, fmt.Errorf("trainer section: %w", err)
	}
	for _, g := range flags {
		if set.Lookup(g.name) != nil {
			if err := set.Set(g.name, g.value); err != nil {
				return config.Trainer{}, diag.List{}, fmt.Errorf("flag %s: %w", g.text, err)
			}
		}
	}
	values := map[string]any{}
	for _, f := range config.TrainerFlags {
		if value := v.Get(f.Name); value != nil && v.IsSet(f.Name) {
			values[f.Name] = value
		}
	}
	origin := func(key string) (diag.Pos, string) {
		if set.Changed(key) {
			return diag.Pos{}, "--" + key
		}
		if os.Getenv(envName(key)) != "" {
			return diag.Pos{}, envName(key)
		}
		if s := cfg.Trainer[key]; s != nil {
			return s.Pos, s.Origin
		}
		return diag.Pos{}, ""
	}
	for _, flag := range cfg.TrainerFaults {
		if at, from := origin(flag); !at.IsValid() && from == "" {
			values[flag] = config.Unreadable{}
		}
	}
	trainer, diags := config.DecodeTrainer(values, origin)
	if !cfg.Sections["optimizer"].IsValid() { // nothing is trained, so nothing need end
		diags.Items = slices.DeleteFunc(diags.Items, func(d diag.Diagnostic) bool { return d.Code == "no-end" })
	}
	return trainer, diags, nil
}

// ofThisProcess are the flags that say how a process runs and not what it computes: a run
// folder does not remember them.
var ofThisProcess = map[string]bool{
	"fast_dev_run": true, "enable_progress_bar": true, "default_root_dir": true, "threads": true, "accelerator": true,
	"devices": true, "gpus": true, "num_nodes": true,
}

// resolved is the config as YAML with overrides, trainer flags and environment in it:
// what a run folder keeps, and goes on from.
func (j *job) resolved() ([]byte, error) {
	cfg, err := j.settled(false)
	if err != nil {
		return nil, err
	}
	return cfg.Resolved(), nil
}

// settled is the config with overrides, trainer flags and environment in it; those of this
// process only where they are asked for.
func (j *job) settled(ofProcess bool) (*config.Config, error) {
	all := j.over
	for _, f := range config.TrainerFlags {
		text, origin := os.Getenv(envName(f.Name)), envName(f.Name)
		for _, g := range j.flags {
			if g.name == f.Name {
				text, origin = g.value, g.text
			}
		}
		if text != "" && (ofProcess || !ofThisProcess[f.Name]) {
			all = append(all[:len(all):len(all)], config.Override{Path: []string{"trainer", f.Name}, Text: text, Origin: origin})
		}
	}
	cfg, _ := config.Load(j.file, j.cfg.Source, all)
	if cfg == nil {
		return nil, fmt.Errorf("the config cannot be read a second time")
	}
	return cfg, nil
}

// environmentOverrides gives the overrides of the environment that are no trainer flags.
func environmentOverrides(given []config.Override) []config.Override {
	text := os.Getenv(envName("seed"))
	if text == "" || slices.ContainsFunc(given, func(o config.Override) bool { return o.Path[0] == "seed" }) {
		return nil
	}
	return []config.Override{{Path: []string{"seed"}, Text: text, Origin: envName("seed")}}
}

// variables gives the environment's settings of flags, as "NAME=value".
func variables() []string {
	var out []string
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		flag, ours := strings.CutPrefix(name, envPrefix+"_")
		flag = strings.ToLower(flag)
		known := flag == "seed" || slices.ContainsFunc(config.TrainerFlags, func(f config.Flag) bool { return f.Name == flag })
		if ours && known && value != "" && !ofThisProcess[flag] {
			out = append(out, entry)
		}
	}
	slices.Sort(out)
	return out
}

// otherVariables are the variables with our prefix that are no flags.
var otherVariables = []string{"GOTRAIN_SEED", "GOTRAIN_VERIFY", "GOTRAIN_TEST_NETWORK"}

// unknownEnvironment reports variables with our prefix that mean nothing: a mistyped flag.
func unknownEnvironment() diag.List {
	var l diag.List
	known := slices.Clone(otherVariables)
	for _, f := range config.TrainerFlags {
		known = append(known, envName(f.Name))
	}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix+"_") || slices.Contains(known, name) {
			continue
		}
		d := l.Errorf("unknown-variable", diag.Pos{}, "an environment variable that means nothing")
		d.Origin = name
		if near := diag.Suggest(name, known); near != "" {
			d.Hint = "did you mean " + near + "?"
		}
	}
	return l
}
