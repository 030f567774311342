package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/graph"
	"gotrain/internal/train"
	"gotrain/internal/units"
)

// printVerb needs no section at all.
const printVerb train.Verb = "print"

func newPrintCommand(argv []string, t *terminal) *cobra.Command {
	own := []ownFlag{
		{"resolved", "the config as YAML with includes, vars, flags and environment in it (the default)", isSwitch},
		{"origins", "each value with the file and line, flag, variable or default that it comes from", isSwitch},
		{"lowered", "the values of a training step: name, op, inputs, shape, parameters, bytes", isSwitch},
	}
	return verbCommand(printVerb, "Print a config with everything in it", argv, t, own, runPrint)
}

func runPrint(j *job) error {
	on := func(flag string) bool { return j.own[flag] == "true" }
	out := map[string]any{}
	var parts []func() error
	if on("resolved") || !on("origins") && !on("lowered") {
		all, err := j.settled(true)
		if err != nil {
			return err
		}
		out["resolved"] = string(all.Resolved())
		parts = append(parts, func() error {
			_, err := j.t.out.Write(all.Resolved())
			return err
		})
	}
	if on("origins") {
		origins, err := j.origins()
		if err != nil {
			return err
		}
		out["origins"] = origins
		parts = append(parts, func() error { return printOrigins(j.t, origins) })
	}
	if on("lowered") {
		programs, err := j.lowered()
		if err != nil {
			return err
		}
		out["programs"] = programs
		parts = append(parts, func() error { return printLowered(j.t, programs) })
	}
	if j.json {
		return json.NewEncoder(j.t.out).Encode(out)
	}
	for i, print := range parts {
		if i > 0 {
			fmt.Fprintln(j.t.out)
		}
		if err := print(); err != nil {
			return &diag.EnvError{Text: "the result could not be written", Err: err}
		}
	}
	return nil
}

// origins lists every value: those that the file, flags and environment set, then the
// defaults of the others.
func (j *job) origins() ([]config.Origin, error) {
	all, err := j.settled(true)
	if err != nil {
		return nil, err
	}
	out := all.Origins()
	known := map[string]bool{}
	for _, o := range out {
		known[o.Path] = true
	}
	add := func(path string, value any) {
		if !known[path] {
			out = append(out, config.Origin{Path: path, Value: fmt.Sprint(value), From: "default"})
		}
	}
	add("name", j.cfg.Name)
	add("seed", j.cfg.Seed)
	if d := j.cfg.Data; d != nil {
		add("data.batch", d.Batch)
		add("data.shuffle", d.Shuffle)
	}
	if j.cfg.Optimizer != nil {
		for _, o := range graph.OptimizerDocs() {
			if o.Name != j.cfg.Optimizer.Name {
				continue
			}
			for _, a := range o.Args {
				add("optimizer."+a.Name, a.Default)
			}
		}
	}
	if !known["trainer.monitor"] {
		add("checkpoint.monitor", j.cfg.Checkpoint.Monitor)
	}
	if !known["trainer.mode"] {
		add("checkpoint.mode", j.cfg.Checkpoint.Mode)
	}
	add("checkpoint.keep", j.cfg.Checkpoint.Keep)
	for _, f := range config.TrainerFlags {
		if !f.Later && f.DefaultText() != "" {
			add("trainer."+f.Name, f.DefaultText())
		}
	}
	return out, nil
}

func printOrigins(t *terminal, origins []config.Origin) error {
	const widest = 60 // runes of a value
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, o := range origins {
		value := []rune(diag.Printable(o.Value))
		if len(value) > widest {
			value = append(value[:widest], '…')
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", o.Path, string(value), o.From)
	}
	return w.Flush()
}

// program is one phase's list of values.
type program struct {
	Name       string      `json:"name"`
	Batch      int         `json:"batch"`
	Parameters int         `json:"parameters"`
	Values     []graph.Row `json:"values"`
}

// lowered lists the training step or, of a config that does not train, its evaluation and
// predictions.
func (j *job) lowered() ([]program, error) {
	build := map[string]func() (*graph.Program, error){}
	switch {
	case len(j.cfg.Loss) > 0 && j.cfg.Optimizer != nil:
		build["train"] = func() (*graph.Program, error) { return j.model.Train(graph.TrainOptions{}) }
	case len(j.cfg.Loss)+len(j.cfg.Metrics) > 0:
		build["eval"] = j.model.Eval
	}
	if len(build) == 0 {
		for _, name := range j.model.PredictNames {
			build["predict."+name] = func() (*graph.Program, error) { return j.model.Predict(name) }
		}
	}
	if len(build) == 0 {
		return nil, usage("there is nothing to lower", "the config has no loss, metrics or predict section")
	}
	batch := 1
	if j.cfg.Data != nil {
		batch = j.cfg.Data.Batch
	}
	var out []program
	for _, name := range slices.Sorted(maps.Keys(build)) {
		p, err := build[name]()
		if err != nil {
			return nil, err
		}
		list := program{Name: name, Batch: batch, Values: p.Rows(batch)}
		for _, r := range list.Values {
			list.Parameters += r.Parameters
		}
		out = append(out, list)
	}
	return out, nil
}

func printLowered(t *terminal, programs []program) error {
	for _, p := range programs {
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		fmt.Fprintf(w, "name\top\tinputs\tshape\tparameters\tbytes\tpath\n")
		for _, r := range p.Values {
			parameters := ""
			if r.Parameters > 0 {
				parameters = units.Thousands(r.Parameters)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Op, r.InputList(), r.Shape, parameters, units.Thousands(r.Bytes), r.Path)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(t.out, "%s: %d values, %s parameters; bytes at batch %d, before any is fused or shares memory\n", p.Name, len(p.Values), units.Thousands(p.Parameters), p.Batch)
	}
	return nil
}
