package cpu

import (
	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

const (
	regionFloats = 1 << 14 // of a task's part of a product with an epilogue: it stays in the second-level cache
	regionWidth  = 128     // columns at least: a tape needs runs that are long enough
)

// cutRows gives a task whole rows of the product where so many fit in its region, so that
// the tape goes through every operand without a gap, and else columns enough for a run.
func (g *gemm) cutRows() {
	mr, nr := g.mr, g.kernel.NR
	tiles := min(max(gemmOps/(mr*nr*g.k), 1), regionFloats/(mr*nr))
	if wide := g.bPanels * mr * nr; wide <= regionFloats && !g.local {
		g.across, g.down = g.bPanels, min(g.aPanels, max(1, tiles/g.bPanels))
		return
	}
	width := regionWidth
	if g.local {
		width /= 2
	}
	g.cut(tiles, min(width, g.n+nr-1)/nr)
	g.across = min(g.across, foldBlock/nr) // a row of the region is folded as one block
}

// epilogue is a product whose elements go through a tape: each task computes its region of
// the product in the worker's scratch and runs the tape over it, row by row or, where the
// region has whole rows, at once.
type epilogue struct {
	*gemm
	*tapeKernel
	folded   []int       // results that are added up
	partials [][]float32 // of each of them, by task
}

func (c *compiler) gemmJobs(in *engine.Instr) ([]*job, error) {
	op, outs := in.Op.(engine.Gemm), in.Outs()
	g := c.newGemm(op.MatMul, c.f.Values[in.In[0]], c.f.Values[in.In[1]])
	mr, nr := g.mr, g.kernel.NR
	g.cutRows()
	inputs := append([]int{productInput}, in.In[2:]...)
	k, err := c.newKernel(op.F, []int{g.m, g.n}, inputs, outs, op.Folds, g.scratch()+g.down*g.across*mr*nr)
	if err != nil {
		return nil, err
	}
	e := &epilogue{gemm: g, tapeKernel: k}
	multiply := g.tasks(e.task)
	jobs := append(g.packJobs(), multiply)
	var sums []*job
	for r, f := range op.Folds {
		if f == engine.Stored {
			continue
		}
		partial := c.own(int(multiply.n))
		e.folded, e.partials = append(e.folded, r), append(e.partials, partial)
		out := outs[r]
		sums = append(sums, newJob(1, func(int, int) { c.mem.f[out][0] = c.kernels.Fold[graph.Sum].row(partial) }))
	}
	if len(sums) > 0 {
		jobs = append(jobs, joinJobs(sums...))
	}
	return jobs, nil
}

func (e *epilogue) task(down, across, worker int) {
	g, scratch := e.gemm, e.gemm.c.tiles[worker]
	mr, nr := g.mr, g.kernel.NR
	r := &region{
		data: scratch[g.scratch():][:g.down*g.across*mr*nr], top: down * g.down * mr, left: across * g.across * nr,
		stride: g.across * nr, right: (g.bPanels + 1) * nr,
	}
	whole := g.across == g.bPanels
	if whole {
		r.stride, r.right = g.n, g.n
	}
	g.multiply(down, across, r, scratch)
	e.begin(worker)
	task := down*((g.bPanels+g.across-1)/g.across) + across
	for i := range e.folded {
		e.partials[i][task] = 0
	}
	bottom, right := min(r.top+g.down*mr, g.m), min(r.left+g.across*nr, g.n)
	step := 1 // rows at a time
	if whole {
		step = max(1, foldBlock/g.n)
	}
	for row := r.top; row < bottom; row += step {
		end := min(row+step, bottom)
		lo := row*g.n + r.left
		n := (end-row-1)*g.n + right - r.left
		e.run(lo, lo+n, worker, r.data[(row-r.top)*r.stride:][:n])
		for i, result := range e.folded {
			e.partials[i][task] += g.c.kernels.Fold[graph.Sum].row(e.block(result, worker)[:n])
		}
	}
}
