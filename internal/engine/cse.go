package engine

import (
	"fmt"

	"gotrain/internal/graph"
)

// cse makes what is computed twice once: an instruction with the op and the operands of an
// earlier one gives way to it. A draw of random numbers is a function of its stream and
// its operands, so it may. A next state keeps its place, and so its instruction.
func cse(f *Func) {
	seen := map[string]int{}
	same := newRenaming(f)
	next := map[int]bool{}
	for _, s := range f.States {
		next[s.Next] = true
	}
	kept := f.Instrs[:0]
	for _, in := range f.Instrs {
		same.operands(in)
		key := instrKey(f, in)
		first, again := seen[key]
		if again && !next[in.Out] && f.Values[first].Space == Arena {
			same.to[in.Out] = first
			continue
		}
		if !again {
			seen[key] = in.Out
		}
		kept = append(kept, in)
	}
	f.Instrs = kept
	same.roots()
}

// instrKey is equal for two instructions that compute the same.
func instrKey(f *Func, in *Instr) string {
	out := f.Values[in.Out]
	op := fmt.Sprintf("%#v", in.Op) // all fields of the op; a pointer is equal to itself only
	if m, ok := in.Op.(graph.Map); ok {
		op = "map{" + m.F.Multi().String() + "}"
	}
	return fmt.Sprint(op, in.In, out.Shape, out.DType)
}

// renaming replaces values by others that hold the same.
type renaming struct {
	f  *Func
	to map[int]int
}

func newRenaming(f *Func) *renaming { return &renaming{f, map[int]int{}} }

func (r *renaming) of(v int) int {
	for {
		w, ok := r.to[v]
		if !ok {
			return v
		}
		v = w
	}
}

// operands renames those of in.
func (r *renaming) operands(in *Instr) {
	for i, a := range in.In {
		if _, ok := r.to[a]; ok {
			in.In = append([]int(nil), in.In...)
			in.In[i] = r.of(a)
		}
	}
}

// roots renames outputs and the guard.
func (r *renaming) roots() {
	for i := range r.f.Outputs {
		r.f.Outputs[i].Value = r.of(r.f.Outputs[i].Value)
	}
	if r.f.Guard != None {
		r.f.Guard = r.of(r.f.Guard)
	}
}
