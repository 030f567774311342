package cpu

import (
	"fmt"
	"slices"
	"sort"

	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// tapeKernel runs a tape over the elements of an index space.
type tapeKernel struct {
	*tape
	c       *compiler
	in      []int     // value IDs by input; productInput for a product still in cache
	out     []int     // value IDs by result, or none: folded
	gathers []*gather // inputs that are neither read in place nor of one element
	splats  []int     // inputs of one element: filled once a task
	blocks  []int     // by result: where its block is in the worker's scratch, or none
	scratch int       // floats of the worker's scratch in use,
	// of which the tape's slots begin at slotBase
	slotBase int
	tile     int // elements at once
	straight *straightCall
}

const productInput = -1

// foldBlock is how many elements of a folded result are computed before they are folded:
// what a Reduce folds in a straight line, so that both give the same bits.
const foldBlock = rowChunk

// firstLevelTiles is how many tiles, of slots, constants, operands and results, stay in the
// first-level cache; a tape of more works on half a tile at once.
const firstLevelTiles = 16

// newKernel makes the kernel of f over shape. in and out are value IDs by input and
// result; reserved floats of the worker's scratch are the caller's.
func (c *compiler) newKernel(f *formula.Multi, shape []int, in, out []int, folds []engine.Fold, reserved int) (*tapeKernel, error) {
	k := &tapeKernel{c: c, in: in, out: slices.Clone(out), blocks: make([]int, len(out))}
	size := 1
	for _, d := range shape {
		size *= d
	}
	inputs := make([]tapeInput, len(in))
	for i, id := range in {
		if id == productInput || !f.Reads(i) {
			inputs[i].inPlace = true
			continue
		}
		switch x := c.f.Values[id]; {
		case x.Size == size && x.DType == graph.F32:
			inputs[i].inPlace = true
			for r, o := range out {
				if folds[r] == engine.Stored && c.f.Root(o) == c.f.Root(id) {
					inputs[i].over = append(inputs[i].over, r)
				}
			}
		case x.Size == 1:
			k.splats = append(k.splats, i)
		default:
			g, err := newGather(i, id, x, shape)
			if err != nil {
				return nil, err
			}
			k.gathers = append(k.gathers, g)
		}
	}
	if call := c.straight(f, inputs); call != nil {
		k.tape, k.straight = call.tape(), call
	} else {
		k.tape = newTape(f, inputs, &c.kernels.Loop)
	}
	for i, s := range k.steps {
		if s.run == nil {
			return nil, fmt.Errorf("no loop for %s in step %d", s.op, i)
		}
	}
	k.cost += len(k.gathers)
	k.tile = tileLen
	if k.straight == nil && k.slots+len(k.consts)/tileLen+len(in)+len(out) > firstLevelTiles {
		k.tile = tileLen / 2
	}
	if k.straight != nil && len(k.gathers)+len(k.splats) == 0 {
		k.tile = wholeTask
	}
	c.ownFloats += len(k.consts)
	k.scratch = reserved
	k.slotBase = k.reserve(k.slots * tileLen)
	for r := range out {
		k.blocks[r] = none
		if folds[r] != engine.Stored {
			k.out[r], k.blocks[r] = none, k.reserve(foldBlock)
		}
	}
	c.tileFloats = max(c.tileFloats, k.scratch)
	return k, nil
}

// reserve takes n floats of the worker's scratch.
func (k *tapeKernel) reserve(n int) int {
	k.scratch += n
	return k.scratch - n
}

// begin fills what stays the same in a task.
func (k *tapeKernel) begin(worker int) {
	for _, i := range k.splats {
		fillTile(k.slot(i, worker, tileLen), k.c.mem.number(k.c.f.Values[k.in[i]]))
	}
}

func (k *tapeKernel) slot(i, worker, n int) []float32 {
	return k.c.tiles[worker][k.slotBase+i*tileLen:][:n]
}

// run computes elements lo to hi. Folded results go to their blocks, of which lo is the
// first element; the product's elements are in product, from lo on.
func (k *tapeKernel) run(lo, hi, worker int, product []float32) {
	mem := k.c.mem
	for at := lo; at < hi; at += k.tile {
		n := min(k.tile, hi-at)
		for _, g := range k.gathers {
			g.fill(k.slot(g.slot, worker, n), mem, at)
		}
		place := func(o operand) []float32 {
			switch o.kind {
			case inputOperand:
				if k.in[o.i] == productInput {
					return product[at-lo:][:n]
				}
				return mem.f[k.in[o.i]][at : at+n]
			case constOperand:
				return k.consts[o.i*tileLen:][:min(n, tileLen)]
			case resultOperand:
				if k.out[o.i] == none {
					return k.block(o.i, worker)[at-lo:][:n]
				}
				return mem.f[k.out[o.i]][at : at+n]
			}
			return k.slot(o.i, worker, min(n, tileLen))
		}
		if k.straight != nil {
			k.straight.run(n, worker, place)
			continue
		}
		for i := range k.steps {
			s := &k.steps[i]
			var src [3][]float32
			for a := range s.arity {
				src[a] = place(s.src[a])
			}
			s.run(place(s.dst), src[0], src[1], src[2])
		}
	}
}

// block is the worker's scratch of a folded result.
func (k *tapeKernel) block(result, worker int) []float32 {
	return k.c.tiles[worker][k.blocks[result]:][:foldBlock]
}

// number is the only element of v.
func (m *memory) number(v *engine.Value) float32 {
	if v.DType == graph.I32 {
		return float32(m.i[v.ID][0])
	}
	return m.f[v.ID][0]
}

func (c *compiler) mapJobs(in *engine.Instr) ([]*job, error) {
	return c.part(in.Op.(graph.Map).F.Multi(), engine.Part{Shape: c.f.Values[in.Out].Shape}, in.In, []int{in.Out}, []engine.Fold{engine.Stored})
}

// fusedJobs runs the parts side by side: each stage is one job of all parts' tasks.
func (c *compiler) fusedJobs(in *engine.Instr) ([]*job, error) {
	op, outs := in.Op.(engine.Fused), in.Outs()
	var stages [][]*job
	for i, p := range op.Parts {
		jobs, err := c.part(op.F, p, op.Operands(in.In, i), op.Results(outs, i), op.Folds)
		if err != nil {
			return nil, err
		}
		for s, j := range jobs {
			if s == len(stages) {
				stages = append(stages, nil)
			}
			stages[s] = append(stages[s], j)
		}
	}
	var all []*job
	for _, jobs := range stages {
		all = append(all, joinJobs(jobs...))
	}
	return all, nil
}

// part computes f over one index space.
func (c *compiler) part(f *formula.Multi, p engine.Part, in, out []int, folds []engine.Fold) ([]*job, error) {
	k, err := c.newKernel(f, p.Shape, in, out, folds, 0)
	if err != nil {
		return nil, err
	}
	size := 1
	for _, d := range p.Shape {
		size *= d
	}
	if !slices.ContainsFunc(folds, func(f engine.Fold) bool { return f != engine.Stored }) {
		return []*job{overSpan(size, k.cost, tileLen, func(lo, hi, worker int) {
			k.begin(worker)
			k.run(lo, hi, worker, nil)
		})}, nil
	}
	length := 1
	for _, a := range p.Axes {
		length *= p.Shape[a]
	}
	return k.foldJobs(rowStages(size/length, length), out, folds), nil
}

// rowStages are the stages of a fold of rows: each folds what the one before left.
func rowStages(outer, length int) []stage {
	stages := []stage{{outer, length, 1}}
	for s := stages[0]; s.chunks() > 1; {
		s = stage{outer, s.chunks(), 1}
		stages = append(stages, s)
	}
	return stages
}

// foldJobs computes the elements block by block in the first stage.
func (k *tapeKernel) foldJobs(stages []stage, out []int, folds []engine.Fold) []*job {
	c, first := k.c, stages[0]
	chunks := first.chunks()
	dst := make([]view, len(out)) // by result, of the stage at hand
	to := func(s int, s1 stage, r int) view {
		if s == len(stages)-1 {
			return func() []float32 { return c.mem.f[out[r]] }
		}
		partial := c.own(s1.outer * s1.chunks())
		return func() []float32 { return partial }
	}
	var folded []int
	for r, f := range folds {
		if f != engine.Stored {
			folded = append(folded, r)
			dst[r] = to(0, first, r)
		}
	}
	firstDst := slices.Clone(dst)
	jobs := []*job{overSpan(first.outer*chunks, k.cost*min(first.length, foldBlock), 1, func(i, end, worker int) {
		k.begin(worker)
		for i < end {
			rows, lo := 1, i/chunks*first.length+i%chunks*foldBlock
			hi := min(lo+foldBlock, (i/chunks+1)*first.length)
			if chunks == 1 { // several short rows
				rows = min(end-i, max(1, foldBlock/first.length))
				hi = lo + rows*first.length
			}
			k.run(lo, hi, worker, nil)
			n := (hi - lo) / rows
			for _, r := range folded {
				block, y := k.block(r, worker), firstDst[r]()
				for j := range rows {
					y[i+j] = c.foldOf(folds[r]).row(block[j*n:][:n])
				}
			}
			i += rows
		}
	})}
	for s, st := range stages[1:] {
		var side []*job
		for _, r := range folded {
			src := dst[r]
			dst[r] = to(s+1, st, r)
			side = append(side, st.job(c.foldOf(folds[r]), src, dst[r]))
		}
		jobs = append(jobs, joinJobs(side...))
	}
	return jobs
}

func (c *compiler) foldOf(f engine.Fold) *fold {
	if f == engine.Greatest {
		return &c.kernels.Fold[graph.Max]
	}
	return &c.kernels.Fold[graph.Sum]
}

// joinJobs runs jobs that do not depend on each other as one.
func joinJobs(jobs ...*job) *job {
	if len(jobs) == 1 {
		return jobs[0]
	}
	ends := make([]int, len(jobs)) // of each one's tasks
	total := 0
	for i, j := range jobs {
		total += int(j.n)
		ends[i] = total
	}
	return newJob(total, func(task, worker int) {
		i := sort.SearchInts(ends, task+1)
		jobs[i].run(task-ends[i]+int(jobs[i].n), worker)
	})
}
