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
	a, b, out        int
	aRow, aCol       int
	bRow, bCol       int
	aPanels, bPanels int
	down, across     int // panels of a task
}

func (c *compiler) matMulJobs(in *engine.Instr) ([]*job, error) {
	op := in.Op.(graph.MatMul)
	a, b, out := c.f.Values[in.In[0]], c.f.Values[in.In[1]], c.f.Values[in.Out]
	g := &gemm{c: c, kernel: &c.kernels.Gemm, a: a.ID, b: b.ID, out: out.ID}
	g.m, g.n, g.k = out.Shape[0], out.Shape[1], a.Shape[1]
	g.aRow, g.aCol = a.Shape[1], 1
	if op.TransA {
		g.k, g.aRow, g.aCol = a.Shape[0], 1, a.Shape[1]
	}
	g.bRow, g.bCol = b.Shape[1], 1
	if op.TransB {
		g.bRow, g.bCol = 1, b.Shape[1]
	}
	mr, nr := g.kernel.MR, g.kernel.NR
	g.aPanels, g.bPanels = (g.m+mr-1)/mr, (g.n+nr-1)/nr
	c.tileFloats = max(c.tileFloats, mr*nr)
	tiles := max(gemmOps/(mr*nr*g.k), 1)
	g.across = min(g.bPanels, max(1, tiles/min(g.aPanels, 8)))
	g.down = min(g.aPanels, max(1, tiles/g.across))
	down, across := (g.aPanels+g.down-1)/g.down, (g.bPanels+g.across-1)/g.across
	packA := &packing{c, a.ID, c.panel(0, g.aPanels*mr*g.k), mr, g.m, g.k, g.aRow, g.aCol}
	packB := &packing{c, b.ID, c.panel(1, g.bPanels*nr*g.k), nr, g.n, g.k, g.bCol, g.bRow}
	pack := joinJobs(packA.job(), packB.job())
	return []*job{pack, newJob(down*across, func(task, worker int) { g.multiply(task/across, task%across, worker) })}, nil
}

// multiply computes the tiles of one task.
func (g *gemm) multiply(down, across, worker int) {
	c, mr, nr := g.c.mem.f[g.out], g.kernel.MR, g.kernel.NR
	for k0 := 0; k0 < g.k; k0 += gemmK {
		k := min(gemmK, g.k-k0)
		for j := across * g.across; j < min((across+1)*g.across, g.bPanels); j++ {
			b := g.c.panels[1][(j*g.k+k0)*nr:][:k*nr]
			for i := down * g.down; i < min((down+1)*g.down, g.aPanels); i++ {
				a := g.c.panels[0][(i*g.k+k0)*mr:][:k*mr]
				if i*mr+mr <= g.m && j*nr+nr <= g.n {
					g.kernel.Run(k, a, b, c[i*mr*g.n+j*nr:], g.n, k0 > 0)
				} else {
					g.edge(k, a, b, i*mr, j*nr, k0 > 0, g.c.tiles[worker][:mr*nr])
				}
			}
		}
	}
}

// edge computes a tile that sticks out of C in scratch and copies what is inside.
func (g *gemm) edge(k int, a, b []float32, row, col int, add bool, tile []float32) {
	c, mr, nr := g.c.mem.f[g.out], g.kernel.MR, g.kernel.NR
	g.kernel.Run(k, a, b, tile, nr, false)
	for i := range min(mr, g.m-row) {
		to := c[(row+i)*g.n+col:][:min(nr, g.n-col)]
		for j := range to {
			if add {
				to[j] += tile[i*nr+j]
			} else {
				to[j] = tile[i*nr+j]
			}
		}
	}
}
