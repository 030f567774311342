package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/diag"
	"gotrain/internal/train"
)

// verbCommand makes the command of a verb that takes FILE. Its flags are parsed by load,
// not by cobra: vars of the file are flags too.
func verbCommand(verb train.Verb, short string, argv []string, t *terminal, own []ownFlag, action func(j *job) error) *cobra.Command {
	c := &cobra.Command{
		Use:                string(verb) + " FILE [flags]",
		Short:              short,
		DisableFlagParsing: true,
		ValidArgsFunction:  completeVerb(verb, own),
		RunE: func(c *cobra.Command, words []string) error {
			j, err := load(t, argv, words, verb, own)
			if errors.Is(err, errHelp) {
				t.help(c, j, own)
				return nil
			}
			if err != nil {
				return err
			}
			return action(j)
		},
	}
	c.SetHelpFunc(func(c *cobra.Command, _ []string) { t.help(c, nil, own) }) // gotrain help fit
	return c
}

// help prints a verb's flags and, where a file was named, the file's vars and fields.
func (t *terminal) help(c *cobra.Command, j *job, own []ownFlag) {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintf(w, "%s\n\nUsage: gotrain %s\n", cmp.Or(c.Long, c.Short), c.Use)
	if j != nil {
		helpVars(w, j)
		helpFields(w, j)
	}
	fmt.Fprintln(w, "\nFlags")
	for _, f := range append(slices.Clone(own), commonFlags...) {
		fmt.Fprintf(w, "  --%s\t\t%s\n", f.name, f.help)
	}
	fmt.Fprintln(w, "\nTrainer flags (or "+envPrefix+"_<FLAG>, or the trainer section)")
	for _, f := range config.TrainerFlags {
		if !f.Later {
			fmt.Fprintf(w, "  --%s\t%s\t%s\n", f.Name, f.DefaultText(), f.Help)
		}
	}
	fmt.Fprintln(w, "\nAny config key is a flag too: --optimizer.lr 3e-4, --data.batch 64")
}

// helpVars lists the file's vars: default, range or choices, and help.
func helpVars(w io.Writer, j *job) {
	if len(j.cfg.Vars) == 0 {
		return
	}
	fmt.Fprintf(w, "\nVars of %s\n", j.file)
	for _, v := range j.cfg.Vars {
		text := v.Help
		if v.Range != nil {
			text += fmt.Sprintf(" (from %v to %v)", v.Range[0], v.Range[1])
		}
		if v.Choices != nil {
			text += " (one of " + valueText(v.Choices) + ")"
		}
		fmt.Fprintf(w, "  --%s\t%s\t%s\n", v.Name, valueText(v.Default), strings.TrimSpace(text))
	}
}

// helpFields lists the data's fields: their shape and constants, as expressions have them.
func helpFields(w io.Writer, j *job) {
	if j.cfg.Data == nil {
		return
	}
	fields, _ := data.Fields(*j.cfg.Data)
	if len(fields) == 0 {
		return
	}
	fmt.Fprintf(w, "\nData fields of %s\n", j.cfg.Data.Source)
	for _, f := range fields {
		kind := "numbers"
		if f.Int {
			kind = "whole numbers"
		}
		for _, c := range slices.Sorted(maps.Keys(f.Consts)) {
			kind += fmt.Sprintf(", %s.%s is %d", f.Name, c, f.Consts[c])
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", f.Name, strings.ReplaceAll(fmt.Sprint(f.Shape), " ", ","), kind)
	}
}

// valueText writes a var's value as a flag takes it: 256,128.
func valueText(v config.Value) string {
	items, isList := v.([]config.Value)
	if !isList {
		return fmt.Sprint(v)
	}
	var parts []string
	for _, x := range items {
		parts = append(parts, fmt.Sprint(x))
	}
	return strings.Join(parts, ",")
}

// result prints numbers by name: a table, or one JSON object.
func (j *job) result(values map[string]float64) error { return j.resultWithTables(values, nil) }

// resultWithTables prints tables after the numbers.
func (j *job) resultWithTables(values map[string]float64, tables map[string]train.Table) error {
	if j.json {
		others := map[string]any{}
		for n, t := range tables {
			others[n] = t
		}
		return j.object(values, others)
	}
	w := tabwriter.NewWriter(j.t.out, 0, 0, 2, ' ', 0)
	for _, n := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(w, "%s\t%s\n", n, strconv.FormatFloat(values[n], 'g', -1, 64))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, n := range slices.Sorted(maps.Keys(tables)) {
		fmt.Fprintf(w, "%s\n", n)
		for _, row := range tables[n] {
			for _, v := range row {
				fmt.Fprintf(w, "\t%g", v)
			}
			fmt.Fprintln(w)
		}
	}
	return w.Flush()
}

// object prints one JSON object of numbers and others.
func (j *job) object(values map[string]float64, others map[string]any) error {
	out := maps.Clone(others)
	for n, v := range values {
		out[n] = v
		if math.IsNaN(v) || math.IsInf(v, 0) { // JSON has neither
			out[n] = fmt.Sprint(v)
		}
	}
	if err := json.NewEncoder(j.t.out).Encode(out); err != nil {
		return &diag.EnvError{Text: "the result could not be written", Err: err}
	}
	return nil
}
