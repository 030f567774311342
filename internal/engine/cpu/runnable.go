package cpu

import (
	"fmt"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// memory is where a Func's values are now, by value ID. Values in the arena stay; the
// others move with each run's Args.
type memory struct {
	f []([]float32) // every value; I32 ones as the bits
	i []([]int32)   // I32 values
}

// runnable is a compiled Func: its jobs in order.
type runnable struct {
	dev   *Device
	f     *engine.Func
	mem   *memory
	arena []float32
	owned []block
	bound []*engine.Value // values outside the arena
	jobs  []*job
	first []int // instruction -> its first job; one more entry at the end
	extra int   // floats beside the arena
}

// Compile makes the jobs of f and all memory they need.
func (d *Device) Compile(f *engine.Func) (engine.Runnable, error) {
	if !f.Planned {
		return nil, fmt.Errorf("cpu: %s is not planned", f.Name)
	}
	arena := newBlock(f.Arena)
	r := &runnable{dev: d, f: f, arena: arena.data, owned: []block{arena}}
	r.mem = &memory{make([][]float32, len(f.Values)), make([][]int32, len(f.Values))}
	for _, v := range f.Values {
		root := f.Root(v.ID)
		if root.Space != engine.Arena {
			r.bound = append(r.bound, v)
		} else if root.Offset+v.Size <= len(r.arena) {
			r.place(v, r.arena[root.Offset:][:v.Size:v.Size])
		}
	}
	c := &compiler{f: f, mem: r.mem, kernels: d.kernels, threads: d.Threads(), scratch: &d.scratch}
	var err error
	r.jobs, r.first, err = c.all()
	r.owned, r.extra = append(r.owned, c.blocks...), c.ownFloats+c.sharedFloats()
	if err != nil {
		r.Close()
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.scratch.grow(c.threads, c.tileFloats, c.panelFloats)
	return r, nil
}

// all compiles every instruction; first[i] is the first job of instruction i, and one
// more entry the end.
func (c *compiler) all() (jobs []*job, first []int, err error) {
	for _, in := range c.f.Instrs {
		first = append(first, len(jobs))
		more, err := c.compile(in)
		if err != nil {
			return nil, nil, fmt.Errorf("cpu: %s: %s: %w", c.f.Values[in.Out].Origin.Path, in.Op, err)
		}
		jobs = append(jobs, more...)
	}
	return jobs, append(first, len(jobs)), nil
}

// Memory compiles f without taking any.
func (d *Device) Memory(f *engine.Func) (own, shared int, err error) {
	c := &compiler{f: f, kernels: d.kernels, threads: d.Threads(), dry: true}
	_, _, err = c.all()
	return 4 * (f.Arena + c.ownFloats), 4 * c.sharedFloats(), err
}

func (r *runnable) place(v *engine.Value, data []float32) {
	r.mem.f[v.ID] = data
	if v.DType == graph.I32 {
		r.mem.i[v.ID] = asInts(data)
	}
}

func (r *runnable) bind(args *engine.Args) error {
	for _, v := range r.bound {
		var data []float32
		switch root := r.f.Root(v.ID); root.Space {
		case engine.Input:
			data = args.Inputs[root.Slot].F32
			if v.DType == graph.I32 {
				data = asFloats(args.Inputs[root.Slot].I32)
			}
			if len(data) == 0 {
				continue // an input that nothing reads
			}
		case engine.Front:
			data = args.Front[root.Slot].(*buffer).data
		case engine.Back:
			data = args.Back[root.Slot].(*buffer).data
		}
		if len(data) != v.Size {
			return fmt.Errorf("cpu: %s has %d elements, got %d", v.Origin, v.Size, len(data))
		}
		r.place(v, data)
	}
	return nil
}

// release drops the references to what is not ours.
func (r *runnable) release() {
	for _, v := range r.bound {
		r.mem.f[v.ID], r.mem.i[v.ID] = nil, nil
	}
}

// Run computes f.
func (r *runnable) Run(args *engine.Args) error { return r.RunEach(args, nil) }

// RunEach computes f and calls after, when not nil, with the F32 results of each instruction.
func (r *runnable) RunEach(args *engine.Args, after func(instr, value int, result []float32) bool) error {
	r.dev.mu.Lock()
	defer r.dev.mu.Unlock()
	defer r.release()
	if err := r.bind(args); err != nil {
		return err
	}
	for i, in := range r.f.Instrs {
		for _, j := range r.jobs[r.first[i]:r.first[i+1]] {
			if err := r.dev.pool.do(j); err != nil {
				return fmt.Errorf("%s: %s: %w", r.f.Values[in.Out].Origin.Path, in.Op, err)
			}
		}
		if after == nil {
			continue
		}
		for _, out := range in.Outs() {
			if r.f.Values[out].DType == graph.F32 && !after(i, out, r.mem.f[out]) {
				return nil
			}
		}
	}
	return nil
}

// Read gives a value of the arena, without a copy.
func (r *runnable) Read(value int) ([]float32, error) {
	v := r.f.Values[value]
	if r.f.Root(value).Space != engine.Arena || v.DType != graph.F32 {
		return nil, fmt.Errorf("cpu: v%d cannot be read", value)
	}
	return r.mem.f[value], nil
}

// Memory is the bytes of packing and partial results, what it shares with others included.
func (r *runnable) Memory() int { return 4 * r.extra }

// Close frees the memory.
func (r *runnable) Close() {
	for _, b := range r.owned {
		b.free()
	}
	r.arena, r.mem, r.jobs, r.owned = nil, nil, nil, nil
}
