package graph

import (
	"fmt"
	"slices"
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

// OpDocs describes every op, layer, loss and metric, in the table's order.
func OpDocs() []OpDoc {
	var out []OpDoc
	for _, op := range ops {
		out = append(out, docOf(op.Name, op.Group, op.Doc, op.Params))
	}
	return out
}

// FormDocs describes the forms, which are gone when a model is built.
func FormDocs() []OpDoc {
	var out []OpDoc
	for _, f := range forms {
		out = append(out, docOf(f.Name, "form", f.Doc, f.Args))
	}
	return out
}

// InitializerDocs describes what `init=` takes beside a number.
func InitializerDocs() []OpDoc {
	var out []OpDoc
	for _, i := range initializers {
		d := OpDoc{Name: i.Name, Group: "initializer", Doc: i.Doc}
		for _, a := range i.Args {
			d.Args = append(d.Args, ArgDoc{Name: a.Name, Kind: kind(a.Default), Default: written(a.Default)})
		}
		out = append(out, d)
	}
	return out
}

// RuntimeDocs describes the scalars that change from step to step.
func RuntimeDocs() []OpDoc {
	var out []OpDoc
	for _, r := range runtimeScalars {
		out = append(out, OpDoc{Name: r.Name, Group: "scalar", Doc: r.Doc})
	}
	return out
}

// Later lists the ops that the language has and this version has not.
func Later() []string { return slices.Clone(later) }

// LaterArguments lists the same of losses and metrics.
func LaterArguments() []string { return slices.Clone(laterArguments) }

func docOf(name, group, doc string, params []param) OpDoc {
	d := OpDoc{Name: name, Group: group, Doc: doc}
	for _, p := range params {
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
	return d
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
	switch v.(type) {
	case []float64, []string:
		return strings.ReplaceAll(fmt.Sprint(v), " ", ", ")
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
	case []string:
		return "a list of words"
	}
	return "a number"
}
