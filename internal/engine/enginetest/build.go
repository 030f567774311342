package enginetest

import (
	"slices"

	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// builder writes programs by hand, without shape checks: the engine's are under test.
type builder struct{ p *graph.Program }

func newBuilder(name string) *builder { return &builder{&graph.Program{Name: name}} }

func (b *builder) add(v *graph.Value) *graph.Value {
	v.ID = len(b.p.Values)
	if v.Path == "" {
		v.Path = b.p.Name
	}
	b.p.Values = append(b.p.Values, v)
	return v
}

func (b *builder) input(name string, t graph.DType, shape ...int) *graph.Value {
	v := b.add(&graph.Value{Name: name, DType: t, Shape: shape})
	b.p.Inputs = append(b.p.Inputs, v)
	return v
}

func (b *builder) state(name string, role graph.Role, shape ...int) *graph.Value {
	v := b.add(&graph.Value{Name: name, Shape: shape})
	b.p.States = append(b.p.States, graph.State{Name: name, Role: role, Value: v, Init: graph.Init{Dist: graph.NormalInit, Scale: 1}})
	return v
}

// next sets what the state called name becomes.
func (b *builder) next(name string, v *graph.Value) {
	for i := range b.p.States {
		if b.p.States[i].Name == name {
			b.p.States[i].Next = v
		}
	}
}

func (b *builder) output(name string, v *graph.Value) {
	b.p.Outputs = append(b.p.Outputs, graph.Output{Name: name, Value: v})
}

func (b *builder) op(op graph.Op, shape graph.Shape, in ...*graph.Value) *graph.Value {
	v := &graph.Value{Op: op, Shape: shape, In: in}
	switch op.(type) {
	case graph.Reshape, graph.Slice, graph.Pad, graph.Concat, graph.Transpose:
		v.DType = in[0].DType
	}
	return b.add(v)
}

// mapTo applies a formula with a result of the given shape.
func (b *builder) mapTo(shape graph.Shape, f *formula.Formula, in ...*graph.Value) *graph.Value {
	return b.op(graph.Map{F: f, Name: "map"}, shape, in...)
}

// unary applies a primitive to each element of x.
func (b *builder) unary(op func(*formula.Builder, formula.Ref) formula.Ref, x *graph.Value) *graph.Value {
	return b.mapTo(x.Shape, formula.Unary(op), x)
}

// binary applies a primitive to x and y, which repeats to x's shape.
func (b *builder) binary(op func(*formula.Builder, formula.Ref, formula.Ref) formula.Ref, x, y *graph.Value) *graph.Value {
	return b.mapTo(x.Shape, formula.Binary(op), x, y)
}

func (b *builder) reduce(fn graph.ReduceFn, x *graph.Value, axes ...int) *graph.Value {
	shape := slices.Clone(x.Shape)
	for _, a := range axes {
		shape[a] = 1
	}
	return b.op(graph.Reduce{Fn: fn, Axes: axes}, shape, x)
}

// total is the sum of x as a scalar of shape [].
func (b *builder) total(x *graph.Value) *graph.Value {
	axes := make([]int, len(x.Shape))
	for i := range axes {
		axes[i] = i
	}
	return b.op(graph.Reshape{}, graph.Shape{}, b.reduce(graph.Sum, x, axes...))
}

// finite is 1 where the scalar x is a finite number, else 0.
func (b *builder) finite(x *graph.Value) *graph.Value {
	return b.unary(func(f *formula.Builder, r formula.Ref) formula.Ref {
		return f.Equal(f.Sub(r, r), f.Const(0))
	}, x)
}
