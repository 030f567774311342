package engine

import (
	"os"

	"gotrain/internal/graph"
)

// DefaultOptions verifies after each pass where GOTRAIN_VERIFY is set. It is the only
// place in this package that reads the environment.
func DefaultOptions() Options { return Options{Verify: os.Getenv("GOTRAIN_VERIFY") != ""} }

// Compile prepares p for a batch size with DefaultOptions. The states of p are declared
// in store.
func Compile(dev Device, store *Store, p *graph.Program, batch int) (*Executable, error) {
	return CompileWith(dev, store, p, batch, DefaultOptions())
}

// CompileWith prepares p for a batch size.
func CompileWith(dev Device, store *Store, p *graph.Program, batch int, opts Options) (*Executable, error) {
	f, before, err := plan(p, batch, opts)
	if err != nil {
		return nil, err
	}
	if err := store.Ensure(p.States); err != nil {
		return nil, err
	}
	states, err := store.bind(f)
	if err != nil {
		return nil, err
	}
	run, err := dev.Compile(f)
	if err != nil {
		return nil, err
	}
	return newExecutable(p, opts, dev, f, store, states, run, before), nil
}

// Plan lowers and optimises p without a device: what Compile would run.
func Plan(p *graph.Program, batch int, opts Options) (*Func, error) {
	f, _, err := plan(p, batch, opts)
	return f, err
}

// plan also gives the number of instructions before the passes.
func plan(p *graph.Program, batch int, opts Options) (*Func, int, error) {
	if err := opts.check(); err != nil {
		return nil, 0, err
	}
	f, err := lower(p, batch)
	if err != nil {
		return nil, 0, err
	}
	if err := Verify(f); err != nil { // a wrong program is named here and crashes no kernel
		return nil, 0, err
	}
	before := len(f.Instrs)
	return f, before, opts.optimise(f)
}
