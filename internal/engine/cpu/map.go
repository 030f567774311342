package cpu

import (
	"fmt"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// mapKernel runs a tape over the tiles of a result.
type mapKernel struct {
	*tape
	c       *compiler
	in      []int // value IDs
	out     int
	gathers []*gather // inputs not read in place
	splats  []int     // inputs of one element: filled once a task
}

func (c *compiler) mapJobs(in *engine.Instr) ([]*job, error) {
	op := in.Op.(graph.Map)
	out := c.f.Values[in.Out]
	k := &mapKernel{c: c, in: in.In, out: in.Out}
	inPlace := make([]bool, len(in.In))
	for i, id := range in.In {
		x := c.f.Values[id]
		switch {
		case !op.F.Reads(i):
			inPlace[i] = true
		case x.Size == out.Size && x.DType == graph.F32:
			inPlace[i] = true
		case x.Size == 1:
			k.splats = append(k.splats, i)
		default:
			g, err := newGather(i, id, x, out.Shape)
			if err != nil {
				return nil, err
			}
			k.gathers = append(k.gathers, g)
		}
	}
	k.tape = newTape(op.F, inPlace, &c.kernels.Loop)
	for i, s := range k.steps {
		if s.run == nil {
			return nil, fmt.Errorf("no loop for %s in step %d", s.op, i)
		}
	}
	c.tileFloats = max(c.tileFloats, k.slots*tileLen)
	return []*job{overSpan(out.Size, k.cost+len(k.gathers), tileLen, k.run)}, nil
}

func (k *mapKernel) run(lo, hi, worker int) {
	mem, tiles := k.c.mem, k.c.tiles[worker]
	for _, i := range k.splats {
		x := mem.number(k.c.f.Values[k.in[i]])
		slot := tiles[i*tileLen:][:tileLen]
		for j := range slot {
			slot[j] = x
		}
	}
	dst := mem.f[k.out]
	for ; lo < hi; lo += tileLen {
		n := min(tileLen, hi-lo)
		for _, g := range k.gathers {
			g.fill(tiles[g.slot*tileLen:][:n], mem, lo)
		}
		for i := range k.steps {
			s := &k.steps[i]
			d := dst[lo : lo+n]
			if s.dst != resultSlot {
				d = tiles[s.dst*tileLen:][:n]
			}
			var src [3][]float32
			for a := range s.arity {
				src[a] = k.operand(s.src[a], mem, tiles, lo, n)
			}
			s.run(d, src[0], src[1], src[2])
		}
	}
}

func (k *mapKernel) operand(o operand, mem *memory, tiles []float32, lo, n int) []float32 {
	switch o.kind {
	case inputOperand:
		return mem.f[k.in[o.i]][lo : lo+n]
	case constOperand:
		return k.consts[o.i*tileLen:][:n]
	}
	return tiles[o.i*tileLen:][:n]
}

// number is the only element of v.
func (m *memory) number(v *engine.Value) float32 {
	if v.DType == graph.I32 {
		return float32(m.i[v.ID][0])
	}
	return m.f[v.ID][0]
}
