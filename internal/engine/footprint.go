package engine

import (
	"slices"

	"gotrain/internal/graph"
)

// GradientBytes is how much of f's arena is held by gradients at the moment when they hold
// most: the operands of updates that have a parameter's size. A gradient whose update runs
// in its product's tiles is never in memory.
func GradientBytes(f *Func) int64 {
	live := liveness(f)
	isGradient := make([]bool, len(f.Values))
	for _, in := range f.Instrs {
		if _, isMap := in.Op.(graph.Map); !updatesParam(f, in) && !(isMap && updates(f, in)) {
			continue
		}
		operands := in.In
		if _, ok := in.Op.(Gemm); ok {
			operands = in.In[2:] // the factors of the product that is the gradient are none
		}
		for _, a := range operands {
			if root := f.Root(a); root.Space == Arena && root.Size > 1 && !madeByUpdate(f, root) {
				isGradient[root.ID] = true
			}
		}
	}
	most := 0
	for i := range f.Instrs {
		sum := 0
		for v, is := range isGradient {
			if is && live.start[v] <= i && i <= live.end[v] {
				sum += f.Values[v].Size
			}
		}
		most = max(most, sum)
	}
	return 4 * int64(most)
}

// madeByUpdate reports whether v is an optimizer's own intermediate value: of a Map that
// reads a state of its size.
func madeByUpdate(f *Func, v *Value) bool {
	return slices.ContainsFunc(f.Instrs, func(in *Instr) bool {
		m, ok := in.Op.(graph.Map)
		return ok && m.F != nil && in.Out == v.ID && updates(f, in)
	})
}
