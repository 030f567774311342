package graph

import (
	"fmt"
	"strings"
)

// OpDoc is what the reference says of an op or an optimizer.
type OpDoc struct {
	Name, Group, Doc string
	Args             []ArgDoc
}

// ArgDoc is one argument.
type ArgDoc struct {
	Name, Kind, Default, Doc string
}

// OpDocs describes everything that can be called, in the table's order.
func OpDocs() []OpDoc {
	var out []OpDoc
	for _, op := range ops {
		d := OpDoc{Name: op.Name, Group: op.Group, Doc: op.Doc}
		for _, p := range op.Params {
			a := ArgDoc{Name: p.Name, Kind: p.Kind.String(), Doc: p.Doc}
			if p.Kind == enumArg {
				a.Kind = strings.Join(p.Enum, " or ")
			}
			if p.Optional && p.Default != nil {
				a.Default = fmt.Sprint(p.Default)
			} else if p.Optional {
				a.Default = "none"
			}
			d.Args = append(d.Args, a)
		}
		out = append(out, d)
	}
	return out
}

// OptimizerDocs describes the optimizers.
func OptimizerDocs() []OpDoc {
	var out []OpDoc
	for _, o := range optimizers {
		d := OpDoc{Name: o.Name, Group: "optimizer", Doc: o.Doc}
		for _, a := range o.Args {
			d.Args = append(d.Args, ArgDoc{Name: a.Name, Kind: kind(a.Default), Default: written(a.Default), Doc: a.Doc})
		}
		out = append(out, d)
	}
	return out
}

// written is a default as a config would have it.
func written(v any) string {
	if items, ok := v.([]float64); ok {
		return strings.ReplaceAll(fmt.Sprint(items), " ", ", ")
	}
	return fmt.Sprint(v)
}

// kind says what an optimizer's argument takes, by its default.
func kind(v any) string {
	switch v.(type) {
	case bool:
		return "true or false"
	case []float64:
		return "a list of numbers"
	}
	return "a number"
}
