package graph

import "fmt"

// Window is how a convolution or a pooling goes over images [N,C,H,W]. Pairs are along H
// and W. The input is padded on all sides: with zeros in a convolution and a mean, with
// nothing that could be a maximum in a maximum.
type Window struct{ Kernel, Stride, Pad, Dilation [2]int }

// Out is the size of the result for an input of a size.
func (w Window) Out(size [2]int) (out [2]int) {
	for i := range out {
		out[i] = (size[i]+2*w.Pad[i]-w.reach(i))/w.Stride[i] + 1
		if size[i]+2*w.Pad[i] < w.reach(i) {
			out[i] = 0
		}
	}
	return out
}

// reach is how many pixels the window spans along an axis.
func (w Window) reach(i int) int { return (w.Kernel[i]-1)*w.Dilation[i] + 1 }

func (w Window) String() string {
	s := fmt.Sprintf("%dx%d", w.Kernel[0], w.Kernel[1])
	for _, a := range []struct {
		name  string
		value [2]int
		usual int
	}{{"stride", w.Stride, 1}, {"pad", w.Pad, 0}, {"dilation", w.Dilation, 1}} {
		switch {
		case a.value[0] != a.value[1]:
			s += fmt.Sprintf(" %s %dx%d", a.name, a.value[0], a.value[1])
		case a.value[0] != a.usual:
			s += fmt.Sprintf(" %s %d", a.name, a.value[0])
		}
	}
	return s
}

// Convolution is the form of a convolution: result channel o of group g is the sum, over
// the group's C/Groups input channels and the window, of weight times input. Weights are
// [O,C/Groups,kh,kw], PyTorch's layout.
type Convolution struct {
	Window
	Groups int
}

// Products is how many products the convolution, and each of its gradients, adds up: those
// with the padding counted too.
func (c Convolution) Products(w, y []int) int64 {
	n := int64(w[1] * w[2] * w[3])
	for _, d := range y {
		n *= int64(d)
	}
	return n
}

// The ops on images. The three of a convolution are each linear in both operands, and
// the gradients of each are the other two.
type (
	// Conv is the convolution itself: x [N,C,H,W] and w to y [N,O,H',W'].
	Conv struct{ Convolution }
	// ConvInputGrad is its gradient by x, of the result's shape: from y's gradient and w.
	ConvInputGrad struct{ Convolution }
	// ConvWeightGrad is its gradient by w, of the result's shape: from x and y's gradient.
	ConvWeightGrad struct{ Convolution }
	// MaxPool is the largest element of each window, a NaN counting as the largest.
	MaxPool struct{ Window }
	// MaxPoolGrad is its gradient by x: from x and the result's gradient, which goes to
	// the window's first largest element.
	MaxPoolGrad struct{ Window }
	// AvgPool is the mean of each window, the padding counted.
	AvgPool struct{ Window }
	// AvgPoolGrad is its gradient by x, of the result's shape: from its result's gradient.
	AvgPoolGrad struct{ Window }
)

func (c Convolution) String() string {
	if c.Groups != 1 {
		return fmt.Sprintf("%s groups %d", c.Window, c.Groups)
	}
	return c.Window.String()
}

func (o Conv) String() string           { return "conv(" + o.Convolution.String() + ")" }
func (o ConvInputGrad) String() string  { return "conv_input_grad(" + o.Convolution.String() + ")" }
func (o ConvWeightGrad) String() string { return "conv_weight_grad(" + o.Convolution.String() + ")" }
func (o MaxPool) String() string        { return "maxpool(" + o.Window.String() + ")" }
func (o MaxPoolGrad) String() string    { return "maxpool_grad(" + o.Window.String() + ")" }
func (o AvgPool) String() string        { return "avgpool(" + o.Window.String() + ")" }
func (o AvgPoolGrad) String() string    { return "avgpool_grad(" + o.Window.String() + ")" }

// conv is the convolution of x [B,C,H,W] by w.
func (b *builder) conv(form Convolution, x, w *Value) *Value {
	out := form.Out([2]int{x.Shape[2], x.Shape[3]})
	return b.apply(Conv{form}, Shape{x.Shape[0], w.Shape[0], out[0], out[1]}, x, w)
}

// pooled is a pooling's shape.
func (w Window) pooled(x Shape) Shape {
	out := w.Out([2]int{x[2], x[3]})
	return Shape{x[0], x[1], out[0], out[1]}
}

// windowGradients are those of the ops on images.
func (b *builder) windowGradients(v, d *Value, need []bool) ([]*Value, error) {
	out := make([]*Value, len(v.In))
	give := func(i int, op Op, in ...*Value) {
		if need[i] {
			out[i] = b.apply(op, v.In[i].Shape, in...)
		}
	}
	switch o := v.Op.(type) {
	case Conv:
		give(0, ConvInputGrad(o), d, v.In[1])
		give(1, ConvWeightGrad(o), v.In[0], d)
	case ConvInputGrad: // d has the shape of x, In[0] that of y
		give(0, Conv(o), d, v.In[1])
		give(1, ConvWeightGrad(o), d, v.In[0])
	case ConvWeightGrad: // d has the shape of w
		give(0, ConvInputGrad(o), v.In[1], d)
		give(1, Conv(o), v.In[0], d)
	case MaxPool:
		give(0, MaxPoolGrad(o), v.In[0], d)
	case AvgPool:
		give(0, AvgPoolGrad(o), d)
	case AvgPoolGrad:
		give(0, AvgPool(o), d)
	default:
		return nil, fmt.Errorf("%s has no gradient", v.Op)
	}
	return out, nil
}
