package engine

import (
	"fmt"
	"slices"
	"strings"
)

// pass is one transformation of a Func. Each leaves it correct; later ones make it
// smaller or faster. The verifier runs between them in tests.
type pass struct {
	name     string
	run      func(f *Func)
	required bool // a device cannot compile without it; the others can be switched off
	merges   bool // it makes one instruction of several: Trace runs without it
}

// passes run in this order.
var passes = []pass{
	{name: "rewrite", run: rewrite, merges: true},
	{name: "cse", run: cse},
	{name: "deadcode", run: deadCode},
	{name: "reshape", run: aliasReshapes},
	{name: "epilogues", run: epilogues, merges: true},
	{name: "fusion", run: fuse, merges: true},
	{name: "update-in-tiles", run: updateInTiles, merges: true},
	{name: "update-together", run: updateTogether, merges: true},
	{name: "inplace", run: inPlace},
	{name: "arena", run: planArena, required: true},
}

// passOrder says which pass must stand before which, and why.
var passOrder = []struct{ before, after, reason string }{
	{"rewrite", "cse", "two spellings of one thing become equal"},
	{"rewrite", "deadcode", "what a rewrite reads no more may be dead"},
	{"cse", "deadcode", "what has become the same leaves uses behind"},
	{"deadcode", "fusion", "a dead reader would keep a value stored"},
	{"reshape", "fusion", "a Map reads its operand's memory, not a copy of it"},
	{"reshape", "epilogues", "a Map reads its operand's memory, not a copy of it"},
	{"epilogues", "fusion", "a Map of a product belongs to the product, which a group of Maps would have stored"},
	{"fusion", "update-in-tiles", "the update is one instruction once its Maps are"},
	{"update-in-tiles", "update-together", "an update that a product took in is in no list"},
	{"update-together", "inplace", "all updates are in place at once"},
	{"fusion", "inplace", "a group is in place as a whole"},
	{"deadcode", "inplace", "a dead use would keep an operand alive"},
	{"deadcode", "arena", "dead values would take memory"},
	{"reshape", "inplace", "an operand dies only where all its reshaped forms do"},
	{"inplace", "arena", "values that share memory are placed once"},
}

// OptionalPasses names the passes that Options.Skip may have, in order.
func OptionalPasses() []string {
	var names []string
	for _, p := range passes {
		if !p.required {
			names = append(names, p.name)
		}
	}
	return names
}

// Options controls Compile.
type Options struct {
	Verify bool     // check the Func after each pass; a fault is an error naming the pass
	Skip   []string // names of optional passes to leave out
	// Dump, when set, sees the Func after lowering (as "lower") and after each pass.
	Dump func(pass string, f *Func)
}

func (o Options) check() error {
	for _, name := range o.Skip {
		i := slices.IndexFunc(passes, func(p pass) bool { return p.name == name })
		if i < 0 {
			return fmt.Errorf("engine: no pass %q (there are: %s)", name, strings.Join(OptionalPasses(), ", "))
		}
		if passes[i].required {
			return fmt.Errorf("engine: pass %q cannot be skipped", name)
		}
	}
	return nil
}

// optimise runs the passes over f.
func (o Options) optimise(f *Func) error {
	if err := o.after("lower", f); err != nil {
		return err
	}
	for _, p := range passes {
		if slices.Contains(o.Skip, p.name) {
			continue
		}
		p.run(f)
		if err := o.after(p.name, f); err != nil {
			return err
		}
	}
	return nil
}

func (o Options) after(pass string, f *Func) error {
	if o.Dump != nil {
		o.Dump(pass, f)
	}
	if o.Verify {
		if err := Verify(f); err != nil {
			return fmt.Errorf("engine: %s after %s: %w", f.Name, pass, err)
		}
	}
	return nil
}
