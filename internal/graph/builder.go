package graph

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"gotrain/internal/formula"
)

// builder makes the values of one program on one gorgonia graph. Its methods are the
// only way to make a Value. A wrong shape here is a bug of the caller in this package,
// which has checked what the user wrote; it panics with a bugError, recovered in Model.
type builder struct {
	graph   *G.ExprGraph
	values  []*Value // in order of creation, which is topological
	nodes   map[*Value]*G.Node
	byNode  map[*G.Node]*Value
	inputs  map[string]*Value
	states  []*State
	byName  map[string]*State
	derived map[*formula.Formula][]derivative
	path    string // of the values being made
	// nominal is the batch size of the gorgonia nodes, which must have concrete shapes.
	// Only oracles that run the gorgonia graph see it.
	nominal int
	// recordedNoise makes every draw an input called "noise/<stream>", for comparison
	// with another implementation's recorded draws.
	recordedNoise bool
	seed          int64
}

// bugError is a broken invariant of this package.
type bugError struct{ text string }

func (e bugError) Error() string { return "graph: " + e.text }

func bug(format string, args ...any) {
	panic(bugError{fmt.Sprintf(format, args...)})
}

func newBuilder(seed int64) *builder {
	return &builder{
		graph:  G.NewGraph(),
		nodes:  map[*Value]*G.Node{},
		byNode: map[*G.Node]*Value{},
		inputs: map[string]*Value{},
		byName: map[string]*State{},

		derived: map[*formula.Formula][]derivative{},
		nominal: 2,
		seed:    seed,
	}
}

// add records v and its gorgonia node.
func (b *builder) add(v *Value, node *G.Node) *Value {
	v.ID = len(b.values)
	v.Path = b.path
	b.values = append(b.values, v)
	b.nodes[v] = node
	b.byNode[node] = v
	return v
}

// input returns the input called name, made at its first use.
func (b *builder) input(name string, dtype DType, shape Shape) *Value {
	if v, ok := b.inputs[name]; ok {
		return v
	}
	v := b.leaf(name, dtype, shape)
	b.inputs[name] = v
	return v
}

func (b *builder) leaf(name string, dtype DType, shape Shape) *Value {
	return b.add(&Value{Shape: shape, DType: dtype, Name: name}, newLeafNode(b.graph, name, shape.At(b.nominal)))
}

// state returns the state called name, made at its first use.
func (b *builder) state(name string, role Role, shape Shape, init Init) *State {
	if s, ok := b.byName[name]; ok {
		if !s.Value.Shape.Equal(shape) {
			bug("state %s has shape %s, asked for as %s", name, s.Value.Shape, shape)
		}
		return s
	}
	s := &State{Name: name, Role: role, Value: b.leaf(name, F32, shape), Init: init}
	b.states = append(b.states, s)
	b.byName[name] = s
	return s
}

// apply adds a node whose shape is given.
func (b *builder) apply(op Op, shape Shape, in ...*Value) *Value {
	for _, d := range shape {
		if d == 0 {
			bug("%s: an axis of length 0 in %s", op, shape)
		}
	}
	v := &Value{Op: op, In: slices.Clone(in), Shape: shape, DType: F32}
	switch op.(type) {
	case Reshape, Slice, Pad, Concat, Transpose, stopGrad: // elements move as they are
		v.DType = in[0].DType
	}
	node, err := newOpNode(b, v)
	if err != nil {
		bug("%s: %v", op, err)
	}
	return b.add(v, node)
}

// mapOp applies f elementwise; name is the op the user knows.
func (b *builder) mapOp(name string, f *formula.Formula, in ...*Value) *Value {
	shape := Shape{}
	for _, v := range in {
		s, ok := broadcastShapes(shape, v.Shape)
		if !ok {
			bug("%s: shapes %s and %s do not broadcast", name, shape, v.Shape)
		}
		shape = s
	}
	return b.mapTo(name, shape, f, in...)
}

// mapTo is mapOp with a given result shape, to which every input must broadcast.
func (b *builder) mapTo(name string, shape Shape, f *formula.Formula, in ...*Value) *Value {
	if f.Inputs != len(in) {
		bug("%s: a formula of %d inputs applied to %d", name, f.Inputs, len(in))
	}
	if f.IsIdentity() && in[0].DType == F32 && in[0].Shape.Equal(shape) {
		return in[0]
	}
	return b.apply(Map{F: f, Name: name}, shape, in...)
}

// fill is a value of the given shape whose elements are all c.
func (b *builder) fill(c float64, shape Shape) *Value {
	return b.mapTo("fill", shape, formula.Constant(c))
}

func (b *builder) add2(x, y *Value) *Value { return b.mapOp("add", addFormula, x, y) }

var addFormula = formula.Binary(func(f *formula.Builder, x, y formula.Ref) formula.Ref { return f.Add(x, y) })

// reduce folds axes, keeping them at length 1.
func (b *builder) reduce(fn ReduceFn, x *Value, axes ...int) *Value {
	if len(axes) == 0 {
		return x
	}
	shape := slices.Clone(x.Shape)
	for _, a := range axes {
		shape[a] = 1
	}
	return b.apply(Reduce{Fn: fn, Axes: axes}, shape, b.float(x))
}

// float is x as F32.
func (b *builder) float(x *Value) *Value {
	return b.mapTo("float", x.Shape, formula.Identity(), x)
}

// sumAll is the sum of every element, a scalar.
func (b *builder) sumAll(x *Value) *Value {
	axes := make([]int, len(x.Shape))
	for i := range axes {
		axes[i] = i
	}
	return b.reshape(b.reduce(Sum, x, axes...), Shape{})
}

// batchSize is the number of samples, a scalar.
func (b *builder) batchSize() *Value { return b.sumAll(b.fill(1, Shape{-1})) }

// sumTo sums x over the axes along which shape was broadcast to x's.
func (b *builder) sumTo(x *Value, shape Shape) *Value {
	var axes []int
	skip := len(x.Shape) - len(shape)
	for a, d := range x.Shape {
		if a < skip || shape[a-skip] == 1 && d != 1 {
			axes = append(axes, a)
		}
	}
	return b.reshape(b.reduce(Sum, x, axes...), shape)
}

// reshape gives x another shape of as many elements at every batch size.
func (b *builder) reshape(x *Value, shape Shape) *Value {
	if x.Shape.Equal(shape) {
		return x
	}
	// Sizes are c*batch or c: two batch sizes tell all shapes apart.
	if x.Shape.Size(1) != shape.Size(1) || x.Shape.Size(2) != shape.Size(2) {
		bug("reshape of %s to %s", x.Shape, shape)
	}
	return b.apply(Reshape{}, shape, x)
}

func (b *builder) matMul(x, y *Value, transX, transY bool) *Value {
	m, k := x.Shape[0], x.Shape[1]
	if transX {
		m, k = k, m
	}
	k2, n := y.Shape[0], y.Shape[1]
	if transY {
		k2, n = n, k2
	}
	if k != k2 {
		bug("matmul of %s and %s (transposed: %v, %v)", x.Shape, y.Shape, transX, transY)
	}
	return b.apply(MatMul{TransA: transX, TransB: transY}, Shape{m, n}, x, y)
}

func (b *builder) slice(x *Value, axis, start, length int) *Value {
	shape := slices.Clone(x.Shape)
	shape[axis] = length
	return b.apply(Slice{Axis: axis, Start: start, Len: length}, shape, x)
}

func (b *builder) pad(x *Value, axis, start, length int) *Value {
	shape := slices.Clone(x.Shape)
	shape[axis] = length
	return b.apply(Pad{Axis: axis, Start: start, Len: length}, shape, x)
}

// stopGrad is x, as a constant to the gradient. It leaves no trace in the Program.
func (b *builder) stopGrad(x *Value) *Value { return b.apply(stopGrad{}, x.Shape, x) }

type stopGrad struct{}

func (stopGrad) String() string { return "stop_grad" }

// random draws a value of the given shape, one row a sample. Draws that belong to a
// sample are keyed by its index in the data set, others by the place in the epoch.
func (b *builder) random(dist Dist, stream string, shape Shape, perSample bool) *Value {
	if b.recordedNoise {
		return b.input("noise/"+stream, F32, shape)
	}
	key := InputPosition
	if perSample {
		key = InputIndex
	}
	ids := b.input(key, I32, Shape{-1})
	epoch := b.input(InputEpoch, I32, Shape{})
	return b.apply(Random{Dist: dist, Seed: b.seed, Stream: stream}, shape, ids, epoch)
}

// broadcastShapes is numpy's rule, aligned right, on symbolic axes.
func broadcastShapes(s, t Shape) (Shape, bool) {
	if len(s) < len(t) {
		s, t = t, s
	}
	out := slices.Clone(s)
	skip := len(s) - len(t)
	for i, d := range t {
		switch e := out[skip+i]; {
		case e == d || d == 1:
		case e == 1:
			out[skip+i] = d
		default:
			return nil, false
		}
	}
	return out, true
}

// program collects what the roots need, in topological order, with stopGrad resolved.
func (b *builder) program(name string, outputs []Output, next map[*State]*Value, guard *Value) *Program {
	p := &Program{Name: name}
	seen := map[*Value]*Value{}
	var visit func(v *Value) *Value
	visit = func(v *Value) *Value {
		if got, ok := seen[v]; ok {
			return got
		}
		if _, ok := v.Op.(stopGrad); ok {
			seen[v] = visit(v.In[0])
			return seen[v]
		}
		c := *v
		c.In = make([]*Value, len(v.In))
		for i, x := range v.In {
			c.In[i] = visit(x)
		}
		c.ID = len(p.Values)
		p.Values = append(p.Values, &c)
		seen[v] = &c
		return &c
	}
	for _, o := range outputs {
		p.Outputs = append(p.Outputs, Output{Name: o.Name, Value: visit(o.Value)})
	}
	for _, s := range b.states { // in order of creation, not of the map
		if n, ok := next[s]; ok {
			visit(n)
		}
	}
	if guard != nil {
		p.Guard = visit(guard)
	}
	for _, s := range b.states {
		n, hasNext := next[s]
		if _, live := seen[s.Value]; !live && !hasNext {
			continue
		}
		st := State{Name: s.Name, Role: s.Role, Value: visit(s.Value), Init: s.Init}
		if hasNext {
			st.Next = visit(n)
		}
		p.States = append(p.States, st)
	}
	for _, v := range p.Values {
		if v.Op == nil && b.inputs[v.Name] != nil {
			p.Inputs = append(p.Inputs, v)
		}
	}
	return p
}
