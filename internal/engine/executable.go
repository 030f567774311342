package engine

import (
	"context"
	"fmt"
	"time"

	"gotrain/internal/graph"
)

// Feed is the inputs of a step by name. The slices are read during the call only.
type Feed struct {
	Float map[string][]float32
	Int   map[string][]int32
}

// NonFiniteError is a step whose guard was 0: a NaN or an infinity in the loss or in a new
// state. No state was changed; Trace tells which value was the first.
type NonFiniteError struct {
	Program string
	Batch   int
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("%s: the step is not finite and was not applied", e.Program)
}

// Executable is a program compiled for one batch size on the states of one store.
type Executable struct {
	program *graph.Program // what f was lowered from, with opts
	opts    Options
	dev     Device
	plain   *Executable // an instruction an op, for Trace; nil until it is called
	f       *Func
	store   *Store
	states  []*stored
	run     Runnable
	args    Args
	used    []bool // by Func.Inputs: whether the step needs it
	outputs map[string]int
	stats   Stats
}

func newExecutable(p *graph.Program, opts Options, dev Device, f *Func, store *Store, states []*stored, run Runnable, before int) *Executable {
	e := &Executable{program: p, opts: opts, dev: dev, f: f, store: store, states: states, run: run, outputs: map[string]int{}, used: usedInputs(f)}
	e.args = Args{Inputs: make([]Host, len(f.Inputs)), Front: make([]Buffer, len(states)), Back: make([]Buffer, len(states))}
	for _, o := range f.Outputs {
		e.outputs[o.Name] = o.Value
	}
	e.stats = count(f, before, run)
	return e
}

func usedInputs(f *Func) []bool {
	used := make([]bool, len(f.Inputs))
	for _, in := range f.Instrs {
		for _, a := range in.In {
			if r := f.Root(a); r.Space == Input {
				used[r.Slot] = true
			}
		}
	}
	return used
}

// Func is what the executable runs. It must not be changed.
func (e *Executable) Func() *Func { return e.f }

// Stats are the executable's figures.
func (e *Executable) Stats() Stats { return e.stats }

// Step runs the program on feed and puts its next states in place, or returns a
// *NonFiniteError and leaves them as they were. feed must have every input the program
// uses, at its length for the batch size; others are ignored. A step that has begun is
// finished.
func (e *Executable) Step(ctx context.Context, feed Feed) error {
	return e.step(ctx, feed, func() error { return e.run.Run(&e.args) })
}

// StepTimed is a Step that adds to took, by instruction of Func, how long each one took.
// Looking at the clock costs the step some microseconds.
func (e *Executable) StepTimed(ctx context.Context, feed Feed, took []time.Duration) error {
	return e.step(ctx, feed, func() error {
		last := time.Now()
		return e.run.RunEach(&e.args, func(instr, _ int, _ []float32) bool {
			now := time.Now()
			took[instr] += now.Sub(last)
			last = now
			return true
		})
	})
}

func (e *Executable) step(ctx context.Context, feed Feed, run func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.store.mu.Lock()
	defer e.store.mu.Unlock()
	if err := e.bind(feed); err != nil {
		return err
	}
	defer clear(e.args.Inputs)
	if err := run(); err != nil {
		return err
	}
	if e.f.Guard != None {
		g, err := e.run.Read(e.f.Guard)
		if err != nil {
			return err
		}
		if !(g[0] != 0) || g[0] != g[0] {
			return &NonFiniteError{Program: e.f.Name, Batch: e.f.Batch}
		}
	}
	e.commit()
	return nil
}

// bind fills args. Fronts move at each commit, of any executable of the store.
func (e *Executable) bind(feed Feed) error {
	for i, id := range e.f.Inputs {
		if !e.used[i] {
			continue
		}
		v, h := e.f.Values[id], &e.args.Inputs[i]
		n, ok := 0, false
		if v.DType == graph.I32 {
			h.I32, ok = feed.Int[v.Origin.Name]
			n = len(h.I32)
		} else {
			h.F32, ok = feed.Float[v.Origin.Name]
			n = len(h.F32)
		}
		if !ok || n != v.Size {
			return fmt.Errorf("engine: %s: input %q is %s%v: %d elements, fed %d", e.f.Name, v.Origin.Name, v.DType, v.Shape, v.Size, n)
		}
	}
	for i, s := range e.states {
		e.args.Front[i] = s.front
		if e.f.States[i].Next != None {
			e.args.Back[i] = s.back
		}
	}
	return nil
}

func (e *Executable) commit() {
	for i, s := range e.states {
		if e.f.States[i].Next != None {
			s.front, s.back = s.back, s.front
		}
	}
}

// Output is a named result of the last Step, in row-major order, valid until the
// next; nil where the program has none of that name.
func (e *Executable) Output(name string) []float32 {
	id, ok := e.outputs[name]
	if !ok {
		return nil
	}
	out, err := e.run.Read(id)
	if err != nil {
		return nil
	}
	return out
}

// Close frees the executable's memory on the device.
func (e *Executable) Close() {
	e.run.Close()
	if e.plain != nil {
		e.plain.Close()
	}
}
