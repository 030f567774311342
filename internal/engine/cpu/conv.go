package cpu

import (
	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// A convolution is a product of matrices, a sample and a group at a time: with K =
// C/groups·kh·kw taps and P = H'·W' pixels,
//
//	y (O×P)   = w (O×K) · x unfolded (K×P)
//	dx        = fold of wᵀ (K×O) · dy (O×P)
//	dwᵀ (K×O) = Σ over samples of x unfolded (K×P) · dyᵀ (P×O)
//
// The unfolded matrix exists a block of pixels at a time, in a worker's scratch; weights
// are read where they are. A task writes a part of the result that no other writes; only
// dw is summed from parts, whose number depends on the shape alone.
const (
	convBlock = 1 << 15 // floats of the unfolded block of a worker: half of a second-level cache
	convTaps  = 64      // taps of a task of dw at least
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

// weights are a group's part of w, (O×K).
func (k *conv) weights(group int) []float32 {
	size := k.outs * k.taps
	return k.c.mem.f[k.w][group*size:][:size]
}

// matrix is a factor in memory: the distances of two rows and of two columns.
type matrix struct {
	data     []float32
	row, col int
}

// multiply computes c (rows × n columns, ldc apart) from a and b, which are k deep. b's
// columns are next to each other, and its rows go on to a multiple of NR/2 columns. edge is
// room for a tile.
func (g *GemmKernel) multiply(rows, n, k int, a, b matrix, c []float32, ldc int, add bool, edge []float32) {
	mr, nr := g.height(rows), g.NR
	for k0 := 0; k0 < k; k0 += g.Depth {
		depth, add := min(g.Depth, k-k0), add || k0 > 0
		for j := 0; j < n; j += nr {
			right := &b.data[k0*b.row+j]
			for i := 0; i < rows; i += mr {
				left := &a.data[i*a.row+k0*a.col]
				g.place(depth, left, 4*a.row, 4*a.col, right, 4*b.row, c[i*ldc+j:], ldc, min(mr, rows-i), min(nr, n-j), n-j, add, edge)
			}
		}
	}
}

// lineOf is how far apart rows of n floats are laid in scratch: whole tiles, and not at a
// distance that shares few lines of the first-level cache.
func (g *GemmKernel) lineOf(n int) int {
	line := roundUp(n, g.NR)
	if 4*line%aliasBytes == 0 {
		line += g.NR
	}
	return line
}

func (c *compiler) convJobs(in *engine.Instr) ([]*job, error) {
	k := c.newConv(in.Op.(graph.Conv).Convolution, in.In[0], in.In[1], in.Out)
	if k.isWide() {
		return k.newWide(k.taps).jobs(), nil
	}
	tile := k.kernel.MR * k.kernel.NR
	block := blockOf(k.pixels, k.taps, k.kernel.NR)
	blocks := (k.pixels + block - 1) / block
	line := k.kernel.lineOf(block)
	c.tileFloats = max(c.tileFloats, tile+k.taps*line)
	return []*job{overSpan(k.samples*k.Groups*blocks, k.taps*block*(k.outs/2+1), 1, func(lo, hi, worker int) {
		scratch := c.tiles[worker]
		unfolded := scratch[tile:][:k.taps*line]
		for i := lo; i < hi; i++ {
			sample, g, first := i/blocks/k.Groups, i/blocks%k.Groups, i%blocks*block
			n := min(block, k.pixels-first)
			k.unfold(unfolded, line, k.input(sample, g), 0, k.taps, first, n)
			k.kernel.multiply(k.outs, n, k.taps, matrix{k.weights(g), k.taps, 1}, matrix{unfolded, line, 1}, k.result(sample, g)[first:], k.pixels, false, scratch[:tile])
		}
	})}, nil
}

// unfold writes n pixels, from first on, of some taps of x unfolded, line apart.
func (k *conv) unfold(dst []float32, line int, x []float32, firstTap, taps, first, n int) {
	for t := range taps {
		to := dst[t*line:][:line]
		clear(to[n:]) // what is there may be no number
		k.alongTap(firstTap+t, first, n, func(at, from, count, step int) {
			switch part := to[at:][:count]; {
			case step < 0: // padding
				clear(part)
			case step == 1:
				copy(part, x[from:])
			default:
				for i := range part {
					part[i] = x[from+i*step]
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
	if k.isWide() {
		return k.newWide(k.taps + k.outs).inputGradJobs(), nil
	}
	tile := k.kernel.MR * k.kernel.NR
	block := blockOf(k.pixels, k.taps+k.outs, k.kernel.NR)
	line := k.kernel.lineOf(block)
	c.tileFloats = max(c.tileFloats, tile+(k.taps+k.outs)*line)
	return []*job{overSpan(k.samples*k.Groups, k.taps*k.pixels*(k.outs/2+1), 1, func(lo, hi, worker int) {
		scratch := c.tiles[worker]
		grads, columns := scratch[tile:][:k.outs*line], scratch[tile+k.outs*line:][:k.taps*line]
		for i := lo; i < hi; i++ {
			sample, g := i/k.Groups, i%k.Groups
			dx, dy := k.input(sample, g), k.result(sample, g)
			clear(dx)
			for first := 0; first < k.pixels; first += block {
				n := min(block, k.pixels-first)
				for o := range k.outs {
					to := grads[o*line:][:line]
					copy(to, dy[o*k.pixels+first:][:n])
					clear(to[n:])
				}
				k.kernel.multiply(k.taps, n, k.outs, matrix{k.weights(g), 1, k.taps}, matrix{grads, line, 1}, columns, line, false, scratch[:tile])
				k.fold(dx, columns, first, n, line)
			}
		}
	})}, nil
}

// fold adds n columns of the unfolded gradient to the pixels of the input they are of.
func (k *conv) fold(dx, columns []float32, first, n, line int) {
	sum := k.c.kernels.Loop[formula.Add]
	for tap := range k.taps {
		col := columns[tap*line:][:n]
		k.alongTap(tap, first, n, func(at, from, count, step int) {
			switch part := col[at:][:count]; {
			case step < 0: // padding
			case step == 1:
				to := dx[from:][:count]
				sum(to, to, part, nil)
			default:
				for i, v := range part {
					dx[from+i*step] += v
				}
			}
		})
	}
}

// convWeightGradJobs cuts the taps, and the samples where that gives too few tasks. Each
// part of the samples has a sum of its own, transposed; the second job adds those.
func (c *compiler) convWeightGradJobs(in *engine.Instr) ([]*job, error) {
	k := c.newConv(in.Op.(graph.ConvWeightGrad).Convolution, in.In[0], in.Out, in.In[1])
	tile := k.kernel.MR * k.kernel.NR
	across := min(k.taps, convTaps)
	strips := (k.taps + across - 1) / across
	parts := min(max(convTasks/(k.Groups*strips), 1), k.samples)
	each := (k.samples + parts - 1) / parts
	parts = (k.samples + each - 1) / each
	outs := roundUp(k.outs, k.kernel.NR)
	depth := min(blockOf(k.pixels, across+outs, 1), k.kernel.Depth)
	line := k.kernel.lineOf(depth)
	var wide *wideConv
	if k.isWide() {
		wide = k.newWide(across + k.outs)
		c.tileFloats = max(c.tileFloats, wide.weightGradFloats(across))
	} else {
		c.tileFloats = max(c.tileFloats, tile+across*line+outs*depth)
	}
	size := k.Groups * k.taps * k.outs
	sums := c.own(parts * size)
	return []*job{newJob(k.Groups*strips*parts, func(task, worker int) {
		part, g, strip := task/strips/k.Groups, task/strips%k.Groups, task%strips*across
		scratch := c.tiles[worker]
		taps := min(across, k.taps-strip)
		to := sums[part*size+(g*k.taps+strip)*k.outs:][:taps*k.outs]
		for sample := part * each; sample < min((part+1)*each, k.samples); sample++ {
			if wide != nil {
				wide.addWeightGrad(to, sample, g, strip, taps, sample == part*each, scratch)
				continue
			}
			unfolded, grads := scratch[tile:][:across*line], scratch[tile+across*line:][:outs*depth]
			x, dy := k.input(sample, g), k.result(sample, g)
			for first := 0; first < k.pixels; first += depth {
				n := min(depth, k.pixels-first)
				k.unfold(unfolded, line, x, strip, taps, first, n)
				p := packing{c: c, width: outs, rows: k.outs, k: n, row: k.pixels, step: 1}
				p.panel(grads[:outs*n], dy[first:], k.outs)
				k.kernel.multiply(taps, k.outs, n, matrix{unfolded, line, 1}, matrix{grads, outs, 1}, to, k.outs, sample > part*each || first > 0, scratch[:tile])
			}
		}
	}), overSpan(k.Groups*k.outs, parts*k.taps, 1, func(lo, hi, _ int) {
		for i := lo; i < hi; i++ {
			g, o := i/k.outs, i%k.outs
			dw := c.mem.f[in.Out][i*k.taps:][:k.taps]
			for t := range dw {
				sum := float32(0)
				for part := range parts {
					sum += sums[part*size+(g*k.taps+t)*k.outs+o]
				}
				dw[t] = sum
			}
		}
	})}, nil
}
