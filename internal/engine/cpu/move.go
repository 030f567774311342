package cpu

import (
	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// copyJobs serves Copy, a Reshape that was not turned into an alias, and a Reduce over
// axes of length 1.
func (c *compiler) copyJobs(in *engine.Instr) ([]*job, error) {
	from, to := in.In[0], in.Out
	return []*job{overSpan(c.f.Values[to].Size, 1, tileLen, func(lo, hi, _ int) {
		copy(c.mem.f[to][lo:hi], c.mem.f[from][lo:hi])
	})}, nil
}

// split is a shape seen from one axis: (outer, length, inner).
func split(shape []int, axis int) (outer, length, inner int) {
	outer, inner = 1, 1
	for a, d := range shape {
		switch {
		case a < axis:
			outer *= d
		case a > axis:
			inner *= d
		}
	}
	return outer, shape[axis], inner
}

func (c *compiler) sliceJobs(in *engine.Instr) ([]*job, error) {
	op := in.Op.(graph.Slice)
	whole, part := c.f.Values[in.In[0]], c.f.Values[in.Out]
	outer, length, inner := split(whole.Shape, op.Axis)
	run := op.Len * inner
	return []*job{overSpan(outer, run, 1, func(lo, hi, _ int) {
		from, to := c.mem.f[whole.ID], c.mem.f[part.ID]
		for o := lo; o < hi; o++ {
			copy(to[o*run:][:run], from[(o*length+op.Start)*inner:])
		}
	})}, nil
}

func (c *compiler) padJobs(in *engine.Instr) ([]*job, error) {
	op := in.Op.(graph.Pad)
	part, whole := c.f.Values[in.In[0]], c.f.Values[in.Out]
	outer, length, inner := split(whole.Shape, op.Axis)
	before, run := op.Start*inner, part.Size/outer
	return []*job{overSpan(outer, length*inner, 1, func(lo, hi, _ int) {
		from, to := c.mem.f[part.ID], c.mem.f[whole.ID]
		for o := lo; o < hi; o++ {
			row := to[o*length*inner:][:length*inner]
			clear(row[:before])
			copy(row[before:], from[o*run:][:run])
			clear(row[before+run:])
		}
	})}, nil
}

// concatJobs copies each operand's stretch of every row of the result.
func (c *compiler) concatJobs(in *engine.Instr) ([]*job, error) {
	whole := c.f.Values[in.Out]
	outer, length, inner := split(whole.Shape, in.Op.(graph.Concat).Axis)
	return []*job{overSpan(outer, length*inner, 1, func(lo, hi, _ int) {
		to := c.mem.f[whole.ID][lo*length*inner:]
		for o := lo; o < hi; o++ {
			for _, part := range in.In {
				run := c.f.Values[part].Size / outer
				copy(to[:run], c.mem.f[part][o*run:])
				to = to[run:]
			}
		}
	})}, nil
}

// transposeJobs reads the operand in the order of the result: by the distances, in the
// operand, of neighbours along the result's axes.
func (c *compiler) transposeJobs(in *engine.Instr) ([]*job, error) {
	perm := in.Op.(graph.Transpose).Perm
	x, out := c.f.Values[in.In[0]], c.f.Values[in.Out]
	distance := make([]int, len(perm)) // by axis of the operand
	for a, step := len(perm)-1, 1; a >= 0; a-- {
		distance[a] = step
		step *= x.Shape[a]
	}
	last := len(perm) - 1
	run, step := out.Shape[last], distance[perm[last]]
	return []*job{overSpan(out.Size/run, 2*run, 1, func(lo, hi, _ int) {
		from, to := c.mem.f[x.ID], c.mem.f[out.ID][lo*run:]
		for row := lo; row < hi; row++ {
			off := 0
			for a, rest := last-1, row; a >= 0; a-- {
				off += rest % out.Shape[a] * distance[perm[a]]
				rest /= out.Shape[a]
			}
			if step == 1 {
				copy(to[:run], from[off:])
			} else {
				for i := range to[:run] {
					to[i] = from[off+i*step]
				}
			}
			to = to[run:]
		}
	})}, nil
}

func (c *compiler) oneHotJobs(in *engine.Instr) ([]*job, error) {
	n, labels := in.Op.(graph.OneHot).Classes, in.In[0]
	return []*job{overSpan(c.f.Values[labels].Size, n, 1, func(lo, hi, _ int) {
		rows := c.mem.f[in.Out][lo*n : hi*n]
		clear(rows)
		for i := range hi - lo {
			k := -1
			if c.f.Values[labels].DType == graph.I32 {
				k = int(c.mem.i[labels][lo+i])
			} else if x := c.mem.f[labels][lo+i]; x >= 0 && x < float32(n) {
				k = int(x)
			}
			if k >= 0 && k < n {
				rows[i*n+k] = 1
			}
		}
	})}, nil
}

func (c *compiler) argMaxJobs(in *engine.Instr) ([]*job, error) {
	x := c.f.Values[in.In[0]]
	outer, length, inner := split(x.Shape, in.Op.(graph.ArgMax).Axis)
	return []*job{overSpan(outer*inner, length, 1, func(lo, hi, _ int) {
		from, to := c.mem.f[x.ID], c.mem.f[in.Out]
		for i := lo; i < hi; i++ {
			to[i] = float32(argMax(from[i/inner*length*inner+i%inner:], length, inner))
		}
	})}, nil
}

// argMax is the first of the largest of n elements; a NaN is larger than any number.
func argMax(x []float32, n, stride int) int {
	best := 0
	for k := 1; k < n; k++ {
		v, b := x[k*stride], x[best*stride]
		if v > b || v != v && b == b {
			best = k
		}
	}
	return best
}
