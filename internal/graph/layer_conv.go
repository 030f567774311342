package graph

import (
	"fmt"
	"math"
)

// layerConv has the layout and the start of PyTorch's Conv2d: W is [out, C/groups, kh,
// kw], both drawn from ±1/√(C/groups · kh · kw).
var layerConv = &opSpec{
	Name: "conv", Group: "layer",
	Doc: "a convolution: [C,H,W] to [out,H',W'], H' = ⌊(H + 2 pad - dilation (kernel-1) - 1) / stride⌋ + 1; W [out, C/groups, kernel, kernel] and b [out] start uniform in ±1/√(C/groups · kernel²)",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "[C,H,W]"},
		{Name: "out", Kind: intArg, Doc: "channels of the result"},
		{Name: "kernel", Kind: pairArg, Optional: true, Default: int64(3), Doc: "its size, or [height, width]"},
		{Name: "stride", Kind: pairArg, Optional: true, Default: int64(1), Doc: "the step, or [down, across]"},
		{Name: "pad", Kind: pairArg, Optional: true, Doc: "zeros on each side; defaults to dilation*(kernel//2), which keeps the size at stride 1 where the kernel is odd and makes it one larger where it is even"},
		{Name: "dilation", Kind: pairArg, Optional: true, Default: int64(1), Doc: "the distance of the kernel's places"},
		{Name: "groups", Kind: intArg, Optional: true, Default: int64(1), Doc: "parts of the channels that do not mix; C of them is a depthwise convolution"},
		{Name: "bias", Kind: boolArg, Optional: true, Default: true, Doc: "add b"},
		initParam("uniform in ±1/√(C/groups · kernel²)"),
	},
	Build: func(c *call) (any, error) {
		x, out, groups := c.tensor("x"), c.integer("out"), c.integer("groups")
		if err := isImage(x); err != nil {
			return nil, err
		}
		channels := x.Shape[1]
		if out < 1 || out > maxDim {
			return nil, argf("out is %d: a size is from 1 to %d", out, maxDim)
		}
		if groups < 1 || channels%groups != 0 || out%groups != 0 {
			return nil, argf("groups is %d: it must divide the %d channels of %s and the %d of the result", groups, channels, describe(x), out)
		}
		win, err := c.window(x, func(w Window) (pad [2]int) {
			for i := range pad {
				pad[i] = w.Dilation[i] * (w.Kernel[i] / 2)
			}
			return pad
		})
		if err != nil {
			return nil, err
		}
		shape := Shape{out, channels / groups, win.Kernel[0], win.Kernel[1]}
		if !fits(shape) {
			return nil, shapef("", "the weight is too large: %s", userShapeString(shape))
		}
		size := win.Out([2]int{x.Shape[2], x.Shape[3]})
		if shape := []int{out, size[0], size[1]}; !fits(shape) {
			return nil, shapef("", "the result is too large: %s", userShapeString(shape))
		}
		fanIn := channels / groups * win.Kernel[0] * win.Kernel[1]
		bound := Init{Dist: UniformInit, Scale: 1 / math.Sqrt(float64(fanIn))}
		w, err := c.weight("weight", shape, c.init("init", bound)(shape))
		if err != nil {
			return nil, err
		}
		y := c.b.conv(Convolution{win, groups}, x, w)
		if !c.boolean("bias") {
			return y, nil
		}
		bias, err := c.weight("bias", Shape{out}, bound)
		if err != nil {
			return nil, err
		}
		return c.b.mapOp("bias", addFormula, y, c.b.along(bias, 1, 4)), nil
	},
}

// isImage checks for [C,H,W] after the batch.
func isImage(x *Value) error {
	if !x.Shape.Batched() || len(userShape(x)) != 3 || x.DType != F32 {
		return shapef("reshape it to channels, height and width", "%s is no image [C,H,W]", describe(x))
	}
	return nil
}

// window reads the arguments kernel, stride, pad and, where there is one, dilation, and
// checks that the window fits in x [B,C,H,W]. pad gives the padding where none is written.
func (c *call) window(x *Value, pad func(w Window) [2]int) (Window, error) {
	w := Window{Kernel: c.pair("kernel"), Dilation: [2]int{1, 1}}
	w.Stride = w.Kernel // of a pooling
	if c.arg("stride") != nil {
		w.Stride = c.pair("stride")
	}
	if c.has("dilation") {
		w.Dilation = c.pair("dilation")
	}
	for _, a := range []struct {
		name string
		pair [2]int
	}{{"kernel", w.Kernel}, {"stride", w.Stride}, {"dilation", w.Dilation}} {
		if min(a.pair[0], a.pair[1]) < 1 || max(a.pair[0], a.pair[1]) > maxDim {
			return w, argf("%s is %s: it is from 1 to %d", a.name, pairString(a.pair), maxDim)
		}
	}
	w.Pad = pad(w)
	if c.arg("pad") != nil {
		w.Pad = c.pair("pad")
	}
	if min(w.Pad[0], w.Pad[1]) < 0 || max(w.Pad[0], w.Pad[1]) > maxDim {
		return w, argf("pad is %s: it is from 0 to %d", pairString(w.Pad), maxDim)
	}
	out := w.Out([2]int{x.Shape[2], x.Shape[3]})
	if out[0] < 1 || out[1] < 1 {
		return w, shapef("a smaller kernel, or more padding", "a window of %s does not fit in %s padded by %s",
			pairString([2]int{w.reach(0), w.reach(1)}), describe(x), pairString(w.Pad))
	}
	return w, nil
}

func pairString(p [2]int) string {
	if p[0] == p[1] {
		return fmt.Sprint(p[0])
	}
	return fmt.Sprintf("[%d,%d]", p[0], p[1])
}
