// Package null is the engine.Device that runs nothing and counts: kernels, their
// arithmetic, the bytes they read and write, and what is allocated.
//
// In: what any device gets. Out: Counts, and results that are all 0. So a plan that gets
// worse is seen without hardware. Errors: a Func that is not planned. It must not know
// programs or what a step is for.
package null

import (
	"fmt"

	"gotrain/internal/engine"
)

var (
	_ engine.Device   = (*Device)(nil)
	_ engine.Buffer   = (*buffer)(nil)
	_ engine.Runnable = (*runnable)(nil)
)

// Counts are what a device was asked to do.
type Counts struct {
	engine.Cost          // of all that ran
	Allocations    int   // buffers and arenas
	AllocatedBytes int64 // of them
}

// Device counts.
type Device struct{ counts Counts }

// New makes a device that has counted nothing.
func New() *Device { return &Device{} }

// Name is "null".
func (d *Device) Name() string { return "null" }

// KernelSet is "null": its results compare with nothing.
func (d *Device) KernelSet() string { return "null" }

// Counts are the counts since the device was made.
func (d *Device) Counts() Counts { return d.counts }

// Alloc counts a buffer; it has no memory.
func (d *Device) Alloc(n int) (engine.Buffer, error) {
	d.allocate(n)
	return buffer{}, nil
}

func (d *Device) allocate(n int) {
	d.counts.Allocations++
	d.counts.AllocatedBytes += 4 * int64(n)
}

// Compile counts the arena.
func (d *Device) Compile(f *engine.Func) (engine.Runnable, error) {
	if !f.Planned {
		return nil, fmt.Errorf("null: %s is not planned", f.Name)
	}
	d.allocate(f.Arena)
	return &runnable{d, f}, nil
}

// Memory is the arena's.
func (d *Device) Memory(f *engine.Func) (own, shared int, err error) { return 4 * f.Arena, 0, nil }

// Close does nothing.
func (d *Device) Close() error { return nil }

type buffer struct{}

func (buffer) Read(dst []float32) error {
	clear(dst)
	return nil
}
func (buffer) Write([]float32) error { return nil }
func (buffer) Free()                 {}

type runnable struct {
	dev *Device
	f   *engine.Func
}

// Run counts all instructions.
func (r *runnable) Run(*engine.Args) error {
	c, n := &r.dev.counts, engine.CostOf(r.f)
	c.Kernels += n.Kernels
	c.FLOPs += n.FLOPs
	c.Read += n.Read
	c.Written += n.Written
	return nil
}

// RunEach counts too, and shows zeros.
func (r *runnable) RunEach(args *engine.Args, after func(instr, value int, result []float32) bool) error {
	for i, in := range r.f.Instrs {
		for _, out := range in.Outs() {
			if !after(i, out, make([]float32, r.f.Values[out].Size)) {
				return nil
			}
		}
	}
	return r.Run(args)
}

// Read gives zeros; a guard reads as 1, so that a step counts as good.
func (r *runnable) Read(value int) ([]float32, error) {
	out := make([]float32, r.f.Values[value].Size)
	if value == r.f.Guard {
		out[0] = 1
	}
	return out, nil
}

func (r *runnable) Memory() int { return 0 }
func (r *runnable) Close()      {}
