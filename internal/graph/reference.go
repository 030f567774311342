package graph

import (
	"fmt"
	"math"

	"gotrain/internal/formula"
	"gotrain/internal/rng"
)

// This file is the float64 meaning of each op: the oracle of every device, and what the
// gorgonia ops' Do runs. It is written to be read, not to be fast.

// Array is a reference value: row-major elements, exact for I32.
type Array struct {
	Shape []int
	Data  []float64
}

// NewArray makes an array of zeros.
func NewArray(shape []int) *Array {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return &Array{Shape: shape, Data: make([]float64, n)}
}

// Interpret evaluates every value of the program for a batch size, in float64. feed and
// states give inputs and states by name. The result is indexed by Value.ID.
func Interpret(p *Program, batch int, feed, states map[string][]float64) ([]*Array, error) {
	vals := make([]*Array, len(p.Values))
	for _, v := range p.Values {
		out := NewArray(v.Shape.At(batch))
		if v.Op == nil {
			src, ok := feed[v.Name]
			if !ok {
				src, ok = states[v.Name]
			}
			if !ok || len(src) != len(out.Data) {
				return nil, fmt.Errorf("interpret %s: %q needs %d elements, got %d", p.Name, v.Name, len(out.Data), len(src))
			}
			copy(out.Data, src)
		} else {
			in := make([]*Array, len(v.In))
			for i, x := range v.In {
				in[i] = vals[x.ID]
			}
			reference(v.Op, in, out)
		}
		vals[v.ID] = out
	}
	return vals, nil
}

// reference computes op into out, whose shape is set.
func reference(op Op, in []*Array, out *Array) {
	switch o := op.(type) {
	case Map:
		refMap(o.F, in, out)
	case Reduce:
		refReduce(o, in[0], out)
	case MatMul:
		refMatMul(o, in[0], in[1], out)
	case Reshape, stopGrad:
		copy(out.Data, in[0].Data)
	case Slice:
		refSlice(o.Axis, o.Start, in[0], out, func(whole, part *float64) { *part = *whole })
	case Pad:
		refSlice(o.Axis, o.Start, out, in[0], func(whole, part *float64) { *whole = *part })
	case Concat:
		start := 0
		for _, x := range in {
			refSlice(o.Axis, start, out, x, func(whole, part *float64) { *whole = *part })
			start += x.Shape[o.Axis]
		}
	case Transpose:
		refTranspose(o.Perm, in[0], out)
	case OneHot:
		for i, c := range in[0].Data {
			if k := int(c); k >= 0 && k < o.Classes {
				out.Data[i*o.Classes+k] = 1
			}
		}
	case ArgMax:
		refArgMax(o.Axis, in[0], out)
	case Random:
		refRandom(o, in[0], in[1], out)
	default:
		if refWindow(op, in, out) {
			return
		}
		panic(fmt.Sprintf("graph: no reference for %T", op))
	}
}

func refMap(f *formula.Formula, in []*Array, out *Array) {
	args := make([]float64, len(in))
	forEachIndex(out.Shape, func(flat int, idx []int) {
		for i, a := range in {
			args[i] = a.Data[broadcastOffset(idx, a.Shape)]
		}
		out.Data[flat] = f.Eval(args...)
	})
}

// forEachIndex visits the elements of shape in row-major order.
func forEachIndex(shape []int, visit func(flat int, idx []int)) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	idx := make([]int, len(shape))
	for flat := range n {
		visit(flat, idx)
		for a := len(idx) - 1; a >= 0; a-- {
			if idx[a]++; idx[a] < shape[a] {
				break
			}
			idx[a] = 0
		}
	}
}

// broadcastOffset is where the element at idx of a result comes from in an operand of
// the given shape, aligned right.
func broadcastOffset(idx, shape []int) int {
	off, skip := 0, len(idx)-len(shape)
	for a, d := range shape {
		i := idx[skip+a]
		if d == 1 {
			i = 0
		}
		off = off*d + i
	}
	return off
}

func refReduce(o Reduce, in, out *Array) {
	if o.Fn == Max {
		for i := range out.Data {
			out.Data[i] = math.Inf(-1)
		}
	}
	forEachIndex(in.Shape, func(flat int, idx []int) {
		k := broadcastOffset(idx, out.Shape)
		if o.Fn == Sum {
			out.Data[k] += in.Data[flat]
		} else {
			out.Data[k] = max(out.Data[k], in.Data[flat])
		}
	})
}

func refMatMul(o MatMul, a, b, out *Array) {
	m, n := out.Shape[0], out.Shape[1]
	k := a.Shape[1]
	if o.TransA {
		k = a.Shape[0]
	}
	at := func(x *Array, trans bool, i, j int) float64 {
		if trans {
			i, j = j, i
		}
		return x.Data[i*x.Shape[1]+j]
	}
	for i := range m {
		for j := range n {
			sum := 0.0
			for l := range k {
				sum += at(a, o.TransA, i, l) * at(b, o.TransB, l, j)
			}
			out.Data[i*n+j] = sum
		}
	}
}

// refSlice pairs each element of part with its place in whole, Start along axis.
func refSlice(axis, start int, whole, part *Array, pair func(whole, part *float64)) {
	at := make([]int, len(part.Shape))
	forEachIndex(part.Shape, func(flat int, idx []int) {
		copy(at, idx)
		at[axis] += start
		pair(&whole.Data[broadcastOffset(at, whole.Shape)], &part.Data[flat])
	})
}

func refTranspose(perm []int, in, out *Array) {
	at := make([]int, len(perm))
	forEachIndex(out.Shape, func(flat int, idx []int) {
		for i, a := range perm {
			at[a] = idx[i]
		}
		out.Data[flat] = in.Data[broadcastOffset(at, in.Shape)]
	})
}

func refArgMax(axis int, in, out *Array) {
	best := make([]float64, len(out.Data))
	for i := range best {
		best[i] = math.Inf(-1)
	}
	forEachIndex(in.Shape, func(flat int, idx []int) {
		k, x := broadcastOffset(idx, out.Shape), in.Data[flat]
		if x > best[k] || math.IsNaN(x) && !math.IsNaN(best[k]) {
			best[k], out.Data[k] = x, float64(idx[axis])
		}
	})
}

// refRandom gives exactly a device's numbers: draws are float32 everywhere.
func refRandom(o Random, ids, epoch, out *Array) {
	rows := len(ids.Data)
	row := make([]float32, len(out.Data)/max(rows, 1))
	s := rng.NewStream(o.Seed, o.Stream)
	for i, id := range ids.Data {
		if o.Dist == Normal {
			s.Normal(row, uint32(int32(epoch.Data[0])), uint32(int32(id)))
		} else {
			s.Uniform(row, uint32(int32(epoch.Data[0])), uint32(int32(id)))
		}
		for j, x := range row {
			out.Data[i*len(row)+j] = float64(x)
		}
	}
}
