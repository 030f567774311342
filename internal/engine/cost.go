package engine

import (
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// FLOPs is the arithmetic of one instruction: 2mnk for a product of (m,k) and (k,n), 1 for
// a primitive of a formula, whatever it costs, and 1 for an element folded. A convolution counts
// like the product that it is, pooling 1 for each element of a window.
func FLOPs(f *Func, in *Instr) int64 {
	size := func(v int) int64 { return int64(f.Values[v].Size) }
	switch o := in.Op.(type) {
	case graph.MatMul:
		m, n, k := productSize(f, o, in)
		return 2 * m * n * k
	case Gemm:
		m, n, k := productSize(f, o.MatMul, in)
		return 2*m*n*k + m*n*elementFLOPs(o.F, o.Folds)
	case graph.Map:
		return elementFLOPs(o.F.Multi(), nil) * size(in.Out)
	case Fused:
		n := int64(0)
		for _, p := range o.Parts {
			n += elementFLOPs(o.F, o.Folds) * int64(product(p.Shape))
		}
		return n
	case graph.Reduce:
		return size(in.In[0])
	case graph.Conv:
		return o.Products(f.Values[in.In[1]].Shape, f.Values[in.Out].Shape) * 2
	case graph.ConvInputGrad:
		return o.Products(f.Values[in.In[1]].Shape, f.Values[in.In[0]].Shape) * 2
	case graph.ConvWeightGrad:
		return o.Products(f.Values[in.Out].Shape, f.Values[in.In[1]].Shape) * 2
	case graph.MaxPool:
		return size(in.Out) * int64(o.Kernel[0]*o.Kernel[1])
	case graph.AvgPool:
		return size(in.Out) * int64(o.Kernel[0]*o.Kernel[1])
	case graph.MaxPoolGrad:
		return size(in.In[1]) * int64(o.Kernel[0]*o.Kernel[1])
	case graph.AvgPoolGrad:
		return size(in.In[0]) * int64(o.Kernel[0]*o.Kernel[1])
	}
	return 0
}

// productSize gives the lengths of a product: (m,k) by (k,n).
func productSize(f *Func, o graph.MatMul, in *Instr) (m, n, k int64) {
	a, b := f.Values[in.In[0]].Shape, f.Values[in.In[1]].Shape
	m, n, k = int64(a[0]), int64(b[1]), int64(a[1])
	if o.TransA {
		m, k = k, m
	}
	if o.TransB {
		n = int64(b[0])
	}
	return m, n, k
}

func elementFLOPs(f *formula.Multi, folds []Fold) int64 {
	n := f.Primitives()
	for _, fold := range folds {
		if fold != Stored {
			n++
		}
	}
	return int64(n)
}

// Traffic is the bytes that one instruction reads and writes: each operand and each result
// once, at its own size. A Reshape that is still there is a copy.
func Traffic(f *Func, in *Instr) (read, written int64) {
	seen := map[int]bool{}
	for _, a := range in.In {
		if !seen[a] {
			seen[a] = true
			read += 4 * int64(f.Values[a].Size)
		}
	}
	for _, o := range in.Outs() {
		written += 4 * int64(f.Values[o].Size)
	}
	return read, written
}

// Cost is what a plan asks of a device.
type Cost struct {
	Kernels       int
	FLOPs         int64
	Read, Written int64 // bytes
}

// CostOf adds up the instructions of f.
func CostOf(f *Func) Cost {
	c := Cost{Kernels: len(f.Instrs)}
	for _, in := range f.Instrs {
		read, written := Traffic(f, in)
		c.FLOPs += FLOPs(f, in)
		c.Read += read
		c.Written += written
	}
	return c
}
