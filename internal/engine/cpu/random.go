package cpu

import (
	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/rng"
)

// randomCost weighs a drawn number against an addition.
const randomCost = 24

// randomJobs draws a row for each id: the same row for the same id and epoch, wherever it
// is in the batch.
func (c *compiler) randomJobs(in *engine.Instr) ([]*job, error) {
	op := in.Op.(graph.Random)
	ids, epoch := in.In[0], in.In[1]
	rows := c.f.Values[ids].Size
	n := c.f.Values[in.Out].Size / rows
	stream := rng.NewStream(op.Seed, op.Stream)
	draw := stream.Uniform
	if op.Dist == graph.Normal {
		draw = stream.Normal
	}
	return []*job{overSpan(rows, n*randomCost, 1, func(lo, hi, _ int) {
		e := uint32(c.mem.i[epoch][0])
		for i := lo; i < hi; i++ {
			draw(c.mem.f[in.Out][i*n:][:n], e, uint32(c.mem.i[ids][i]))
		}
	})}, nil
}
