package cpu

import (
	"slices"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// A Reduce is a chain of stages, each one of two shapes: rows, (outer, len) -> (outer),
// folds a contiguous axis; columns, (outer, len, inner) -> (outer, inner), folds rows
// elementwise. The innermost reduced axes go first. A stage folds at most rowChunk or
// columnChunk elements in a straight line and leaves the partial results of longer axes
// to the next stage: that bounds the rounding error, gives one long row to many tasks,
// and makes the order of addition depend on the shape alone.
const (
	rowChunk    = 4096
	columnChunk = 128
	columnBlock = 512 // inner elements a task keeps in the first-level cache
)

// view reads a value or the scratch of the stage before.
type view func() []float32

func (c *compiler) reduceJobs(in *engine.Instr) ([]*job, error) {
	op := in.Op.(graph.Reduce)
	x := c.f.Values[in.In[0]]
	fold := &c.kernels.Fold[op.Fn]
	src := func() []float32 { return c.mem.f[x.ID] }
	dst := func() []float32 { return c.mem.f[in.Out] }
	stages := reduceStages(mergedAxes(x.Shape, op.Axes))
	if len(stages) == 0 {
		return c.copyJobs(in)
	}
	var jobs []*job
	for i, s := range stages {
		to := view(dst)
		if i < len(stages)-1 {
			partial := c.own(s.outer * s.chunks() * s.inner)
			to = func() []float32 { return partial }
		}
		jobs = append(jobs, s.job(fold, src, to))
		src = to
	}
	return jobs, nil
}

type axis struct {
	length  int
	reduced bool
}

// mergedAxes drops axes of length 1 and joins neighbours of one kind.
func mergedAxes(shape, reduced []int) []axis {
	var axes []axis
	for a, d := range shape {
		r := slices.Contains(reduced, a)
		switch n := len(axes); {
		case d == 1:
		case n > 0 && axes[n-1].reduced == r:
			axes[n-1].length *= d
		default:
			axes = append(axes, axis{d, r})
		}
	}
	return axes
}

// stage folds the middle axis of (outer, length, inner) in chunks.
type stage struct{ outer, length, inner int }

// chunks is how long the middle axis of its result is.
func (s stage) chunks() int { return (s.length + s.chunk() - 1) / s.chunk() }

func (s stage) chunk() int {
	if s.inner == 1 {
		return rowChunk
	}
	return columnChunk
}

func reduceStages(axes []axis) []stage {
	outer := 1
	for _, a := range axes {
		outer *= a.length
	}
	var stages []stage
	inner := 1
	for i := len(axes) - 1; i >= 0; i-- {
		a := axes[i]
		outer /= a.length
		if !a.reduced {
			inner *= a.length
			continue
		}
		for length := a.length; ; {
			s := stage{outer, length, inner}
			stages = append(stages, s)
			if length = s.chunks(); length == 1 {
				break
			}
		}
	}
	return stages
}

func (s stage) job(f *fold, src, dst view) *job {
	chunks, chunk := s.chunks(), s.chunk()
	part := func(c int) (lo, hi int) { return c * chunk, min(c*chunk+chunk, s.length) }
	if s.inner == 1 {
		return overSpan(s.outer*chunks, min(s.length, chunk), 1, func(first, end, _ int) {
			x, y := src(), dst()
			for i := first; i < end; i++ {
				lo, hi := part(i % chunks)
				row := i / chunks * s.length
				y[i] = f.row(x[row+lo : row+hi])
			}
		})
	}
	// A task takes blocks of one chunk's columns.
	blocks := (s.inner + columnBlock - 1) / columnBlock
	cost := min(s.length, chunk) * min(s.inner, columnBlock)
	return overSpan(s.outer*chunks*blocks, cost, 1, func(first, end, _ int) {
		x, y := src(), dst()
		for i := first; i < end; i++ {
			b, c := i%blocks, i/blocks%chunks
			lo, hi := part(c)
			left, right := b*columnBlock, min((b+1)*columnBlock, s.inner)
			base := i / blocks / chunks * s.length
			f.columns(y[i/blocks*s.inner:][left:right], x[(base+lo)*s.inner+left:], hi-lo, s.inner)
		}
	})
}
