package graph

import "math"

// refWindow computes the ops on images; it reports whether op is one.
func refWindow(op Op, in []*Array, out *Array) bool {
	switch o := op.(type) {
	case Conv:
		o.products(in[0].Shape, in[1].Shape, out.Shape, func(x, w, y int) { out.Data[y] += in[0].Data[x] * in[1].Data[w] })
	case ConvInputGrad:
		o.products(out.Shape, in[1].Shape, in[0].Shape, func(x, w, y int) { out.Data[x] += in[1].Data[w] * in[0].Data[y] })
	case ConvWeightGrad:
		o.products(in[0].Shape, out.Shape, in[1].Shape, func(x, w, y int) { out.Data[w] += in[0].Data[x] * in[1].Data[y] })
	case MaxPool:
		o.windows(in[0].Shape, out.Shape, func(y int, xs []int) { out.Data[y] = in[0].Data[largestOf(in[0].Data, xs)] })
	case MaxPoolGrad:
		o.windows(in[0].Shape, in[1].Shape, func(y int, xs []int) { out.Data[largestOf(in[0].Data, xs)] += in[1].Data[y] })
	case AvgPool:
		n := float64(o.Kernel[0] * o.Kernel[1])
		o.windows(in[0].Shape, out.Shape, func(y int, xs []int) {
			for _, x := range xs {
				out.Data[y] += in[0].Data[x] / n
			}
		})
	case AvgPoolGrad:
		n := float64(o.Kernel[0] * o.Kernel[1])
		o.windows(out.Shape, in[0].Shape, func(y int, xs []int) {
			for _, x := range xs {
				out.Data[x] += in[0].Data[y] / n
			}
		})
	default:
		return false
	}
	return true
}

// products visits the places of the factors x and w of every product that a convolution
// adds to a place y of its result.
func (c Convolution) products(xs, ws, ys []int, visit func(x, w, y int)) {
	perGroup := ys[1] / c.Groups // result channels
	forEachIndex(ys, func(y int, at []int) {
		forEachIndex(ws[1:], func(w int, tap []int) {
			channel := at[1]/perGroup*ws[1] + tap[0]
			if row, col, ok := c.source(xs, at, tap[1:]); ok {
				visit(((at[0]*xs[1]+channel)*xs[2]+row)*xs[3]+col, at[1]*ws[1]*ws[2]*ws[3]+w, y)
			}
		})
	})
}

// windows visits each place of a pooling's result with the input's places it comes from.
func (w Window) windows(xs, ys []int, visit func(y int, xs []int)) {
	forEachIndex(ys, func(y int, at []int) {
		var from []int
		forEachIndex(w.Kernel[:], func(_ int, tap []int) {
			if row, col, ok := w.source(xs, at, tap); ok {
				from = append(from, ((at[0]*xs[1]+at[1])*xs[2]+row)*xs[3]+col)
			}
		})
		visit(y, from)
	})
}

// source is the pixel under a place of the kernel; not ok in the padding.
func (w Window) source(xs, at, tap []int) (row, col int, ok bool) {
	row = at[2]*w.Stride[0] - w.Pad[0] + tap[0]*w.Dilation[0]
	col = at[3]*w.Stride[1] - w.Pad[1] + tap[1]*w.Dilation[1]
	return row, col, row >= 0 && row < xs[2] && col >= 0 && col < xs[3]
}

// largestOf is the first place of the largest of some elements; a NaN is the largest.
func largestOf(data []float64, places []int) int {
	best := places[0]
	for _, p := range places[1:] {
		if data[p] > data[best] || math.IsNaN(data[p]) && !math.IsNaN(data[best]) {
			best = p
		}
	}
	return best
}
