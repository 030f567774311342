package main

import (
	"fmt"
	"os"
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
	trainer, diags := config.DecodeTrainer(values, origin)
	return trainer, diags, nil
}
