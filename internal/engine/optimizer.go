package engine

import (
	"slices"

	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// updateInTiles lets a product that is a gradient take in the update of its parameter: the
// gradient is used tile by tile and never stored. It applies where the update reads the
// product itself and nothing else does: under clipping, accumulation or a reduction over
// workers, something stands between, and the update stays a pass of its own.
func updateInTiles(f *Func) {
	g := newGrouper(f)
	for i, in := range f.Instrs {
		switch op := in.Op.(type) {
		case graph.MatMul:
			g.start(i, f.Values[in.Out].Shape).gemm = i
		case Fused:
			if !updatesParam(f, in) || len(op.Parts) != 1 || !foldsAll(op) {
				continue
			}
			for _, a := range in.In {
				x := g.of(g.defs[a])
				if x != nil && len(x.members) == 1 && g.uses[a] == 1 && slices.Equal(x.shape, op.Parts[0].Shape) && g.join(x, i) {
					break
				}
			}
		}
	}
	g.replace(func(x *group) *Instr {
		matmul, update := f.Instrs[x.gemm], f.Instrs[x.members[1]]
		op := update.Op.(Fused)
		at := slices.Index(update.In, matmul.Out)
		body := formula.NewMulti(op.F.Inputs, func(b *formula.Builder, in []formula.Ref) []formula.Ref {
			return op.F.Build(b, slices.Insert(slices.Clone(in[1:]), at, in[0])) // the product first
		})
		rest := slices.Delete(slices.Clone(update.In), at, at+1)
		return &Instr{
			Op: Gemm{MatMul: matmul.Op.(graph.MatMul), F: body, Folds: op.Folds},
			In: append(slices.Clone(matmul.In), rest...), Out: update.Out, More: update.More,
		}
	})
}

// updatesParam reports whether in makes the next value of a parameter.
func updatesParam(f *Func, in *Instr) bool {
	return slices.ContainsFunc(in.Outs(), func(o int) bool {
		v := f.Values[o]
		return v.Space == Back && f.States[v.Slot].Role == graph.Param
	})
}

// foldsAll reports whether every fold of op is a sum over all elements.
func foldsAll(op Fused) bool {
	return !slices.Contains(op.Folds, Greatest) && (len(op.Parts[0].Axes) == len(op.Parts[0].Shape) || !slices.Contains(op.Folds, Summed))
}

// updateTogether makes one instruction of the updates of all parameters that have the same
// formulas: one launch however many tensors there are.
func updateTogether(f *Func) {
	g := newGrouper(f)
	like := map[string]*group{}
	for i, in := range f.Instrs {
		op, ok := in.Op.(Fused)
		if !ok || len(op.Parts) != 1 || !updatesParam(f, in) {
			continue
		}
		x := like[op.String()]
		if x != nil && g.closed(append(slices.Clone(x.members), i)) {
			x.members = append(x.members, i)
			g.unit[i] = x
			continue
		}
		like[op.String()] = g.start(i, nil)
	}
	g.replace(func(x *group) *Instr { return together(f, x.members) })
}

// together joins instructions with equal formulas. Operands that are the same value in all
// of them are shared, the others each one's own.
func together(f *Func, members []int) *Instr {
	first := f.Instrs[members[0]]
	op := first.Op.(Fused)
	var own, shared []int // inputs
	for k, a := range first.In {
		if f.Values[a].Size == 1 && !slices.ContainsFunc(members, func(i int) bool { return f.Instrs[i].In[k] != a }) {
			shared = append(shared, k)
		} else {
			own = append(own, k)
		}
	}
	order := append(slices.Clone(own), shared...)
	all := &Instr{}
	fused := Fused{Shared: len(shared), Folds: op.Folds}
	fused.F = formula.NewMulti(op.F.Inputs, func(b *formula.Builder, in []formula.Ref) []formula.Ref {
		args := make([]formula.Ref, len(in))
		for i, k := range order {
			args[k] = in[i]
		}
		return op.F.Build(b, args)
	})
	var outs []int
	for _, i := range members {
		in := f.Instrs[i]
		for _, k := range own {
			all.In = append(all.In, in.In[k])
		}
		outs = append(outs, in.Outs()...)
		fused.Parts = append(fused.Parts, in.Op.(Fused).Parts[0])
	}
	for _, k := range shared {
		all.In = append(all.In, first.In[k])
	}
	all.Op, all.Out, all.More = fused, outs[0], outs[1:]
	return all
}
