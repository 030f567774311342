package cpu

import "gotrain/internal/formula"

// wideConv is a convolution of stride 1 over rows as wide as the padded input: the pixels
// under a tap are then one stretch of the padded input, with a few between two rows of the
// result that belong to none. Those of the result are computed and thrown away; of its
// gradient they are zero. A block has whole rows of the result.
type wideConv struct {
	*conv
	height, width int // of the padded input
	rows          int // of a block
	line          int // floats of a row of a block's matrices
}

// isWide reports whether the rows of a convolution can be laid so.
func (k *conv) isWide() bool { return k.Stride == [2]int{1, 1} }

// newWide cuts blocks so that a matrix of so many rows stays in the second-level cache.
func (k *conv) newWide(rows int) *wideConv {
	w := &wideConv{conv: k, height: k.in[0] + 2*k.Pad[0], width: k.in[1] + 2*k.Pad[1]}
	w.rows = min(k.out[0], max(convBlock/rows/w.width, 1))
	w.line = k.kernel.lineOf(w.pixelsOf(w.rows))
	return w
}

// pixelsOf is how long a stretch of some rows is.
func (w *wideConv) pixelsOf(rows int) int { return (rows-1)*w.width + w.out[1] }

// paddedFloats is the size of a group's padded input.
func (w *wideConv) paddedFloats() int { return w.channels * w.height * w.width }

func (w *wideConv) blocks() int { return (w.out[0] + w.rows - 1) / w.rows }

// block is its first row and how many it has.
func (w *wideConv) block(i int) (first, rows int) {
	return i * w.rows, min(w.rows, w.out[0]-i*w.rows)
}

// pad writes a group's channels with zeros around them.
func (w *wideConv) pad(padded, x []float32) {
	clear(padded)
	for i := range w.channels * w.in[0] {
		copy(padded[w.inside(i):][:w.in[1]], x[i*w.in[1]:])
	}
}

// inside is where row i of the channels, one after the other, begins in the padded input.
func (w *wideConv) inside(i int) int {
	return (i/w.in[0]*w.height+i%w.in[0]+w.Pad[0])*w.width + w.Pad[1]
}

// under is where the pixels under a tap begin in the padded input, for the block whose
// first row is given.
func (w *wideConv) under(tap, first int) int {
	kh, kw := w.Kernel[0], w.Kernel[1]
	return (tap/(kh*kw)*w.height+first+tap/kw%kh*w.Dilation[0])*w.width + tap%kw*w.Dilation[1]
}

// spread writes some rows of the result's gradient in wide rows, zeros between.
func (w *wideConv) spread(dst, dy []float32, first, rows int) {
	clear(dst[:w.outs*w.line])
	for o := range w.outs {
		for r := range rows {
			copy(dst[o*w.line+r*w.width:][:w.out[1]], dy[o*w.pixels+(first+r)*w.out[1]:])
		}
	}
}

func (w *wideConv) jobs() []*job {
	c, tile := w.c, w.kernel.MR*w.kernel.NR
	padded, unfolded := w.paddedFloats(), w.taps*w.line
	c.tileFloats = max(c.tileFloats, tile+padded+unfolded+w.outs*w.line)
	blocks := w.blocks()
	return []*job{overSpan(w.samples*w.Groups*blocks, w.taps*w.line*(w.outs/2+1), 1, func(lo, hi, worker int) {
		scratch := c.tiles[worker]
		p, u, y := scratch[tile:][:padded], scratch[tile+padded:][:unfolded], scratch[tile+padded+unfolded:]
		for i := lo; i < hi; i++ {
			sample, g := i/blocks/w.Groups, i/blocks%w.Groups
			first, rows := w.block(i % blocks)
			n := w.pixelsOf(rows)
			if i == lo || first == 0 {
				w.pad(p, w.input(sample, g))
			}
			for t := range w.taps {
				copy(u[t*w.line:][:n], p[w.under(t, first):])
			}
			w.kernel.multiply(w.outs, roundUp(n, w.kernel.NR), w.taps, matrix{w.weights(g), w.taps, 1}, matrix{u, w.line, 1}, y, w.line, false, scratch[:tile])
			to := w.result(sample, g)
			for o := range w.outs {
				for r := range rows {
					copy(to[o*w.pixels+(first+r)*w.out[1]:][:w.out[1]], y[o*w.line+r*w.width:])
				}
			}
		}
	})}
}

// inputGradJobs gives each task whole samples of a group, since the windows of neighbouring
// pixels overlap.
func (w *wideConv) inputGradJobs() []*job {
	c, tile := w.c, w.kernel.MR*w.kernel.NR
	padded, grads := w.paddedFloats(), w.outs*w.line
	c.tileFloats = max(c.tileFloats, tile+padded+grads+w.taps*w.line)
	sum := c.kernels.Loop[formula.Add]
	return []*job{overSpan(w.samples*w.Groups, w.taps*w.pixels*(w.outs/2+1), 1, func(lo, hi, worker int) {
		scratch := c.tiles[worker]
		p, d, columns := scratch[tile:][:padded], scratch[tile+padded:][:grads], scratch[tile+padded+grads:]
		for i := lo; i < hi; i++ {
			sample, g := i/w.Groups, i%w.Groups
			clear(p)
			for b := range w.blocks() {
				first, rows := w.block(b)
				n := w.pixelsOf(rows)
				w.spread(d, w.result(sample, g), first, rows)
				w.kernel.multiply(w.taps, roundUp(n, w.kernel.NR), w.outs, matrix{w.weights(g), 1, w.taps}, matrix{d, w.line, 1}, columns, w.line, false, scratch[:tile])
				for t := range w.taps {
					to := p[w.under(t, first):][:n]
					sum(to, to, columns[t*w.line:][:n], nil)
				}
			}
			dx := w.input(sample, g)
			for i := range w.channels * w.in[0] {
				copy(dx[i*w.in[1]:][:w.in[1]], p[w.inside(i):])
			}
		}
	})}
}

// addWeightGrad adds the product of a sample for some taps, (taps × outs), to to; or sets
// it.
func (w *wideConv) addWeightGrad(to []float32, sample, g, firstTap, taps int, set bool, scratch []float32) {
	tile := w.kernel.MR * w.kernel.NR
	padded, unfolded, grads := w.paddedFloats(), taps*w.line, w.outs*w.line
	p, u := scratch[tile:][:padded], scratch[tile+padded:][:unfolded]
	d, transposed := scratch[tile+padded+unfolded:][:grads], scratch[tile+padded+unfolded+grads:]
	w.pad(p, w.input(sample, g))
	outs := roundUp(w.outs, w.kernel.NR)
	for b := range w.blocks() {
		first, rows := w.block(b)
		n := w.pixelsOf(rows)
		for t := range taps {
			copy(u[t*w.line:][:n], p[w.under(firstTap+t, first):])
		}
		w.spread(d, w.result(sample, g), first, rows)
		pack := packing{c: w.c, width: outs, rows: w.outs, k: n, row: w.line, step: 1}
		pack.panel(transposed[:outs*n], d, w.outs)
		w.kernel.multiply(taps, w.outs, n, matrix{u, w.line, 1}, matrix{transposed, outs, 1}, to, w.outs, !set || b > 0, scratch[:tile])
	}
}

// weightGradFloats is the scratch of addWeightGrad.
func (w *wideConv) weightGradFloats(taps int) int {
	return w.kernel.MR*w.kernel.NR + w.paddedFloats() + (taps+w.outs)*w.line + roundUp(w.outs, w.kernel.NR)*w.pixelsOf(w.rows)
}
