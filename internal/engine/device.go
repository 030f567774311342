package engine

// Device is a place where Funcs run: a CPU with its threads, a GPU. A device serves
// Runnables of several goroutines, one at a time. All errors are of the environment
// (memory, driver) or bugs; none is the user's.
type Device interface {
	// Name is what the user calls it, "cpu" or "cuda:0"; KernelSet what its results can
	// be compared with bit by bit, "portable". Both are recorded with a run.
	Name() string
	KernelSet() string
	// Alloc makes a buffer of n zeros.
	Alloc(n int) (Buffer, error)
	// Compile prepares a planned Func. It allocates everything that Run needs.
	Compile(f *Func) (Runnable, error)
	// Memory is the bytes that Compile(f) would take: the Runnable's own, its arena
	// included, and those that all Runnables of the device share.
	Memory(f *Func) (own, shared int, err error)
	// Close frees the device. Its Runnables and Buffers are unusable afterwards.
	Close() error
}

// Buffer is device memory of F32 elements that holds a state.
type Buffer interface {
	Read(dst []float32) error  // copies to the host; dst has the buffer's length
	Write(src []float32) error // copies from the host
	Free()
}

// Host is one input of a step in host memory: one of the two, by the value's type.
type Host struct {
	F32 []float32
	I32 []int32
}

// Args are what changes between two runs of a Func. A Runnable reads them and keeps
// nothing of them after it returns.
type Args struct {
	Inputs      []Host   // by Func.Inputs; of the right length
	Front, Back []Buffer // by Func.States; Back is nil where there is no next value
}

// Runnable is a Func on a device. Only one call at a time.
type Runnable interface {
	// Run computes all of the Func. It must not allocate host memory after the first time.
	Run(args *Args) error
	// RunEach computes all of the Func too, and calls after with each F32 result of each
	// instruction, valid during the call; it stops when after gives false.
	RunEach(args *Args, after func(instr, value int, result []float32) bool) error
	// Read gives an F32 value in Arena as the last run left it, valid until the next run.
	Read(value int) ([]float32, error)
	// Memory is how many bytes it holds beside the Func's arena.
	Memory() int
	// Close frees its memory.
	Close()
}

// Prober is a Device that can measure what it could do at best.
type Prober interface {
	// Peak measures, in some tens of milliseconds, multiply-add FLOPs a second on operands in
	// the nearest cache, and bytes a second read and written in main memory.
	Peak() (flops, bytes float64)
}
