package engine

import (
	"fmt"

	"gotrain/internal/graph"
)

// checkConv checks the shapes of a convolution y of x by w.
func checkConv(c graph.Convolution, x, w, y *Value) error {
	if len(x.Shape) != 4 || len(w.Shape) != 4 {
		return fmt.Errorf("input %v and weight %v", x.Shape, w.Shape)
	}
	g := c.Groups
	if g < 1 || x.Shape[1] != g*w.Shape[1] || w.Shape[0]%g != 0 {
		return fmt.Errorf("%d groups of input %v and weight %v", g, x.Shape, w.Shape)
	}
	if [2]int(w.Shape[2:]) != c.Kernel {
		return fmt.Errorf("a kernel of %v and weight %v", c.Kernel, w.Shape)
	}
	return checkWindow(c.Window, x, y, w.Shape[0])
}

func checkPool(w graph.Window, x, y *Value) error {
	if len(x.Shape) != 4 {
		return fmt.Errorf("input %v", x.Shape)
	}
	for i, pad := range w.Pad {
		if pad >= w.Kernel[i] || w.Dilation[i] != 1 {
			return fmt.Errorf("a window of %v in padding %v", w.Kernel, w.Pad)
		}
	}
	return checkWindow(w, x, y, x.Shape[1])
}

// checkWindow checks the shape of a result of some channels.
func checkWindow(w graph.Window, x, y *Value, channels int) error {
	for i := range w.Kernel {
		if w.Kernel[i] < 1 || w.Stride[i] < 1 || w.Dilation[i] < 1 || w.Pad[i] < 0 {
			return fmt.Errorf("a window of %v, stride %v, dilation %v, pad %v", w.Kernel, w.Stride, w.Dilation, w.Pad)
		}
	}
	out := w.Out([2]int(x.Shape[2:]))
	return sameShape(y, []int{x.Shape[0], channels, out[0], out[1]})
}
