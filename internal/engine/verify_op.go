package engine

import (
	"fmt"
	"slices"

	"gotrain/internal/graph"
)

// checkOp checks an instruction's operand count, element types and shapes.
func checkOp(f *Func, in *Instr) error {
	arity, float, err := signature(in.Op, len(in.In))
	if err != nil {
		return err
	}
	if len(in.In) != arity {
		return fmt.Errorf("%d operands, wants %d", len(in.In), arity)
	}
	if n := results(in.Op); len(in.More) != n-1 {
		return fmt.Errorf("%d results, wants %d", 1+len(in.More), n)
	}
	args := make([]*Value, len(in.In))
	for i, a := range in.In {
		args[i] = f.Values[a]
		if float && args[i].DType != graph.F32 {
			return fmt.Errorf("operand %d is %s", i, args[i].DType)
		}
	}
	out := f.Values[in.Out]
	want := graph.F32
	if movesOnly(in.Op) {
		want = args[0].DType
	}
	if out.DType != want {
		return fmt.Errorf("result is %s, wants %s", out.DType, want)
	}
	for _, o := range in.More {
		if f.Values[o].DType != graph.F32 {
			return fmt.Errorf("a result is %s", f.Values[o].DType)
		}
	}
	switch o := in.Op.(type) {
	case Fused:
		return checkFused(f, o, in)
	case Gemm:
		return checkGemm(f, o, in)
	}
	return checkShape(in.Op, args, out)
}

// results is how many results an op has.
func results(op graph.Op) int {
	switch o := op.(type) {
	case Fused:
		return len(o.Parts) * len(o.Folds)
	case Gemm:
		return len(o.Folds)
	}
	return 1
}

func checkFused(f *Func, o Fused, in *Instr) error {
	if len(o.Parts) == 0 || len(o.Folds) != len(o.F.Outs) || o.Shared > o.F.Inputs {
		return fmt.Errorf("%d parts, %d folds of %d results", len(o.Parts), len(o.Folds), len(o.F.Outs))
	}
	for i, p := range o.Parts {
		for k, a := range p.Axes {
			if a != len(p.Shape)-len(p.Axes)+k {
				return fmt.Errorf("folds axes %v of %v: not the last ones", p.Axes, p.Shape)
			}
		}
		for _, a := range o.Operands(in.In, i) {
			if !broadcasts(f.Values[a].Shape, p.Shape) {
				return fmt.Errorf("v%d of shape %v does not broadcast to %v", a, f.Values[a].Shape, p.Shape)
			}
		}
		for k, r := range o.Results(in.Outs(), i) {
			if err := sameShape(f.Values[r], o.resultShape(i, k)); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkGemm(f *Func, o Gemm, in *Instr) error {
	shape, err := productShape(o.MatMul, f.Values[in.In[0]].Shape, f.Values[in.In[1]].Shape)
	if err != nil {
		return err
	}
	for i, a := range in.In {
		if i < 2 && f.Values[a].DType != graph.F32 {
			return fmt.Errorf("factor %d is %s", i, f.Values[a].DType)
		}
		if i >= 2 && !broadcasts(f.Values[a].Shape, shape) {
			return fmt.Errorf("v%d of shape %v does not broadcast to %v", a, f.Values[a].Shape, shape)
		}
	}
	for k, r := range in.Outs() {
		want := shape
		if o.Folds[k] != Stored {
			want = []int{1, 1}
		}
		if err := sameShape(f.Values[r], want); err != nil {
			return err
		}
	}
	return nil
}

// signature gives an op's operand count and whether its operands must be F32.
func signature(op graph.Op, given int) (arity int, float bool, err error) {
	switch o := op.(type) {
	case graph.Map:
		return o.F.Inputs, false, nil
	case Fused:
		return len(o.Parts)*o.Own() + o.Shared, false, nil
	case Gemm:
		return 1 + o.F.Inputs, false, nil
	case graph.MatMul:
		return 2, true, nil
	case graph.Reduce, graph.ArgMax:
		return 1, true, nil
	case graph.Concat:
		return max(given, 1), false, nil
	case graph.Reshape, graph.Slice, graph.Pad, graph.Transpose, graph.OneHot, Copy:
		return 1, false, nil
	case graph.Random:
		return 2, false, nil
	case graph.Conv, graph.ConvInputGrad, graph.ConvWeightGrad, graph.MaxPoolGrad:
		return 2, true, nil
	case graph.MaxPool, graph.AvgPool, graph.AvgPoolGrad:
		return 1, true, nil
	}
	return 0, false, fmt.Errorf("unknown op %T", op)
}

// movesOnly holds for ops that move elements of any type without looking at them.
func movesOnly(op graph.Op) bool {
	switch op.(type) {
	case graph.Reshape, graph.Slice, graph.Pad, graph.Concat, graph.Transpose, Copy:
		return true
	}
	return false
}

func checkShape(op graph.Op, in []*Value, out *Value) error {
	switch o := op.(type) {
	case graph.Map:
		for i, x := range in {
			if !broadcasts(x.Shape, out.Shape) {
				return fmt.Errorf("operand %d of shape %v does not broadcast to %v", i, x.Shape, out.Shape)
			}
		}
		return nil
	case graph.Reduce:
		return sameShape(out, reducedShape(in[0].Shape, o.Axes))
	case graph.ArgMax:
		return sameShape(out, reducedShape(in[0].Shape, []int{o.Axis}))
	case graph.MatMul:
		return checkMatMul(o, in[0].Shape, in[1].Shape, out)
	case graph.Slice:
		return checkPart(o.Axis, o.Start, o.Len, out, in[0], o.Len)
	case graph.Pad:
		return checkPart(o.Axis, o.Start, o.Len, in[0], out, in[0].axis(o.Axis))
	case graph.Concat:
		return checkConcat(o.Axis, in, out)
	case graph.Transpose:
		return checkTranspose(o.Perm, in[0].Shape, out)
	case graph.OneHot:
		return sameShape(out, append(slices.Clone(in[0].Shape), o.Classes))
	case graph.Random:
		if in[0].DType != graph.I32 || in[1].DType != graph.I32 || in[1].Size != 1 || out.Size%in[0].Size != 0 {
			return fmt.Errorf("ids %s%v, epoch %s%v for %v", in[0].DType, in[0].Shape, in[1].DType, in[1].Shape, out.Shape)
		}
		return nil
	case graph.Conv:
		return checkConv(o.Convolution, in[0], in[1], out)
	case graph.ConvInputGrad:
		return checkConv(o.Convolution, out, in[1], in[0])
	case graph.ConvWeightGrad:
		return checkConv(o.Convolution, in[0], out, in[1])
	case graph.MaxPool:
		return checkPool(o.Window, in[0], out)
	case graph.MaxPoolGrad:
		if err := sameShape(out, in[0].Shape); err != nil {
			return err
		}
		return checkPool(o.Window, out, in[1])
	case graph.AvgPool:
		return checkPool(o.Window, in[0], out)
	case graph.AvgPoolGrad:
		return checkPool(o.Window, out, in[0])
	}
	if in[0].Size != out.Size { // Reshape, Copy
		return fmt.Errorf("%d elements become %d", in[0].Size, out.Size)
	}
	return nil
}

// axis is the length of one axis, 0 where there is none.
func (v *Value) axis(a int) int {
	if a < 0 || a >= len(v.Shape) {
		return 0
	}
	return v.Shape[a]
}

// broadcasts reports whether x repeats to shape out, aligned right.
func broadcasts(x, out []int) bool {
	if len(x) > len(out) {
		return false
	}
	for i, d := range x {
		if d != 1 && d != out[len(out)-len(x)+i] {
			return false
		}
	}
	return true
}

func sameShape(out *Value, want []int) error {
	if !slices.Equal(out.Shape, want) {
		return fmt.Errorf("result has shape %v, wants %v", out.Shape, want)
	}
	return nil
}

func reducedShape(shape, axes []int) []int {
	out := slices.Clone(shape)
	for _, a := range axes {
		if a < 0 || a >= len(out) {
			return nil
		}
		out[a] = 1
	}
	return out
}

func checkMatMul(o graph.MatMul, a, b []int, out *Value) error {
	want, err := productShape(o, a, b)
	if err != nil {
		return err
	}
	return sameShape(out, want)
}

// productShape is (m,n) of a product.
func productShape(o graph.MatMul, a, b []int) ([]int, error) {
	if len(a) != 2 || len(b) != 2 {
		return nil, fmt.Errorf("operands of shape %v and %v", a, b)
	}
	m, ka := a[0], a[1]
	if o.TransA {
		m, ka = ka, m
	}
	kb, n := b[0], b[1]
	if o.TransB {
		kb, n = n, kb
	}
	if ka != kb {
		return nil, fmt.Errorf("inner lengths %d and %d", ka, kb)
	}
	return []int{m, n}, nil
}

// checkPart checks that part is n long from start of axis of whole, both else alike.
func checkPart(axis, start, length int, part, whole *Value, n int) error {
	want := slices.Clone(whole.Shape)
	if axis < 0 || axis >= len(want) || start < 0 || n < 1 || start+n > want[axis] || length > want[axis] {
		return fmt.Errorf("%d elements from %d of axis %d of %v", n, start, axis, want)
	}
	want[axis] = n
	return sameShape(part, want)
}

func checkConcat(axis int, parts []*Value, whole *Value) error {
	start := 0
	for i, p := range parts {
		if p.DType != whole.DType {
			return fmt.Errorf("operand %d is %s, the result %s", i, p.DType, whole.DType)
		}
		if err := checkPart(axis, start, p.axis(axis), p, whole, p.axis(axis)); err != nil {
			return err
		}
		start += p.axis(axis)
	}
	if start != whole.axis(axis) {
		return fmt.Errorf("operands are %d along axis %d, the result %d", start, axis, whole.axis(axis))
	}
	return nil
}

func checkTranspose(perm, shape []int, out *Value) error {
	seen := make([]bool, len(shape))
	want := make([]int, len(perm))
	for i, a := range perm {
		if a < 0 || a >= len(shape) || seen[a] {
			return fmt.Errorf("axes %v of %v", perm, shape)
		}
		seen[a] = true
		want[i] = shape[a]
	}
	if len(perm) != len(shape) {
		return fmt.Errorf("axes %v of %v", perm, shape)
	}
	return sameShape(out, want)
}
