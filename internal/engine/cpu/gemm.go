package cpu

import (
	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// GemmKernel multiplies a panel of A by a panel of B. Panels are packed along k: a[p*MR+i]
// is row i of A at k = p, b[p*NR+j] column j of B. Rows and columns past the matrix's
// edge are packed as zeros.
type GemmKernel struct {
	MR, NR int
	// Run adds (or, without add, sets) the product of k steps to the MR×NR tile at c,
	// whose rows are ldc apart. Each element is summed in the order of k.
	Run func(k int, a, b, c []float32, ldc int, add bool)
}

const (
	gemmK   = 512     // k steps between two writes of a tile: two panels stay in the first-level cache
	gemmOps = 1 << 19 // multiply-adds of a task
)

// gemm is one product: C (m×n) = A (m×k)·B (k×n), with element strides that tell a
// transposed operand from a plain one.
type gemm struct {
	c                *compiler
	kernel           *GemmKernel
	m, n, k          int
	a, b             int
	aRow, aCol       int
	bRow, bCol       int
	aPanels, bPanels int
	down, across     int // panels of a task
}

func (c *compiler) newGemm(op graph.MatMul, a, b *engine.Value) *gemm {
	g := &gemm{c: c, kernel: &c.kernels.Gemm, a: a.ID, b: b.ID}
	g.m, g.k, g.aRow, g.aCol = a.Shape[0], a.Shape[1], a.Shape[1], 1
	if op.TransA {
		g.m, g.k, g.aRow, g.aCol = a.Shape[1], a.Shape[0], 1, a.Shape[1]
	}
	g.n, g.bRow, g.bCol = b.Shape[1], b.Shape[1], 1
	if op.TransB {
		g.n, g.bRow, g.bCol = b.Shape[0], 1, b.Shape[1]
	}
	mr, nr := g.kernel.MR, g.kernel.NR
	g.aPanels, g.bPanels = (g.m+mr-1)/mr, (g.n+nr-1)/nr
	c.tileFloats = max(c.tileFloats, mr*nr)
	g.cut(max(gemmOps/(mr*nr*g.k), 1), 1)
	return g
}

// cut gives a task about so many tiles, at least least of them side by side.
func (g *gemm) cut(tiles, least int) {
	g.across = min(g.bPanels, max(least, tiles/min(g.aPanels, 8)))
	g.down = min(g.aPanels, max(1, tiles/g.across))
}

// packJob packs both operands.
func (g *gemm) packJob() *job {
	mr, nr := g.kernel.MR, g.kernel.NR
	a := &packing{g.c, g.a, g.c.panel(0, g.aPanels*mr*g.k), mr, g.m, g.k, g.aRow, g.aCol}
	b := &packing{g.c, g.b, g.c.panel(1, g.bPanels*nr*g.k), nr, g.n, g.k, g.bCol, g.bRow}
	return joinJobs(a.job(), b.job())
}

// tasks makes the job that calls run for the task at each place of the grid.
func (g *gemm) tasks(run func(down, across, worker int)) *job {
	down, across := (g.aPanels+g.down-1)/g.down, (g.bPanels+g.across-1)/g.across
	return newJob(down*across, func(task, worker int) { run(task/across, task%across, worker) })
}

func (c *compiler) matMulJobs(in *engine.Instr) ([]*job, error) {
	g := c.newGemm(in.Op.(graph.MatMul), c.f.Values[in.In[0]], c.f.Values[in.In[1]])
	return []*job{g.packJob(), g.tasks(func(down, across, worker int) {
		g.multiply(down, across, &region{c.mem.f[in.Out], 0, 0, g.n, g.m, g.n}, c.tiles[worker])
	})}, nil
}

// region is where a task's tiles go: element (row, col) of the product is at
// data[(row-top)*stride+col-left], for rows and columns below the given ones.
type region struct {
	data         []float32
	top, left    int
	stride       int
	below, right int
}

// multiply computes the tiles of one task.
func (g *gemm) multiply(down, across int, c *region, scratch []float32) {
	mr, nr := g.kernel.MR, g.kernel.NR
	for k0 := 0; k0 < g.k; k0 += gemmK {
		k := min(gemmK, g.k-k0)
		for j := across * g.across; j < min((across+1)*g.across, g.bPanels); j++ {
			b := g.c.panels[1][(j*g.k+k0)*nr:][:k*nr]
			for i := down * g.down; i < min((down+1)*g.down, g.aPanels); i++ {
				a := g.c.panels[0][(i*g.k+k0)*mr:][:k*mr]
				to := c.data[(i*mr-c.top)*c.stride+j*nr-c.left:]
				if i*mr+mr <= c.below && j*nr+nr <= c.right {
					g.kernel.Run(k, a, b, to, c.stride, k0 > 0)
				} else {
					g.edge(k, a, b, to, c.stride, min(mr, c.below-i*mr), min(nr, c.right-j*nr), k0 > 0, scratch[:mr*nr])
				}
			}
		}
	}
}

// edge computes a tile that sticks out of its region in scratch and copies what is inside.
func (g *gemm) edge(k int, a, b, c []float32, stride, rows, cols int, add bool, tile []float32) {
	nr := g.kernel.NR
	g.kernel.Run(k, a, b, tile, nr, false)
	for i := range rows {
		to := c[i*stride:][:cols]
		for j := range to {
			if add {
				to[j] += tile[i*nr+j]
			} else {
				to[j] = tile[i*nr+j]
			}
		}
	}
}
