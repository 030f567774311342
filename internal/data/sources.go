package data

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// source is one value of data.source: one file, and one line in sources.
type source struct {
	Name string
	// Fields gives the source's arrays and what is wrong with its keys. It is part of
	// `gotrain check`: it opens no file but where the fields are the file's own.
	Fields func(config.Data) ([]config.Field, diag.List)
	// Open reads, fetches or draws what Options.Need asks for.
	Open func(context.Context, config.Data, Options) (*Sets, error)
	// Size tells what Open would take, reading no more than the heads of files; known is
	// false where they do not tell.
	Size func(d config.Data, o Options) (s Size, known bool)
}

// Size is how much data there is.
type Size struct {
	Train, Val, Test int   // samples
	Bytes            int64 // in memory
	BatchBytes       int64 // in memory for each sample of each set's batch, beside the batches
}

// Samples are those of each set that is needed.
func (s Size) Samples(need Need) []int {
	var samples []int
	o := Options{Need: need}
	for _, set := range []struct {
		need    Need
		samples int
	}{{NeedTrain, s.Train}, {NeedVal, s.Val}, {NeedTest, s.Test}} {
		if o.needs(set.need) {
			samples = append(samples, set.samples)
		}
	}
	return samples
}

// SizeOf gives the size of a data section's sets, reading no more than the heads of files;
// known is false where they do not tell.
func SizeOf(d config.Data, o Options) (s Size, known bool) {
	src, _ := find(d)
	if src == nil {
		return Size{}, false
	}
	s, known = src.Size(d, o)
	if known && d.Pairs != "" {
		fields, _ := src.Fields(d)
		s.addPairs(o, fields)
	}
	return s, known
}

// divided is the size of sets that divide cuts from train and held-out samples.
func divided(d config.Data, train, held int) Size {
	s := Size{Train: train - d.Split["val"] - d.Split["test"], Val: d.Split["val"], Test: d.Split["test"]}
	if s.Val == 0 {
		s.Val = held
	}
	if s.Test == 0 {
		s.Test = held
	}
	return s
}

// sources lists what data.source may be.
func sources() []source {
	return []source{
		{"mnist", mnistFields, openMNIST, mnistSize},
		{"fashion_mnist", mnistFields, openFashion, fashionSize},
		{"digits", digitsFields, openDigits, digitsSize},
		{"npz", arrayFields, openArrays, arraySize},
		{"npy", arrayFields, openArrays, arraySize},
	}
}

// laterSources are part of the language, and not built yet.
var laterSources = []string{"cifar10", "csv", "text", "text_pairs", "images"}

// Later lists the sources that the language has and this version has not.
func Later() []string { return slices.Clone(laterSources) }

// Names lists the sources.
func Names() []string {
	var names []string
	for _, s := range sources() {
		names = append(names, s.Name)
	}
	return names
}

// Fields gives the fields of a data section; it reads no more of a file than tells them.
func Fields(d config.Data) ([]config.Field, diag.List) {
	src, diags := find(d)
	if src == nil {
		return nil, diags
	}
	fields, diags := src.Fields(d)
	return withPairs(d, fields, diags)
}

// Open opens the data sets of a data section.
func Open(ctx context.Context, d config.Data, o Options) (*Sets, error) {
	src, diags := find(d)
	if src != nil {
		fields, found := src.Fields(d)
		_, diags = withPairs(d, fields, found)
	}
	if err := diags.Err(); err != nil {
		return nil, err
	}
	sets, err := src.Open(ctx, d, o)
	if err == nil && d.Pairs != "" {
		err = pairSets(d, o, sets)
	}
	return sets, err
}

func find(d config.Data) (*source, diag.List) {
	var diags diag.List
	all := sources()
	var names []string
	for i := range all {
		if all[i].Name == d.Source {
			return &all[i], diags
		}
		names = append(names, all[i].Name)
	}
	known := "sources: " + strings.Join(names, ", ")
	if slices.Contains(laterSources, d.Source) {
		g := diags.Errorf("not-built-yet", d.SourcePos, "data source %q is part of the language but not built yet", d.Source)
		g.Path, g.Hint = "data.source", known
		return nil, diags
	}
	g := diags.Errorf("unknown-source", d.SourcePos, "unknown data source %q", d.Source)
	g.Path, g.Hint = "data.source", known
	if near := diag.Suggest(d.Source, append(names, laterSources...)); near != "" {
		g.Hint = fmt.Sprintf("did you mean %q?", near)
		g.Notes = []string{known}
	}
	return nil, diags
}
