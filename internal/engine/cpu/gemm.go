package cpu

import (
	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// gemmTile multiplies a tile that stays in registers: C (+)= A·B over k steps, where A's
// element (i, p) is at a + i·aRow + p·aCol, row p of B at b + p·bRow, and row i of C at
// c + i·cRow; strides are in bytes. It adds where add is not 0. Each element is summed in
// the order of k.
type gemmTile func(k int, a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow int, add int)

// GemmKernel is a set's way to multiply.
type GemmKernel struct {
	MR, NR int // the largest tile
	// Depth is how many steps of k are between two writes of a tile.
	Depth int
	// Tiles are by rows - 1 and by halves of NR - 1.
	Tiles [][2]gemmTile
	// Panels says that tiles are much faster on packed operands than on those in place.
	Panels bool
	// Transpose writes the transpose of a square block of Block×Block elements; the distances
	// of rows are in bytes. Nil where there is none.
	Block     int
	Transpose func(src *float32, srcRow int, dst *float32, dstRow int)
}

// height is how many rows the tiles of a matrix of some rows have: in place, so many that
// the last tile is not much less than the others.
func (g *GemmKernel) height(rows int) int {
	if g.Panels {
		return g.MR
	}
	tiles := (rows + g.MR - 1) / g.MR
	return (rows + tiles - 1) / tiles
}

// tile is the smallest that has so many rows and columns, and how many columns it has.
func (g *GemmKernel) tile(rows, cols int) (t gemmTile, width int) {
	if cols <= g.NR/2 {
		return g.Tiles[rows-1][0], g.NR / 2
	}
	return g.Tiles[rows-1][1], g.NR
}

const (
	gemmOps = 1 << 20 // multiply-adds of a task
	// directFloats is how large an operand may be to be read where it lies: beyond, its rows
	// are too far apart for the translation buffer.
	directFloats = 1 << 20
	// localRows is how many rows of A a panel of B, packed where it is used, may serve before
	// several tasks should share it.
	localRows = 512
	// aliasBytes is a distance of rows at which they share few lines of the first-level cache.
	aliasBytes = 1024
)

// factor is an operand as the tiles read it: in place, or packed in panels.
type factor struct {
	pack        *packing // of the panels from firstPacked on
	firstPacked int      // panel
	row, col    int      // distances in memory of two rows (columns of B) and of two steps of k
}

// gemm is one product: C (m×n) = A (m×k)·B (k×n), with element strides that tell a
// transposed operand from a plain one.
type gemm struct {
	c                *compiler
	kernel           *GemmKernel
	m, n, k          int
	a, b             factor
	mr               int  // rows of a tile
	local            bool // a task packs the panels of B that it multiplies, and nobody else does
	aPanels, bPanels int
	down, across     int // panels of a task
}

func (c *compiler) newGemm(op graph.MatMul, a, b *engine.Value) *gemm {
	g := &gemm{c: c, kernel: &c.kernels.Gemm}
	g.m, g.k, g.a.row, g.a.col = a.Shape[0], a.Shape[1], a.Shape[1], 1
	if op.TransA {
		g.m, g.k, g.a.row, g.a.col = a.Shape[1], a.Shape[0], 1, a.Shape[1]
	}
	g.n, g.b.row, g.b.col = b.Shape[1], 1, b.Shape[1]
	if op.TransB {
		g.n, g.b.row, g.b.col = b.Shape[0], b.Shape[1], 1
	}
	nr := g.kernel.NR
	g.mr = g.kernel.height(g.m)
	g.aPanels, g.bPanels = (g.m+g.mr-1)/g.mr, (g.n+nr-1)/nr
	if !g.kernel.Panels && direct(g.m, g.k, max(g.a.row, g.a.col)) {
		g.a.firstPacked = g.aPanels
	}
	if !g.kernel.Panels && g.b.row == 1 && direct(g.n, g.k, g.b.col) {
		g.b.firstPacked = g.bPanels
		if g.n%(nr/2) != 0 { // the last tile would read past the end
			g.b.firstPacked--
		}
	}
	g.a.pack = &packing{c, a.ID, c.panel(0, (g.aPanels-g.a.firstPacked)*g.mr*g.k), g.mr, g.m, g.k, g.a.row, g.a.col}
	g.local = !g.kernel.Panels && g.b.firstPacked == 0 && g.m <= localRows
	g.b.pack = &packing{c, b.ID, c.panel(1, g.sharedPanels()*nr*g.k), nr, g.n, g.k, g.b.row, g.b.col}
	c.tileFloats = max(c.tileFloats, g.scratch())
	g.cut(max(gemmOps/(g.mr*nr*g.k), 1), 1)
	return g
}

// sharedPanels is how many panels of B are packed before the tasks.
func (g *gemm) sharedPanels() int {
	if g.local {
		return 0
	}
	return g.bPanels - g.b.firstPacked
}

// scratch is how many floats of a worker's scratch a product needs: a tile that sticks out
// and a panel of B.
func (g *gemm) scratch() int {
	n := g.kernel.MR * g.kernel.NR
	if g.local {
		n += g.kernel.NR * min(g.k, g.kernel.Depth)
	}
	return n
}

// direct reports whether an operand is read in place.
func direct(rows, k, distance int) bool {
	return rows*k <= directFloats && 4*distance%aliasBytes != 0
}

// cut gives a task about so many tiles, at least least of them side by side.
func (g *gemm) cut(tiles, least int) {
	g.down = min(g.aPanels, max(1, tiles/least))
	if g.local {
		g.down = g.aPanels
	}
	g.across = min(g.bPanels, max(least, tiles/g.down))
}

// packJobs packs what is not read in place, if anything is.
func (g *gemm) packJobs() []*job {
	var jobs []*job
	for _, f := range []*factor{&g.a, &g.b} {
		if g.local && f == &g.b {
			continue
		}
		if f.firstPacked < f.pack.panels() {
			jobs = append(jobs, f.pack.job(f.firstPacked))
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	return []*job{joinJobs(jobs...)}
}

// panel is where the tile of panel i begins at step k0, and the distances of two rows and
// of two steps of k in bytes.
func (f *factor) panel(i, k0 int) (at *float32, row, step int) {
	p := f.pack
	if i < f.firstPacked {
		return &p.c.mem.f[p.value][i*p.width*f.row+k0*f.col], 4 * f.row, 4 * f.col
	}
	return &p.c.panels[p.which][((i-f.firstPacked)*p.k+k0)*p.width], 4, 4 * p.width
}

// tasks makes the job that calls run for the task at each place of the grid. Tasks that
// share columns of B follow each other.
func (g *gemm) tasks(run func(down, across, worker int)) *job {
	down, across := (g.aPanels+g.down-1)/g.down, (g.bPanels+g.across-1)/g.across
	return newJob(down*across, func(task, worker int) { run(task%down, task/down, worker) })
}

func (c *compiler) matMulJobs(in *engine.Instr) ([]*job, error) {
	g := c.newGemm(in.Op.(graph.MatMul), c.f.Values[in.In[0]], c.f.Values[in.In[1]])
	return append(g.packJobs(), g.tasks(func(down, across, worker int) {
		g.multiply(down, across, &region{c.mem.f[in.Out], 0, 0, g.n, g.n}, c.tiles[worker])
	})), nil
}

// region is where a task's tiles go: element (row, col) of the product is at
// data[(row-top)*stride+col-left], for columns up to right.
type region struct {
	data      []float32
	top, left int
	stride    int
	right     int
}

// multiply computes the tiles of one task.
func (g *gemm) multiply(down, across int, c *region, scratch []float32) {
	nr := g.kernel.NR
	edge := scratch[:g.kernel.MR*nr]
	for k0 := 0; k0 < g.k; k0 += g.kernel.Depth {
		k := min(g.kernel.Depth, g.k-k0)
		for j := across * g.across; j < min((across+1)*g.across, g.bPanels); j++ {
			b, bRow := g.right(j, k0, k, scratch[len(edge):])
			for i := down * g.down; i < min((down+1)*g.down, g.aPanels); i++ {
				a, aRow, aCol := g.a.panel(i, k0)
				rows, cols := min(g.mr, g.m-i*g.mr), min(nr, g.n-j*nr)
				to := c.data[(i*g.mr-c.top)*c.stride+j*nr-c.left:]
				g.kernel.place(k, a, aRow, aCol, b, bRow, to, c.stride, rows, cols, c.right-j*nr, k0 > 0, edge)
			}
		}
	}
}

// right is where panel j of B begins at step k0, for k steps, and the distance of two of
// them in bytes. scratch is room for a panel.
func (g *gemm) right(j, k0, k int, scratch []float32) (at *float32, row int) {
	if !g.local {
		at, _, row = g.b.panel(j, k0)
		return at, row
	}
	p := g.b.pack
	panel := scratch[:p.width*k]
	p.panel(panel, g.c.mem.f[p.value][j*p.width*p.row+k0*p.step:], min(p.width, g.n-j*p.width))
	return &panel[0], 4 * p.width
}

// place computes rows × cols elements of a product where they belong, stride apart, or adds
// to them. room is how many columns may be written there: a tile that is wider goes through
// edge, which has room for one.
func (g *GemmKernel) place(k int, a *float32, aRow, aCol int, b *float32, bRow int, to []float32, stride, rows, cols, room int, add bool, edge []float32) {
	tile, width := g.tile(rows, cols)
	if width <= room {
		tile(k, a, aRow, aCol, b, bRow, &to[0], 4*stride, number(add))
		return
	}
	tile(k, a, aRow, aCol, b, bRow, &edge[0], 4*g.NR, 0)
	copyTile(to, stride, edge, g.NR, rows, cols, add)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// copyTile adds or copies what is inside of a tile that sticks out.
func copyTile(to []float32, stride int, tile []float32, nr, rows, cols int, add bool) {
	for i := range rows {
		to, from := to[i*stride:][:cols], tile[i*nr:][:cols]
		if !add {
			copy(to, from)
			continue
		}
		for j, x := range from {
			to[j] += x
		}
	}
}
