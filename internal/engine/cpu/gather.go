package cpu

import (
	"fmt"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

const maxAxes = 8

// gather brings a broadcast or integer operand of a Map into a tile: the elements that
// belong to a run of result elements. Axes of the result along which the operand goes on
// in the same way are merged, so a bias row and a column of means have two, and a run
// along the last axis is one copy or one fill.
type gather struct {
	slot   int
	value  int
	ints   bool
	rank   int
	dims   [maxAxes]int // merged axes of the result
	stride [maxAxes]int // of the operand along them; 0 where it repeats
}

func newGather(slot, id int, x *engine.Value, out []int) (*gather, error) {
	g := &gather{slot: slot, value: id, ints: x.DType == graph.I32}
	stride := make([]int, len(out)) // by axis of the result
	step := 1
	for a := len(x.Shape) - 1; a >= 0; a-- {
		if x.Shape[a] != 1 {
			stride[len(out)-len(x.Shape)+a] = step
		}
		step *= x.Shape[a]
	}
	for a, d := range out {
		if d == 1 {
			continue
		}
		if last := g.rank - 1; last >= 0 && g.stride[last] == stride[a]*d {
			g.dims[last] *= d
			g.stride[last] = stride[a]
			continue
		}
		if g.rank == maxAxes {
			return nil, fmt.Errorf("broadcast over more than %d axes", maxAxes)
		}
		g.dims[g.rank], g.stride[g.rank] = d, stride[a]
		g.rank++
	}
	return g, nil
}

// fill writes the operand's elements for result elements lo, lo+1, … to dst.
func (g *gather) fill(dst []float32, mem *memory, lo int) {
	var idx [maxAxes]int
	off := 0
	for a, rest := g.rank-1, lo; a >= 0; a-- {
		idx[a] = rest % g.dims[a]
		rest /= g.dims[a]
		off += idx[a] * g.stride[a]
	}
	if g.rank == 0 { // one element
		g.run(dst, mem, 0, 0)
		return
	}
	last := g.rank - 1
	for len(dst) > 0 {
		n := min(len(dst), g.dims[last]-idx[last])
		g.run(dst[:n], mem, off, g.stride[last])
		dst = dst[n:]
		off += n * g.stride[last]
		idx[last] += n
		for a := last; a > 0 && idx[a] == g.dims[a]; a-- {
			off += g.stride[a-1] - g.dims[a]*g.stride[a]
			idx[a] = 0
			idx[a-1]++
		}
	}
}

// run is a stretch along the last merged axis, along which the operand has stride 0 or 1:
// its own last axis is contiguous.
func (g *gather) run(dst []float32, mem *memory, off, stride int) {
	switch {
	case g.ints && stride == 0:
		fillTile(dst, float32(mem.i[g.value][off]))
	case g.ints:
		for i, x := range mem.i[g.value][off:][:len(dst)] {
			dst[i] = float32(x)
		}
	case stride == 0:
		fillTile(dst, mem.f[g.value][off])
	default:
		copy(dst, mem.f[g.value][off:][:len(dst)])
	}
}

func fillTile(dst []float32, x float32) {
	for i := range dst {
		dst[i] = x
	}
}
