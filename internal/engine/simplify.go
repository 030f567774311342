package engine

import (
	"slices"

	"gotrain/internal/graph"
)

// deadCode drops instructions none of whose results a root needs. Values keep their IDs.
func deadCode(f *Func) {
	live := make([]bool, len(f.Values))
	for _, v := range f.roots() {
		live[v] = true
	}
	kept := len(f.Instrs)
	for i := len(f.Instrs) - 1; i >= 0; i-- {
		in := f.Instrs[i]
		if !slices.ContainsFunc(in.Outs(), func(out int) bool { return live[out] }) {
			continue
		}
		for _, a := range in.In {
			for live[a] = true; f.Values[a].Alias != None; live[a] = true {
				a = f.Values[a].Alias
			}
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

// inPlace lets an elementwise op overwrite an operand of the result's size that nothing
// needs afterwards. A smaller operand repeats, so it is read more than once; and an operand
// outside the arena is not ours to overwrite. All values of one memory have one size, so
// the same memory is never read repeating by another operand.
func inPlace(f *Func) {
	live := liveness(f)
	for i, in := range f.Instrs {
		taken := map[int]bool{}
		for k, o := range in.Outs() {
			out := f.Values[o]
			if out.Space != Arena || out.Alias != None {
				continue
			}
			for _, a := range overwritable(f, in, k) {
				x, root := f.Values[a], f.Root(a)
				if root.Space == Arena && x.Size == out.Size && x.DType == out.DType && live.end[root.ID] == i && !taken[root.ID] {
					live.end[root.ID] = live.end[out.ID]
					taken[root.ID] = true
					out.Alias = a
					break
				}
			}
		}
	}
}

// overwritable lists the operands in whose memory result k of in may lie where they have
// its size: those that are read element by element, and only where that result is written.
func overwritable(f *Func, in *Instr, k int) []int {
	switch op := in.Op.(type) {
	case graph.Map:
		return in.In
	case Fused:
		if n := len(op.Folds); op.Folds[k%n] == Stored {
			lo := k / n * op.Own()
			return notElsewhere(f, in.In, lo, lo+op.Own())
		}
	case Gemm:
		if op.Folds[k] == Stored {
			return notElsewhere(f, in.In, 2, len(in.In))
		}
	}
	return nil
}

// notElsewhere gives those of in[lo:hi] that share no memory with the rest of in.
func notElsewhere(f *Func, in []int, lo, hi int) []int {
	rest := append(slices.Clone(in[:lo]), in[hi:]...)
	return slices.DeleteFunc(slices.Clone(in[lo:hi]), func(a int) bool {
		return slices.ContainsFunc(rest, func(b int) bool { return f.Root(a) == f.Root(b) })
	})
}
