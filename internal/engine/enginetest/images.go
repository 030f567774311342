package enginetest

import (
	"fmt"
	"math"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

func window(kernel, stride, pad, dilation [2]int) graph.Window {
	return graph.Window{Kernel: kernel, Stride: stride, Pad: pad, Dilation: dilation}
}

func square(kernel, stride, pad int) graph.Window {
	return window([2]int{kernel, kernel}, [2]int{stride, stride}, [2]int{pad, pad}, [2]int{1, 1})
}

// testConvolution compares a convolution and both its gradients with the reference's
// plain loops, over every way a window can lie.
func testConvolution(t *testing.T, dev engine.Device) {
	for _, c := range []struct {
		in, out int // channels
		size    [2]int
		groups  int
		graph.Window
	}{
		{1, 1, [2]int{1, 1}, 1, square(1, 1, 0)},
		{1, 6, [2]int{28, 28}, 1, square(5, 1, 2)}, // LeNet's two
		{6, 16, [2]int{14, 14}, 1, square(5, 1, 0)},
		{3, 5, [2]int{7, 9}, 1, square(3, 1, 1)},
		{3, 5, [2]int{7, 9}, 1, square(3, 2, 1)},
		{2, 3, [2]int{8, 8}, 1, square(4, 2, 1)},
		{2, 3, [2]int{8, 8}, 1, square(2, 3, 1)}, // pixels that no window has
		{4, 8, [2]int{5, 5}, 1, square(1, 2, 0)},
		{4, 6, [2]int{6, 5}, 2, square(3, 1, 1)},
		{5, 5, [2]int{6, 5}, 5, square(3, 1, 1)}, // depthwise
		{3, 6, [2]int{6, 5}, 3, square(3, 2, 0)},
		{2, 3, [2]int{9, 11}, 1, window([2]int{3, 3}, [2]int{1, 1}, [2]int{2, 2}, [2]int{2, 2})},
		{2, 3, [2]int{9, 11}, 1, window([2]int{3, 5}, [2]int{2, 1}, [2]int{0, 2}, [2]int{1, 2})},
		{2, 3, [2]int{1, 13}, 1, window([2]int{1, 4}, [2]int{1, 3}, [2]int{0, 6}, [2]int{1, 1})}, // windows in the padding
		{2, 3, [2]int{2, 2}, 1, window([2]int{5, 5}, [2]int{1, 1}, [2]int{3, 4}, [2]int{1, 1})},
		{70, 9, [2]int{4, 4}, 1, square(3, 1, 1)}, // 630 taps: more than a kernel takes at once
		{2, 2, [2]int{40, 60}, 1, square(3, 1, 1)},
	} {
		form := graph.Convolution{Window: c.Window, Groups: c.groups}
		out := c.Out(c.size)
		x := graph.Shape{-1, c.in, c.size[0], c.size[1]}
		w := graph.Shape{c.out, c.in / c.groups, c.Kernel[0], c.Kernel[1]}
		y := graph.Shape{-1, c.out, out[0], out[1]}
		for _, batch := range []int{1, 5, 33} {
			if batch == 33 && x.Size(1)*c.Kernel[0] > 4000 {
				continue
			}
			b := newBuilder(fmt.Sprintf("%d to %d, %s, batch %d", c.in, c.out, form, batch))
			xv, wv, dy := b.input("x", graph.F32, x...), b.input("w", graph.F32, w...), b.input("dy", graph.F32, y...)
			b.output("y", b.op(graph.Conv{Convolution: form}, y, xv, wv))
			b.output("dx", b.op(graph.ConvInputGrad{Convolution: form}, x, dy, wv))
			b.output("dw", b.op(graph.ConvWeightGrad{Convolution: form}, w, xv, dy))
			// Sums of at most this many products of numbers up to 1: see testMatMul.
			terms := max(w.Size(1)/c.out, c.out*c.Kernel[0]*c.Kernel[1], y.Size(batch)/c.out)
			tol := tolerance{ulp, 2 * ulp * math.Sqrt(float64(terms)) * math.Log2(float64(terms)+2)}
			check(t, dev, b.p, batch, fill(b.p, batch, -1, 1, 13), tol)
		}
	}
}

func testPooling(t *testing.T, dev engine.Device) {
	for _, c := range []struct {
		channels int
		size     [2]int
		graph.Window
	}{
		{1, [2]int{1, 1}, square(1, 1, 0)},
		{3, [2]int{28, 28}, square(2, 2, 0)},
		{2, [2]int{7, 9}, square(2, 2, 0)}, // a row and a column left over
		{2, [2]int{7, 9}, square(3, 2, 1)},
		{2, [2]int{7, 9}, square(3, 1, 1)},
		{2, [2]int{8, 8}, square(2, 3, 0)},
		{2, [2]int{5, 8}, window([2]int{5, 8}, [2]int{5, 8}, [2]int{}, [2]int{1, 1})},
		{2, [2]int{5, 8}, window([2]int{1, 3}, [2]int{2, 1}, [2]int{0, 1}, [2]int{1, 1})},
	} {
		out := c.Out(c.size)
		x, y := graph.Shape{-1, c.channels, c.size[0], c.size[1]}, graph.Shape{-1, c.channels, out[0], out[1]}
		for _, batch := range []int{1, 5, 65} {
			b := newBuilder(fmt.Sprintf("%v %s, batch %d", c.size, c.Window, batch))
			xv, dy := b.input("x", graph.F32, x...), b.input("dy", graph.F32, y...)
			b.output("max", b.op(graph.MaxPool{Window: c.Window}, y, xv))
			b.output("max'", b.op(graph.MaxPoolGrad{Window: c.Window}, x, xv, dy))
			b.output("mean", b.op(graph.AvgPool{Window: c.Window}, y, xv))
			b.output("mean'", b.op(graph.AvgPoolGrad{Window: c.Window}, x, dy))
			d := fill(b.p, batch, -1, 1, 17)
			tol := tolerance{4 * ulp, 16 * ulp} // at most 40 terms of up to 1/4 each
			check(t, dev, b.p, batch, d, tol)
			in := d.feed.Float["x"] // equal elements, and some that are not finite
			copy(in[len(in)/2:], in[:len(in)/2])
			for i := range in {
				in[i] = float32(math.Round(float64(in[i]) * 2))
			}
			in[len(in)/3] = float32(math.NaN())
			in[0] = float32(math.Inf(-1))
			d.setFloat("x", in)
			check(t, dev, b.p, batch, d, tol)
		}
	}
}

// imageOps has every op on images.
func imageOps() *graph.Program {
	b := newBuilder("images")
	form, pool := graph.Convolution{Window: square(3, 1, 1), Groups: 1}, square(2, 2, 0)
	image, kernel := b.input("x", graph.F32, -1, 2, 8, 8), b.input("w", graph.F32, 4, 2, 3, 3)
	y := b.op(graph.Conv{Convolution: form}, graph.Shape{-1, 4, 8, 8}, image, kernel)
	most := b.op(graph.MaxPool{Window: pool}, graph.Shape{-1, 4, 4, 4}, y)
	mean := b.op(graph.AvgPool{Window: pool}, graph.Shape{-1, 4, 2, 2}, most)
	dmost := b.op(graph.AvgPoolGrad{Window: pool}, most.Shape, mean)
	dy := b.op(graph.MaxPoolGrad{Window: pool}, y.Shape, y, dmost)
	turned := b.op(graph.Transpose{Perm: []int{0, 2, 3, 1}}, graph.Shape{-1, 8, 8, 4}, dy)
	b.output("joined", b.op(graph.Concat{Axis: 1}, graph.Shape{-1, 16, 8, 4}, turned, turned))
	b.output("dx", b.op(graph.ConvInputGrad{Convolution: form}, image.Shape, dy, kernel))
	b.output("dw", b.op(graph.ConvWeightGrad{Convolution: form}, kernel.Shape, image, dy))
	return b.p
}
