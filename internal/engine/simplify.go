package engine

import "gotrain/internal/graph"

// deadCode drops instructions whose result no root needs. Values keep their IDs.
func deadCode(f *Func) {
	live := make([]bool, len(f.Values))
	for _, v := range f.roots() {
		live[v] = true
	}
	kept := len(f.Instrs)
	for i := len(f.Instrs) - 1; i >= 0; i-- {
		in := f.Instrs[i]
		if !live[in.Out] {
			continue
		}
		for _, a := range in.In {
			live[a] = true
		}
		kept--
		f.Instrs[kept] = in
	}
	f.Instrs = append([]*Instr(nil), f.Instrs[kept:]...)
}

// aliasReshapes turns reshapes into other shapes of the same memory. A reshape stays a
// copy where its result has a place of its own: a next state, or an output of something
// that is not in the arena.
func aliasReshapes(f *Func) {
	pinned := make([]bool, len(f.Values))
	for _, v := range f.roots() {
		pinned[v] = true
	}
	kept := f.Instrs[:0]
	for _, in := range f.Instrs {
		if _, ok := in.Op.(graph.Reshape); ok {
			out, root := f.Values[in.Out], f.Root(in.In[0])
			if out.Space == Arena && (root.Space == Arena || !pinned[in.Out]) {
				out.Alias = in.In[0]
				continue
			}
		}
		kept = append(kept, in)
	}
	f.Instrs = kept
}

// inPlace lets a Map overwrite an operand of the result's size that nothing needs
// afterwards. A smaller operand repeats, so it is read more than once; and an operand
// outside the arena is not ours to overwrite. All values of one memory have one size, so
// the same memory is never read repeating by another operand.
func inPlace(f *Func) {
	live := liveness(f)
	for i, in := range f.Instrs {
		out := f.Values[in.Out]
		if _, ok := in.Op.(graph.Map); !ok || out.Space != Arena || out.Alias != None {
			continue
		}
		for _, a := range in.In {
			x, root := f.Values[a], f.Root(a)
			if root.Space == Arena && x.Size == out.Size && x.DType == out.DType && live.end[root.ID] == i {
				live.end[root.ID] = live.end[out.ID]
				out.Alias = a
				break
			}
		}
	}
}
