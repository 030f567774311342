package cpu

// packing lays the rows (of A) or columns (of B) of an operand side by side in panels,
// zeros past the last one.
type packing struct {
	c     *compiler
	value int
	which int // c.panels
	width int // rows of a panel
	rows  int
	k     int
	row   int // distance in memory of two rows,
	step  int // and of two steps of k
}

const (
	packGroup = 16 // panels a task lays out together, so that it uses whole cache lines
	packK     = 32 // steps of k it takes at a time, so that they stay in the first-level cache
)

func (p *packing) panels() int { return (p.rows + p.width - 1) / p.width }

// job packs the panels from first on; the first of them begins the packing area.
func (p *packing) job(first int) *job {
	return overSpan(p.panels()-first, 2*p.width*p.k, packGroup, func(lo, hi, _ int) {
		x, panels := p.c.mem.f[p.value][first*p.width*p.row:], p.c.panels[p.which]
		for k0 := 0; k0 < p.k; k0 += packK {
			k := min(packK, p.k-k0)
			for i := lo; i < hi; i++ {
				dst := panels[(i*p.k+k0)*p.width:][:k*p.width]
				p.panel(dst, x[i*p.width*p.row+k0*p.step:], min(p.width, p.rows-(first+i)*p.width))
			}
		}
	})
}

// panel packs the first have rows of x.
func (p *packing) panel(dst, x []float32, have int) {
	if have < p.width {
		clear(dst)
	}
	if p.block(dst, x, have) {
		return
	}
	if p.row == 1 { // a step of k is contiguous
		for at := 0; len(dst) > 0; at += p.step {
			//lint:ignore S1001 a call of copy costs more than the few elements of a row
			for i, v := range x[at:][:have] {
				dst[i] = v
			}
			dst = dst[p.width:]
		}
		return
	}
	p.scatter(dst, x, 0, have, 0)
}

// block packs by transposed blocks, where the kernel set has them and k is contiguous.
func (p *packing) block(dst, x []float32, have int) bool {
	g := &p.c.kernels.Gemm
	if g.Transpose == nil || p.step != 1 || have < g.Block {
		return false
	}
	k, whole := len(dst)/p.width, have/g.Block*g.Block
	for k0 := 0; k0+g.Block <= k; k0 += g.Block {
		for i := 0; i < whole; i += g.Block {
			g.Transpose(&x[i*p.row+k0], 4*p.row, &dst[k0*p.width+i], 4*p.width)
		}
	}
	p.scatter(dst, x, 0, whole, k/g.Block*g.Block)
	p.scatter(dst, x, whole, have, 0)
	return true
}

// scatter packs rows lo to hi from step k0 on, one by one.
func (p *packing) scatter(dst, x []float32, lo, hi, k0 int) {
	for i := lo; i < hi; i++ {
		at := i*p.row + k0*p.step
		for d := k0*p.width + i; d < len(dst); d += p.width {
			dst[d] = x[at]
			at += p.step
		}
	}
}
