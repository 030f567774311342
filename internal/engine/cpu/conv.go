package cpu

import (
	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// A convolution is a product of matrices, a sample and a group at a time: with K =
// C/groups·kh·kw taps and P = H'·W' pixels,
//
//	y (O×P)  = w (O×K) · x unfolded (K×P)
//	dx       = fold of wᵀ (K×O) · dy (O×P)
//	dw (O×K) = Σ over samples of dy (O×P) · (x unfolded)ᵀ (P×K)
//
// The unfolded matrix exists a block at a time, in a worker's scratch, in the packing of
// the Gemm kernel. A task writes a part of the result that no other writes; only dw is
// summed from parts, whose number depends on the shape alone.
const (
	convBlock = 1 << 15 // floats of the unfolded block of a worker: half of a second-level cache
	convTaps  = 64      // taps of a task of dw
	convTasks = 32      // tasks that dw is cut into at least, where there are samples enough
)

// conv is a convolution's form at concrete shapes.
type conv struct {
	c      *compiler
	kernel *GemmKernel
	graph.Convolution
	x, w, y        int // value IDs: the input or its gradient, …
	samples        int
	channels, outs int // of a group
	in, out        [2]int
	taps, pixels   int // K and P
}

func (c *compiler) newConv(form graph.Convolution, x, w, y int) *conv {
	xs, ws, ys := c.f.Values[x].Shape, c.f.Values[w].Shape, c.f.Values[y].Shape
	return &conv{
		c: c, kernel: &c.kernels.Gemm, Convolution: form, x: x, w: w, y: y, samples: xs[0],
		channels: ws[1], outs: ws[0] / form.Groups,
		in: [2]int(xs[2:]), out: [2]int(ys[2:]),
		taps: ws[1] * ws[2] * ws[3], pixels: ys[2] * ys[3],
	}
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

// blockOf is how many of n columns a worker takes at a time, where each has some rows.
func blockOf(n, rows, unit int) int {
	return min(roundUp(n, unit), max(convBlock/rows/unit*unit, unit))
}

// input is a group's channels of a sample of x or its gradient.
func (k *conv) input(sample, group int) []float32 {
	size := k.channels * k.in[0] * k.in[1]
	return k.c.mem.f[k.x][(sample*k.Groups+group)*size:][:size]
}

// result is a group's channels of a sample of y or its gradient, (O×P).
func (k *conv) result(sample, group int) []float32 {
	size := k.outs * k.pixels
	return k.c.mem.f[k.y][(sample*k.Groups+group)*size:][:size]
}

// packWeights lays w, or wᵀ, in panels of the left operand, group after group, and gives
// the job and the floats of a group.
func (k *conv) packWeights(transposed bool) (*job, int) {
	rows, depth, row, step := k.outs, k.taps, k.taps, 1
	if transposed {
		rows, depth, row, step = k.taps, k.outs, 1, k.taps
	}
	mr := k.kernel.height(rows)
	panels := (rows + mr - 1) / mr
	size := panels * mr * depth
	p := &packing{c: k.c, value: k.w, which: k.c.panel(0, k.Groups*size), width: mr, rows: rows, k: depth, row: row, step: step}
	return overSpan(k.Groups*panels, 2*mr*depth, 1, func(lo, hi, _ int) {
		w, to := k.c.mem.f[k.w], k.c.panels[0]
		for i := lo; i < hi; i++ {
			first := i % panels * mr
			p.panel(to[i*mr*depth:][:mr*depth], w[i/panels*k.outs*k.taps+first*row:], min(mr, rows-first))
		}
	}), size
}

// multiply computes c (rows × n columns, ldc apart) from packed panels of the left operand
// and of the right one, both k deep. edge is room for a tile.
func (g *GemmKernel) multiply(rows, n, k int, a, b, c []float32, ldc int, add bool, edge []float32) {
	mr, nr := g.height(rows), g.NR
	for k0 := 0; k0 < k; k0 += g.Depth {
		depth, add := min(g.Depth, k-k0), add || k0 > 0
		for j := 0; j < n; j += nr {
			right := &b[j*k+k0*nr]
			for i := 0; i < rows; i += mr {
				left := &a[i*k+k0*mr]
				tile, height, width := g.tile(min(mr, rows-i), min(nr, n-j))
				if i+height <= rows && j+width <= n {
					tile(depth, left, 4, 4*mr, right, 4*nr, &c[i*ldc+j], 4*ldc, number(add))
					continue
				}
				tile(depth, left, 4, 4*mr, right, 4*nr, &edge[0], 4*nr, 0)
				copyTile(c[i*ldc+j:], ldc, edge, nr, min(mr, rows-i), min(nr, n-j), add)
			}
		}
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *compiler) convJobs(in *engine.Instr) ([]*job, error) {
	k := c.newConv(in.Op.(graph.Conv).Convolution, in.In[0], in.In[1], in.Out)
	pack, group := k.packWeights(false)
	tile := k.kernel.MR * k.kernel.NR
	block := blockOf(k.pixels, k.taps, k.kernel.NR)
	blocks := (k.pixels + block - 1) / block
	c.tileFloats = max(c.tileFloats, tile+k.taps*block)
	return []*job{pack, overSpan(k.samples*k.Groups*blocks, k.taps*block*(k.outs/2+1), 1, func(lo, hi, worker int) {
		scratch := c.tiles[worker]
		unfolded := scratch[tile:][:k.taps*block]
		for i := lo; i < hi; i++ {
			sample, g, first := i/blocks/k.Groups, i/blocks%k.Groups, i%blocks*block
			n := min(block, k.pixels-first)
			k.unfold(unfolded, k.input(sample, g), first, n)
			k.kernel.multiply(k.outs, n, k.taps, c.panels[0][g*group:], unfolded, k.result(sample, g)[first:], k.pixels, false, scratch[:tile])
		}
	})}, nil
}

// unfold packs n columns of x unfolded, the pixels from first on, as panels of the right
// operand: element (tap, pixel) at [pixel/NR][tap][pixel%NR].
func (k *conv) unfold(dst, x []float32, first, n int) {
	nr := k.kernel.NR
	if rest := n % nr; rest != 0 {
		clear(dst[(n-rest)*k.taps : (n-rest+nr)*k.taps])
	}
	for tap := range k.taps {
		k.alongTap(tap, first, n, func(at, from, count, step int) {
			if step < 0 { // padding
				for j := at; j < at+count; j++ {
					dst[j/nr*nr*k.taps+tap*nr+j%nr] = 0
				}
				return
			}
			d, q := at/nr*nr*k.taps+tap*nr+at%nr, at%nr
			for range count {
				dst[d] = x[from]
				from += step
				d++
				if q++; q == nr {
					q = 0
					d += nr * (k.taps - 1)
				}
			}
		})
	}
}

// alongTap visits n pixels of the result from first on in stretches of a row: for each
// where it starts among the n, the place in the input under the tap, and how many pixels
// it is long, step apart in the input; a negative step is a stretch of padding.
func (k *conv) alongTap(tap, first, n int, visit func(at, from, count, step int)) {
	kh, kw := k.Kernel[0], k.Kernel[1]
	channel, dy, dx := tap/(kh*kw), tap/kw%kh*k.Dilation[0]-k.Pad[0], tap%kw*k.Dilation[1]-k.Pad[1]
	// Columns left to right-1 are inside the input.
	left := min(max((-dx+k.Stride[1]-1)/k.Stride[1], 0), k.out[1])
	right := max(min((k.in[1]-dx+k.Stride[1]-1)/k.Stride[1], k.out[1]), left)
	for at := 0; at < n; {
		row, col := (first+at)/k.out[1], (first+at)%k.out[1]
		end := min(k.out[1], col+n-at)
		y := row*k.Stride[0] + dy
		if y < 0 || y >= k.in[0] {
			visit(at, 0, end-col, -1)
			at += end - col
			continue
		}
		line := (channel*k.in[0] + y) * k.in[1]
		for _, part := range [3]struct{ lo, hi, step int }{{0, left, -1}, {left, right, k.Stride[1]}, {right, k.out[1], -1}} {
			lo, hi := max(part.lo, col), min(part.hi, end)
			if lo < hi {
				visit(at, line+lo*k.Stride[1]+dx, hi-lo, part.step)
				at += hi - lo
			}
		}
	}
}

// convInputGradJobs gives each task whole samples of a group, since the windows of
// neighbouring pixels overlap.
func (c *compiler) convInputGradJobs(in *engine.Instr) ([]*job, error) {
	k := c.newConv(in.Op.(graph.ConvInputGrad).Convolution, in.Out, in.In[1], in.In[0])
	pack, group := k.packWeights(true)
	nr, tile := k.kernel.NR, k.kernel.MR*k.kernel.NR
	block := blockOf(k.pixels, k.taps+k.outs, nr)
	c.tileFloats = max(c.tileFloats, tile+(k.taps+k.outs)*block)
	return []*job{pack, overSpan(k.samples*k.Groups, k.taps*k.pixels*(k.outs/2+1), 1, func(lo, hi, worker int) {
		scratch := c.tiles[worker]
		packed, columns := scratch[tile:][:k.outs*block], scratch[tile+k.outs*block:][:k.taps*block]
		for i := lo; i < hi; i++ {
			sample, g := i/k.Groups, i%k.Groups
			dx, dy := k.input(sample, g), k.result(sample, g)
			clear(dx)
			for first := 0; first < k.pixels; first += block {
				n := min(block, k.pixels-first)
				packColumns(packed, dy[first:], k.outs, n, k.pixels, nr)
				k.kernel.multiply(k.taps, n, k.outs, c.panels[0][g*group:], packed, columns, block, false, scratch[:tile])
				k.fold(dx, columns, first, n, block)
			}
		}
	})}, nil
}

// packColumns packs n columns of a matrix of some rows, ld apart, for the right operand.
func packColumns(dst, x []float32, rows, n, ld, nr int) {
	if rest := n % nr; rest != 0 {
		clear(dst[(n-rest)*rows : (n-rest+nr)*rows])
	}
	for r := range rows {
		d, q := r*nr, 0
		for _, v := range x[r*ld:][:n] {
			dst[d] = v
			d++
			if q++; q == nr {
				q = 0
				d += nr * (rows - 1)
			}
		}
	}
}

// fold adds n columns of the unfolded gradient to the pixels of the input they are of.
func (k *conv) fold(dx, columns []float32, first, n, ld int) {
	for tap := range k.taps {
		col := columns[tap*ld:][:n]
		k.alongTap(tap, first, n, func(at, from, count, step int) {
			switch {
			case step < 0: // padding
			case step == 1:
				to := dx[from:][:count]
				for j, v := range col[at:][:count] {
					to[j] += v
				}
			default:
				for _, v := range col[at:][:count] {
					dx[from] += v
					from += step
				}
			}
		})
	}
}

// convWeightGradJobs cuts the taps, and the samples where that gives too few tasks. Each
// part of the samples has a sum of its own; the second job adds those.
func (c *compiler) convWeightGradJobs(in *engine.Instr) ([]*job, error) {
	k := c.newConv(in.Op.(graph.ConvWeightGrad).Convolution, in.In[0], in.Out, in.In[1])
	mr, nr := k.kernel.height(k.outs), k.kernel.NR
	tile := k.kernel.MR * nr
	across := min(roundUp(k.taps, nr), roundUp(convTaps, nr))
	strips := (k.taps + across - 1) / across
	parts := min(max(convTasks/(k.Groups*strips), 1), k.samples)
	each := (k.samples + parts - 1) / parts
	parts = (k.samples + each - 1) / each
	rows := roundUp(k.outs, mr)
	depth := min(blockOf(k.pixels, rows+across, 1), k.kernel.Depth)
	c.tileFloats = max(c.tileFloats, tile+(rows+across)*depth)
	size := k.Groups * k.outs * k.taps
	sums := func() []float32 { return c.mem.f[in.Out] }
	if parts > 1 {
		own := c.own(parts * size)
		sums = func() []float32 { return own }
	}
	jobs := []*job{newJob(k.Groups*strips*parts, func(task, worker int) {
		part, g, strip := task/strips/k.Groups, task/strips%k.Groups, task%strips*across
		scratch := c.tiles[worker]
		left, right := scratch[tile:][:rows*depth], scratch[tile+rows*depth:][:across*depth]
		to := sums()[part*size+g*k.outs*k.taps+strip:]
		taps := min(across, k.taps-strip)
		for sample := part * each; sample < min((part+1)*each, k.samples); sample++ {
			x, dy := k.input(sample, g), k.result(sample, g)
			for first := 0; first < k.pixels; first += depth {
				n := min(depth, k.pixels-first)
				packRows(left, dy[first:], k.outs, n, k.pixels, mr)
				k.unfoldTaps(right, x, strip, taps, first, n)
				k.kernel.multiply(k.outs, taps, n, left, right, to, k.taps, sample > part*each || first > 0, scratch[:tile])
			}
		}
	})}
	if parts > 1 {
		jobs = append(jobs, overSpan(size, parts, tileLen, func(lo, hi, _ int) {
			c.kernels.Fold[graph.Sum].columns(c.mem.f[in.Out][lo:hi], sums()[lo:], parts, size)
		}))
	}
	return jobs, nil
}

// packRows packs n columns of the rows of a matrix, ld apart, for the left operand:
// element (row, column) at [row/MR][column][row%MR].
func packRows(dst, x []float32, rows, n, ld, mr int) {
	for r := range roundUp(rows, mr) {
		to := dst[r/mr*mr*n+r%mr:]
		if r >= rows {
			for j := range n {
				to[j*mr] = 0
			}
			continue
		}
		for j, v := range x[r*ld:][:n] {
			to[j*mr] = v
		}
	}
}

// unfoldTaps packs n pixels of some taps of x unfolded as the right operand, transposed:
// element (pixel, tap) at [tap/NR][pixel][tap%NR].
func (k *conv) unfoldTaps(dst, x []float32, firstTap, taps, first, n int) {
	nr := k.kernel.NR
	for t := range roundUp(taps, nr) {
		to := dst[t/nr*nr*n+t%nr:]
		if t >= taps {
			for j := range n {
				to[j*nr] = 0
			}
			continue
		}
		k.alongTap(firstTap+t, first, n, func(at, from, count, step int) {
			d := at * nr
			if step < 0 {
				for range count {
					to[d] = 0
					d += nr
				}
				return
			}
			for range count {
				to[d] = x[from]
				from += step
				d += nr
			}
		})
	}
}
