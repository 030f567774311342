package cpu

import (
	"fmt"
	"reflect"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// compiler makes jobs from instructions and collects the scratch memory they share.
type compiler struct {
	f       *engine.Func
	mem     *memory
	kernels *Kernels
	threads int
	*scratch

	tileFloats  int // the most any tape needs
	panelFloats [2]int
	ownFloats   int
	blocks      []block
	dry         bool // only the sizes are wanted: nothing is taken
}

// builders is the kernel table: what makes the jobs of each op.
var builders = map[reflect.Type]func(c *compiler, in *engine.Instr) ([]*job, error){
	reflect.TypeFor[graph.Map]():            (*compiler).mapJobs,
	reflect.TypeFor[graph.Reduce]():         (*compiler).reduceJobs,
	reflect.TypeFor[graph.MatMul]():         (*compiler).matMulJobs,
	reflect.TypeFor[engine.Gemm]():          (*compiler).gemmJobs,
	reflect.TypeFor[engine.Fused]():         (*compiler).fusedJobs,
	reflect.TypeFor[graph.Reshape]():        (*compiler).copyJobs,
	reflect.TypeFor[engine.Copy]():          (*compiler).copyJobs,
	reflect.TypeFor[graph.Slice]():          (*compiler).sliceJobs,
	reflect.TypeFor[graph.Pad]():            (*compiler).padJobs,
	reflect.TypeFor[graph.Concat]():         (*compiler).concatJobs,
	reflect.TypeFor[graph.Transpose]():      (*compiler).transposeJobs,
	reflect.TypeFor[graph.OneHot]():         (*compiler).oneHotJobs,
	reflect.TypeFor[graph.ArgMax]():         (*compiler).argMaxJobs,
	reflect.TypeFor[graph.Conv]():           (*compiler).convJobs,
	reflect.TypeFor[graph.ConvInputGrad]():  (*compiler).convInputGradJobs,
	reflect.TypeFor[graph.ConvWeightGrad](): (*compiler).convWeightGradJobs,
	reflect.TypeFor[graph.MaxPool]():        (*compiler).maxPoolJobs,
	reflect.TypeFor[graph.MaxPoolGrad]():    (*compiler).maxPoolGradJobs,
	reflect.TypeFor[graph.AvgPool]():        (*compiler).avgPoolJobs,
	reflect.TypeFor[graph.AvgPoolGrad]():    (*compiler).avgPoolGradJobs,
	reflect.TypeFor[graph.Random]():         (*compiler).randomJobs,
}

func (c *compiler) compile(in *engine.Instr) ([]*job, error) {
	build, ok := builders[reflect.TypeOf(in.Op)]
	if !ok {
		return nil, fmt.Errorf("no kernel")
	}
	return build(c, in)
}

// sharedFloats is how many floats of the device's scratch the instructions need.
func (c *compiler) sharedFloats() int {
	return c.threads*c.tileFloats + c.panelFloats[0] + c.panelFloats[1]
}

// panel asks for n floats of one of the two packing areas, which all products share.
func (c *compiler) panel(which, n int) int {
	c.panelFloats[which] = max(c.panelFloats[which], n)
	return which
}

// own gives an instruction scratch of its own, which the Runnable frees.
func (c *compiler) own(n int) []float32 {
	c.ownFloats += n
	if c.dry {
		return nil
	}
	b := newBlock(n)
	c.blocks = append(c.blocks, b)
	return b.data
}

// taskWork is how much a task should do: some tens of microseconds in units of one cheap
// element, far above the cost of claiming it.
const taskWork = 1 << 15

// span cuts n units, each worth cost, into tasks of equal size; unit is the granularity.
// It depends on the arguments only.
func span(n, cost, unit int) (tasks, each int) {
	each = max(taskWork/max(cost, 1)/unit, 1) * unit
	return (n + each - 1) / each, each
}

// overSpan makes the job that calls run for each task's part of [0, n).
func overSpan(n, cost, unit int, run func(lo, hi, worker int)) *job {
	tasks, each := span(n, cost, unit)
	return newJob(tasks, func(task, worker int) {
		lo := task * each
		run(lo, min(lo+each, n), worker)
	})
}
