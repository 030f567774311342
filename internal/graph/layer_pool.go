package graph

var (
	layerMaxPool = pooling("maxpool", "the largest element of each window: [C,H,W] to [C,H',W'], H' = ⌊(H + 2 pad - kernel) / stride⌋ + 1", func(c *call, x *Value, w Window) *Value {
		return c.b.apply(MaxPool{w}, w.pooled(x.Shape), x)
	})
	layerAvgPool = pooling("avgpool", "the mean of each window, padding counted as zeros: [C,H,W] to [C,H',W'], H' as of maxpool", func(c *call, x *Value, w Window) *Value {
		return c.b.apply(AvgPool{w}, w.pooled(x.Shape), x)
	})
)

func pooling(name, doc string, build func(c *call, x *Value, w Window) *Value) *opSpec {
	return &opSpec{
		Name: name, Group: "layer", Doc: doc,
		Params: []param{
			{Name: "x", Kind: tensorArg, Doc: "[C,H,W]"},
			{Name: "kernel", Kind: pairArg, Doc: "the window's size, or [height, width]"},
			{Name: "stride", Kind: pairArg, Optional: true, Doc: "the step, or [down, across]; defaults to kernel"},
			{Name: "pad", Kind: pairArg, Optional: true, Default: int64(0), Doc: "on each side, at most half the kernel"},
		},
		Build: func(c *call) (any, error) {
			x := c.tensor("x")
			if err := isImage(x); err != nil {
				return nil, err
			}
			w, err := c.window(x, func(Window) [2]int { return [2]int{} })
			if err != nil {
				return nil, err
			}
			if 2*w.Pad[0] > w.Kernel[0] || 2*w.Pad[1] > w.Kernel[1] {
				return nil, argf("pad %s is more than half the kernel %s: a window could lie outside", pairString(w.Pad), pairString(w.Kernel))
			}
			return build(c, x, w), nil
		},
	}
}

var (
	layerGlobalAvgPool = globalPooling("global_avgpool", "the mean over height and width: [C,H,W] to [C]", func(b *builder, x *Value) *Value {
		return b.scale(b.reduce(Sum, x, 2, 3), 1/float64(x.Shape[2]*x.Shape[3]))
	})
	layerGlobalMaxPool = globalPooling("global_maxpool", "the largest element over height and width: [C,H,W] to [C]", func(b *builder, x *Value) *Value {
		whole := [2]int{x.Shape[2], x.Shape[3]}
		return b.apply(MaxPool{Window{Kernel: whole, Stride: whole, Dilation: [2]int{1, 1}}}, Shape{x.Shape[0], x.Shape[1], 1, 1}, x)
	})
)

func globalPooling(name, doc string, build func(b *builder, x *Value) *Value) *opSpec {
	return &opSpec{
		Name: name, Group: "layer", Doc: doc,
		Params: []param{{Name: "x", Kind: tensorArg, Doc: "[C,H,W]"}},
		Build: func(c *call) (any, error) {
			x := c.tensor("x")
			if err := isImage(x); err != nil {
				return nil, err
			}
			return c.b.reshape(build(c.b, x), x.Shape[:2]), nil
		},
	}
}
