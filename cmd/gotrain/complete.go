package main

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/diag"
	"gotrain/internal/graph"
	"gotrain/internal/train"
)

// What the shell offers at a place: `gotrain completion --help` says how to switch it on.
// A file that cannot be read offers nothing; a wrong one, what was understood of it.

// completeVerb offers files and, after one, its vars, the verb's and the trainer's flags,
// config paths and, for inspect, its values.
func completeVerb(verb train.Verb, own []ownFlag) cobra.CompletionFunc {
	return func(_ *cobra.Command, words []string, word string) ([]string, cobra.ShellCompDirective) {
		offers, directive := offer(verb, own, words, word)
		if directive != cobra.ShellCompDirectiveFilterFileExt {
			offers = startingWith(word, offers)
		}
		return offers, directive
	}
}

// startingWith keeps the offers that go on from what is typed.
func startingWith(word string, offers []string) []string {
	return slices.DeleteFunc(offers, func(o string) bool { return !strings.HasPrefix(o, word) })
}

func offer(verb train.Verb, own []ownFlag, words []string, word string) ([]string, cobra.ShellCompDirective) {
	own = append(slices.Clone(own), commonFlags...)
	shapes := trainerShapes()
	for _, f := range own {
		shapes[f.name] = f.shape
	}
	args, _ := split(words, shapes)
	cfg := quietly(args.file)
	if n := len(words); n > 0 && !strings.HasPrefix(word, "-") && waits(words[n-1], shapes, cfg) {
		return completeValue(normalise(strings.TrimPrefix(words[n-1], "--")), cfg)
	}
	switch {
	case strings.HasPrefix(word, "-"):
		return flagCompletions(own, cfg), cobra.ShellCompDirectiveNoFileComp
	case args.file == "":
		return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
	case verb == train.InspectVerb:
		return inspectable(cfg), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// quietly reads a config for what is in it; nil where there is none.
func quietly(file string) *config.Config {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	cfg, _ := config.Load(file, src, nil)
	return cfg
}

// waits reports whether a word is a flag that takes the next one.
func waits(word string, shapes map[string]flagShape, cfg *config.Config) bool {
	name, isFlag := strings.CutPrefix(word, "--")
	if !isFlag || strings.Contains(name, "=") {
		return false
	}
	shape, known := shapes[normalise(name)]
	return known && shape == takesValue || !known && cfg != nil
}

// completeValue offers the words that a flag may take.
func completeValue(flag string, cfg *config.Config) ([]string, cobra.ShellCompDirective) {
	var out []string
	switch flag {
	case "ckpt_path":
		return []string{"best\tof the newest run", "last\tof the newest run"}, cobra.ShellCompDirectiveDefault
	case "images", "default_root_dir", "out", "grid":
		return nil, cobra.ShellCompDirectiveDefault
	case "accelerator":
		out = []string{"auto", "cpu", "gpu"}
	case "data.source":
		out = data.Names()
	case "optimizer.name":
		for _, o := range graph.OptimizerDocs() {
			out = append(out, o.Name+"\t"+o.Doc)
		}
	}
	if cfg != nil {
		for _, t := range cfg.Predict {
			if flag == "output" {
				out = append(out, t.Name)
			}
		}
		for _, v := range cfg.Vars {
			if v.Name == flag {
				for _, c := range v.Choices {
					out = append(out, valueText(c))
				}
			}
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// flagCompletions lists flags, each with its help.
func flagCompletions(own []ownFlag, cfg *config.Config) []string {
	var out []string
	add := func(name, help string) { out = append(out, "--"+name+"\t"+help) }
	if cfg != nil {
		for _, v := range cfg.Vars {
			add(v.Name, strings.TrimSpace(v.Help+" (default "+valueText(v.Default)+")"))
		}
	}
	for _, f := range own {
		add(f.name, f.help)
	}
	add("seed", "what every draw and every new weight comes from")
	for _, f := range config.TrainerFlags {
		if !f.Later {
			add(f.Name, f.Help)
		}
	}
	if cfg == nil {
		return out
	}
	for _, section := range []string{"data", "checkpoint"} {
		for _, key := range config.Keys()[section] {
			if _, there := cfg.Sections[section]; there && key != "split" && key != "samples" {
				add(section+"."+key, keySchemas[section+"."+key].help)
			}
		}
	}
	if cfg.Optimizer != nil {
		for _, o := range graph.OptimizerDocs() {
			for _, a := range o.Args {
				if o.Name == cfg.Optimizer.Name {
					add("optimizer."+a.Name, a.Doc)
				}
			}
		}
	}
	return out
}

// inspectable lists what inspect can show of a config by name.
func inspectable(cfg *config.Config) []string {
	if cfg == nil {
		return nil
	}
	var out []string
	if cfg.Data != nil {
		fields, _ := data.Fields(*cfg.Data)
		for _, f := range fields {
			out = append(out, f.Name)
		}
	}
	for _, d := range cfg.Model {
		if d.Net != nil {
			out = append(out, d.Net.Name)
		}
		out = append(out, d.Names...)
	}
	if len(cfg.Loss) > 0 {
		out = append(out, "loss")
	}
	for _, terms := range [][]*config.Term{cfg.Loss, cfg.Metrics, cfg.Predict} {
		for _, t := range terms {
			if t.Name != "" {
				out = append(out, t.Path)
			}
		}
	}
	return out
}

// completeHelp offers commands and topics, then a topic's own words.
func completeHelp(root *cobra.Command, args []string) []string {
	var out []string
	switch {
	case len(args) == 0:
		for _, c := range root.Commands() {
			if c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand() {
				out = append(out, c.Name()+"\t"+c.Short)
			}
		}
	case args[0] == "diagnostics":
		for _, c := range diag.Codes() {
			out = append(out, c.Name+"\t"+c.Title)
		}
	case args[0] == "layer":
		for _, op := range append(graph.OpDocs(), graph.OptimizerDocs()...) {
			out = append(out, op.Name+"\t"+op.Doc)
		}
	}
	return out
}
