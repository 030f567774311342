package engine

import (
	"fmt"
	"slices"
)

// checkMemory replays f over the arena, without the planner's live ranges: it keeps which
// values each write destroys, and fails where one of them is read later.
func checkMemory(f *Func) error {
	m := &memoryCheck{f: f, lost: make([]int, len(f.Values)), written: make([]bool, len(f.Values))}
	for i := range m.lost {
		m.lost[i] = None
	}
	for i, in := range f.Instrs {
		if err := m.step(i, in); err != nil {
			return fmt.Errorf("instruction %d: %s: %w", i, in.Op, err)
		}
	}
	for _, v := range f.roots() {
		if err := m.readable(v); err != nil {
			return err
		}
	}
	return nil
}

type memoryCheck struct {
	f       *Func
	lost    []int // the instruction that overwrote a value, or None
	written []bool
}

// content is the value whose elements v shows: v, or what v is a reshaped form of.
func (m *memoryCheck) content(v int) int {
	for !m.written[v] && m.f.Values[v].Alias != None {
		v = m.f.Values[v].Alias
	}
	return v
}

func (m *memoryCheck) readable(v int) error {
	c := m.content(v)
	if at := m.lost[c]; at != None {
		return fmt.Errorf("v%d was overwritten by instruction %d", v, at)
	}
	return nil
}

func (m *memoryCheck) step(i int, in *Instr) error {
	for _, a := range in.In {
		if err := m.readable(a); err != nil {
			return err
		}
	}
	outs := in.Outs()
	for k, o := range outs {
		if err := m.write(i, in, k, o); err != nil {
			return err
		}
		for _, other := range outs[:k] {
			if m.overlap(o, other) {
				return fmt.Errorf("results v%d and v%d share memory", other, o)
			}
		}
	}
	for _, o := range outs {
		m.written[o] = true
	}
	return nil
}

// write checks and notes that result k of in, value o, is written.
func (m *memoryCheck) write(i int, in *Instr, k, o int) error {
	out := m.f.Values[o]
	for _, a := range in.In {
		if m.overlap(o, a) && !m.mayOverwrite(in, k, m.f.Values[a], out) {
			return fmt.Errorf("v%d overwrites operand v%d", o, a)
		}
	}
	if r := m.f.Root(o); r.Space == Arena && (r.Offset%align != 0 || r.Offset < 0 || r.Offset+r.Size > m.f.Arena) {
		return fmt.Errorf("v%d is at %d of an arena of %d", o, r.Offset, m.f.Arena)
	}
	for v := range m.f.Values {
		if m.written[v] && m.overlap(o, v) {
			m.lost[v] = i
		}
	}
	return nil
}

// mayOverwrite holds where each element of x is read just before result k is written there.
func (m *memoryCheck) mayOverwrite(in *Instr, k int, x, out *Value) bool {
	return slices.Contains(overwritable(m.f, in, k), x.ID) && x.Size == out.Size && x.DType == out.DType &&
		m.f.Root(x.ID).Offset == m.f.Root(out.ID).Offset
}

func (m *memoryCheck) overlap(v, w int) bool {
	a, b := m.f.Root(v), m.f.Root(w)
	if a.Space != b.Space {
		return false
	}
	if a.Space != Arena {
		return a.Slot == b.Slot
	}
	return a.Offset < b.Offset+m.f.Values[w].Size && b.Offset < a.Offset+m.f.Values[v].Size
}
