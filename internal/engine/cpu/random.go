package cpu

import (
	"unsafe"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/rng"
)

// drawKernel writes groups of numbers of one row, from a block of the row's words on. from
// is block, index, epoch and the two words of the key.
type drawKernel func(groups int, dst *float32, from *uint32)

// RandomKernel is a set's way to draw what rng.Stream does: uniform numbers to the last
// bit, normal ones within some units in the last place.
type RandomKernel struct {
	Group     int // how many numbers are drawn at once; 0: there is none, and rng does it
	Uniform   drawKernel
	Words     drawKernel // the words themselves, as bits,
	BoxMuller loop       // and the normal numbers of them
}

// normal draws n numbers, a multiple of Group.
func (r *RandomKernel) normal(groups int, dst *float32, from *uint32) {
	r.Words(groups, dst, from)
	row := unsafe.Slice(dst, groups*r.Group)
	r.BoxMuller(row, row, nil, nil)
}

// blockWords is how many numbers a block of rng.Stream has.
const blockWords = 4

// drawCost and scalarDrawCost weigh a drawn number against an addition.
const (
	drawCost       = 4
	scalarDrawCost = 24
)

// randomJobs draws a row for each id: the same row for the same id and epoch, wherever it
// is in the batch.
func (c *compiler) randomJobs(in *engine.Instr) ([]*job, error) {
	op := in.Op.(graph.Random)
	ids, epoch := in.In[0], in.In[1]
	rows := c.f.Values[ids].Size
	n := c.f.Values[in.Out].Size / rows
	draw, cost := c.drawing(op)
	return []*job{overSpan(rows, n*cost, 1, func(lo, hi, worker int) {
		e := uint32(c.mem.i[epoch][0])
		for i := lo; i < hi; i++ {
			draw(c.mem.f[in.Out][i*n:][:n], e, uint32(c.mem.i[ids][i]), worker)
		}
	})}, nil
}

// drawing is how a row is drawn, and what a number of it costs.
func (c *compiler) drawing(op graph.Random) (draw func(dst []float32, epoch, index uint32, worker int), cost int) {
	stream := rng.NewStream(op.Seed, op.Stream)
	kernel, scalar := c.kernels.Random.Uniform, stream.Uniform
	if op.Dist == graph.Normal {
		kernel, scalar = c.kernels.Random.normal, stream.Normal
	}
	group := c.kernels.Random.Group
	if group == 0 {
		return func(dst []float32, epoch, index uint32, _ int) { scalar(dst, epoch, index) }, scalarDrawCost
	}
	c.tileFloats = max(c.tileFloats, group)
	addresses := make([][lineBytes / 4]uint32, c.threads) // by worker: the kernel's argument, so that no row allocates
	return func(dst []float32, epoch, index uint32, worker int) {
		from := &addresses[worker]
		from[0], from[1], from[2], from[3], from[4] = 0, index, epoch, stream.Key[0], stream.Key[1]
		whole := len(dst) / group
		if whole > 0 {
			kernel(whole, &dst[0], &from[0])
		}
		if rest := dst[whole*group:]; len(rest) > 0 {
			tile := c.tiles[worker][:group]
			from[0] = uint32(whole * group / blockWords)
			kernel(1, &tile[0], &from[0])
			copy(rest, tile)
		}
	}, drawCost
}
