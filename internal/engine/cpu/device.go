// Package cpu is the engine.Device that computes on the host, in Go.
//
// In: planned Funcs. Out: Runnables that work on all cores the device was given, and
// whose results are the same bit for bit at any number of them: an instruction is cut in
// tasks by its shape alone, and each element is computed whole by one task in one order.
// Errors: a Func with an op or a shape it has no kernel for; a panic in a kernel is
// returned as one. One Run at a time uses the workers, whichever goroutine calls it. It
// must not know programs, states' names or what a step is for.
package cpu

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"gotrain/internal/engine"
)

var (
	_ engine.Device   = (*Device)(nil)
	_ engine.Buffer   = (*buffer)(nil)
	_ engine.Runnable = (*runnable)(nil)
)

// Options configures a Device.
type Options struct {
	Threads int // 0: as many as the process may use at once
	// Kernels is the kernel set; nil is the best that the machine can run.
	Kernels *Kernels
}

// Device runs Funcs on the host's cores.
type Device struct {
	kernels *Kernels
	mu      sync.Mutex // held by a Run
	scratch scratch    // of the one that runs
	pool    *pool
}

// New makes a device with Options.Threads - 1 workers; the goroutine that calls Run is
// the remaining one.
func New(o Options) *Device {
	n := o.Threads
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	set := o.Kernels
	if set == nil {
		set = sets()[0]
	}
	return &Device{kernels: set, pool: newPool(n)}
}

// Name is "cpu".
func (d *Device) Name() string { return "cpu" }

// KernelSet names the kernels in use; runs with the same set compare bit by bit.
func (d *Device) KernelSet() string { return d.kernels.Name }

// Threads is how many goroutines compute.
func (d *Device) Threads() int { return d.pool.threads() }

// Alloc makes a buffer of n zeros.
func (d *Device) Alloc(n int) (engine.Buffer, error) { return &buffer{newBlock(n)}, nil }

// Close stops the workers, after the Run in progress.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pool.close()
	d.scratch.free()
	return nil
}

type buffer struct{ block }

func (b *buffer) Read(dst []float32) error {
	if len(dst) != len(b.data) {
		return fmt.Errorf("cpu: %d elements read into %d", len(b.data), len(dst))
	}
	copy(dst, b.data)
	return nil
}

func (b *buffer) Write(src []float32) error {
	if len(src) != len(b.data) {
		return fmt.Errorf("cpu: %d elements written to %d", len(src), len(b.data))
	}
	copy(b.data, src)
	return nil
}

func (b *buffer) Free() {
	b.free()
	b.data, b.free = nil, func() {}
}

// asInts is the same memory as I32.
func asInts(f []float32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(f))), len(f))
}

// asFloats is the same memory as F32: for moving elements, not for computing with them.
func asFloats(i []int32) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(i))), len(i))
}
