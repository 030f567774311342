package engine

import (
	"slices"

	"gotrain/internal/graph"
)

// fuse makes one pass of Maps that feed each other or read the same operand, and of the
// Reduces over the last axes of what they compute. A value is computed once, however many
// read it; what is needed elsewhere is stored.
func fuse(f *Func) {
	g := newGrouper(f)
	// Single numbers come last: a group of them makes each wait for the others' operands,
	// which must not keep two long passes apart.
	for _, numbers := range []bool{false, true} {
		for i, in := range f.Instrs {
			switch op := in.Op.(type) {
			case graph.Map:
				if numbers == (f.Values[in.Out].Size == 1) {
					g.fuseMap(i, in)
				}
			case graph.Reduce:
				if !numbers {
					g.fuseReduce(i, in, op)
				}
			}
		}
	}
	g.replace(func(x *group) *Instr {
		b := g.bodyOf(x, None)
		if len(b.out) == 1 && b.folds[0] == Stored {
			name := f.Instrs[x.members[len(x.members)-1]].Op.(graph.Map).Name
			return &Instr{Op: graph.Map{F: b.f.Single(0), Name: name}, In: b.in, Out: b.out[0]}
		}
		op := Fused{F: b.f, Folds: b.folds, Parts: []Part{{Shape: x.shape, Axes: x.axes}}}
		return &Instr{Op: op, In: b.in, Out: b.out[0], More: b.out[1:]}
	})
}

// fuseMap puts a Map in the group of one of its operands or, where there is none, of a
// neighbour that reads the same operand.
func (g *grouper) fuseMap(i int, in *Instr) {
	shape := g.f.Values[in.Out].Shape
	var mine *group
	for _, x := range g.candidates(i, in, shape) {
		if mine == nil && g.join(x, i) {
			mine = x
		} else if mine != nil {
			g.merge(mine, x)
		}
	}
	if mine == nil {
		g.start(i, shape)
	}
}

// candidates lists the groups that a Map may join, producers of its operands first.
func (g *grouper) candidates(i int, in *Instr, shape []int) []*group {
	var list []*group
	add := func(k int) {
		if x := g.of(k); x != nil && slices.Equal(x.shape, shape) && !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	for _, a := range in.In {
		if g.defs[a] != None {
			add(g.defs[a])
		}
	}
	size := g.f.Values[in.Out].Size
	for _, a := range in.In {
		if g.f.Values[a].Size != size {
			continue
		}
		for _, k := range g.readers[a] {
			if i-k <= siblingWindow {
				add(k)
			}
		}
	}
	return list
}

// fuseReduce puts a Reduce in the group that computes what it folds.
func (g *grouper) fuseReduce(i int, in *Instr, op graph.Reduce) {
	x := g.of(g.defs[in.In[0]])
	v := g.f.Values[in.In[0]]
	if x == nil || x.gemm != None || !lastAxes(v.Shape, op.Axes) || x.axes != nil && !slices.Equal(x.axes, op.Axes) {
		return
	}
	if _, isMap := g.f.Instrs[g.defs[in.In[0]]].Op.(graph.Map); isMap && g.join(x, i) {
		x.axes = op.Axes
	}
}

// lastAxes reports whether axes are the last ones of shape, and more than one element is
// folded.
func lastAxes(shape, axes []int) bool {
	n := 1
	for k, a := range axes {
		if a != len(shape)-len(axes)+k {
			return false
		}
		n *= shape[a]
	}
	return n > 1
}
