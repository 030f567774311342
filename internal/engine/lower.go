package engine

import (
	"fmt"

	"gotrain/internal/graph"
)

// lower translates p for a batch size, one value and at most one instruction for each of
// its values, and gives each root a place of its own: next states in Back, outputs and
// the guard in Arena. Where a value is wanted in two places it adds a Copy.
func lower(p *graph.Program, batch int) (*Func, error) {
	if batch < 1 {
		return nil, fmt.Errorf("engine: %s: batch size %d", p.Name, batch)
	}
	l := &lowering{f: &Func{Name: p.Name, Batch: batch, Guard: None}, at: make([]int, len(p.Values))}
	for i := range l.at {
		l.at[i] = None
	}
	if err := l.leaves(p); err != nil {
		return nil, err
	}
	for _, v := range p.Values {
		if err := l.value(v); err != nil {
			return nil, err
		}
	}
	return l.f, l.placeRoots(p)
}

type lowering struct {
	f  *Func
	at []int // graph value ID -> our value
}

func (l *lowering) leaves(p *graph.Program) error {
	for _, v := range p.Inputs {
		if v.Op != nil || !known(p, v) {
			return fmt.Errorf("engine: %s: input %s is no input value of the program", p.Name, v)
		}
		x := l.f.newValue(v, v.Shape.At(l.f.Batch), v.DType, Input, len(l.f.Inputs))
		l.f.Inputs = append(l.f.Inputs, x.ID)
		l.at[v.ID] = x.ID
	}
	seen := map[string]bool{}
	for i, s := range p.States {
		if seen[s.Name] {
			return fmt.Errorf("engine: %s: two states are called %q", p.Name, s.Name)
		}
		seen[s.Name] = true
		if s.Value == nil || s.Value.Op != nil || !known(p, s.Value) || l.at[s.Value.ID] != None {
			return fmt.Errorf("engine: %s: state %q has no value of its own", p.Name, s.Name)
		}
		if s.Value.Shape.Batched() || s.Value.DType != graph.F32 {
			return fmt.Errorf("engine: %s: state %q is %s%s; states are f32 and independent of the batch", p.Name, s.Name, s.Value.DType, s.Value.Shape)
		}
		x := l.f.newValue(s.Value, s.Value.Shape.At(l.f.Batch), s.Value.DType, Front, i)
		l.f.States = append(l.f.States, State{Name: s.Name, Role: s.Role, Value: x.ID, Next: None})
		l.at[s.Value.ID] = x.ID
	}
	return nil
}

func known(p *graph.Program, v *graph.Value) bool {
	return v != nil && v.ID >= 0 && v.ID < len(p.Values) && p.Values[v.ID] == v
}

func (l *lowering) value(v *graph.Value) error {
	if v.Op == nil {
		if l.at[v.ID] == None {
			return fmt.Errorf("engine: %s: %s is neither input nor state", l.f.Name, v)
		}
		return nil
	}
	in := make([]int, len(v.In))
	for i, x := range v.In {
		if x.ID >= v.ID || l.at[x.ID] == None {
			return fmt.Errorf("engine: %s: %s uses v%d before it is made", l.f.Name, v, x.ID)
		}
		in[i] = l.at[x.ID]
	}
	out := l.f.newValue(v, v.Shape.At(l.f.Batch), v.DType, Arena, 0)
	l.f.Instrs = append(l.f.Instrs, &Instr{Op: v.Op, In: in, Out: out.ID})
	l.at[v.ID] = out.ID
	return nil
}

func (l *lowering) placeRoots(p *graph.Program) error {
	for i, s := range p.States {
		if s.Next == nil {
			continue
		}
		if !known(p, s.Next) || s.Next.DType != graph.F32 || s.Next.Shape.Size(l.f.Batch) != s.Value.Shape.Size(l.f.Batch) {
			return fmt.Errorf("engine: %s: state %q becomes %s", p.Name, s.Name, s.Next)
		}
		next := l.f.Values[l.at[s.Next.ID]]
		if next.Space != Arena { // a leaf, or another state's next already
			next = l.copyOf(next, Back, i)
		}
		next.Space, next.Slot = Back, i
		l.f.States[i].Next = next.ID
	}
	for _, o := range p.Outputs {
		if !known(p, o.Value) {
			return fmt.Errorf("engine: %s: output %q is no value of the program", p.Name, o.Name)
		}
		l.f.Outputs = append(l.f.Outputs, Output{Name: o.Name, Value: l.inArena(o.Value)})
	}
	if p.Guard != nil {
		if !known(p, p.Guard) || p.Guard.Shape.Size(l.f.Batch) != 1 || p.Guard.DType != graph.F32 {
			return fmt.Errorf("engine: %s: the guard is no f32 scalar of the program", p.Name)
		}
		l.f.Guard = l.inArena(p.Guard)
	}
	return nil
}

// inArena gives v a place that outlives the swap of states and the caller's input.
func (l *lowering) inArena(v *graph.Value) int {
	x := l.f.Values[l.at[v.ID]]
	if x.Space != Arena {
		return l.copyOf(x, Arena, 0).ID
	}
	return x.ID
}

func (l *lowering) copyOf(x *Value, space Space, slot int) *Value {
	y := l.f.newValue(x.Origin, x.Shape, x.DType, space, slot)
	l.f.Instrs = append(l.f.Instrs, &Instr{Op: Copy{}, In: []int{x.ID}, Out: y.ID})
	return y
}
