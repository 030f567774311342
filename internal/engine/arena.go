package engine

import (
	"cmp"
	"slices"
)

// align is the alignment of arena values in elements: 64 bytes, a cache line and the
// widest vector.
const align = 16

// lives holds the live range of each memory, indexed by the value that owns it: from the
// instruction that first writes it to the last that reads it, both included.
type lives struct {
	start, end []int // None where the value owns no live memory
}

// liveness computes live ranges. Roots live past the last instruction.
func liveness(f *Func) lives {
	l := lives{make([]int, len(f.Values)), make([]int, len(f.Values))}
	for i := range f.Values {
		l.start[i], l.end[i] = None, None
	}
	for i, in := range f.Instrs {
		for _, o := range in.Outs() {
			out := f.Root(o).ID
			if l.start[out] == None {
				l.start[out] = i
			}
			l.end[out] = i
		}
		for _, a := range in.In {
			l.end[f.Root(a).ID] = i
		}
	}
	for _, v := range f.roots() {
		l.end[f.Root(v).ID] = len(f.Instrs)
	}
	return l
}

// planArena gives each arena value its offset: the largest first, each in the smallest
// gap between the values already placed that live at the same time.
func planArena(f *Func) {
	live := liveness(f)
	var todo []*Value
	for _, v := range f.Values {
		if v.Space == Arena && v.Alias == None && live.start[v.ID] != None {
			todo = append(todo, v)
		}
	}
	slices.SortStableFunc(todo, func(a, b *Value) int { return cmp.Compare(b.Size, a.Size) })
	var placed []*Value // by offset
	f.Arena = 0
	for _, v := range todo {
		v.Offset = bestGap(v, placed, live)
		f.Arena = max(f.Arena, v.Offset+padded(v.Size))
		at, _ := slices.BinarySearchFunc(placed, v.Offset, func(x *Value, off int) int { return cmp.Compare(x.Offset, off) })
		placed = slices.Insert(placed, at, v)
	}
	f.Planned = true
}

func padded(n int) int { return (n + align - 1) / align * align }

func bestGap(v *Value, placed []*Value, live lives) int {
	best, bestSize, top := -1, 0, 0
	for _, x := range placed {
		if live.end[x.ID] < live.start[v.ID] || live.end[v.ID] < live.start[x.ID] {
			continue
		}
		if gap := x.Offset - top; gap >= padded(v.Size) && (best < 0 || gap < bestSize) {
			best, bestSize = top, gap
		}
		top = max(top, x.Offset+padded(x.Size))
	}
	if best < 0 {
		return top
	}
	return best
}
