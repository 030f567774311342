package engine

import (
	"slices"

	"gotrain/internal/graph"
)

// epilogues lets a product take in the Maps of its elements: a bias, an activation, on the
// way back the multiplication by an activation's slope. They run while the product's tile
// is in cache, and the product is stored only where something else reads it. What updates
// parameters is left to other passes.
func epilogues(f *Func) {
	g := newGrouper(f)
	for i, in := range f.Instrs {
		switch in.Op.(type) {
		case graph.MatMul:
			g.start(i, f.Values[in.Out].Shape).gemm = i
		case graph.Map:
			if updates(f, in) {
				continue
			}
			for _, a := range in.In {
				x := g.of(g.defs[a])
				if x != nil && slices.Equal(x.shape, f.Values[in.Out].Shape) && g.join(x, i) {
					break
				}
			}
		}
	}
	g.replace(func(x *group) *Instr {
		matmul := f.Instrs[x.gemm]
		b := g.bodyOf(x, matmul.Out)
		op := Gemm{MatMul: matmul.Op.(graph.MatMul), F: b.f, Folds: b.folds}
		return &Instr{Op: op, In: append(slices.Clone(matmul.In), b.in...), Out: b.out[0], More: b.out[1:]}
	})
}

// updates reports whether a Map is part of an optimizer's update: it makes a parameter or a
// moment, or reads one element by element.
func updates(f *Func, in *Instr) bool {
	out := f.Values[in.Out]
	trained := func(v *Value) bool {
		return (v.Space == Front || v.Space == Back) && (f.States[v.Slot].Role == graph.Param || f.States[v.Slot].Role == graph.Moment)
	}
	return trained(out) || slices.ContainsFunc(in.In, func(a int) bool {
		return trained(f.Root(a)) && slices.Equal(f.Values[a].Shape, out.Shape)
	})
}
