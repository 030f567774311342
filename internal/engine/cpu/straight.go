package cpu

import (
	"cmp"
	"slices"

	"gotrain/internal/formula"
)

// straightCall is a formula's kernel of its own, in place of a tape.
type straightCall struct {
	kernel   straightKernel
	f        *formula.Multi
	operands []operand    // its arguments; an input that is not read is a slot that nobody fills
	workers  [][]*float32 // where they are, by worker
}

// wholeTask is the tile of a kernel that takes nothing from slots: all elements at once.
const wholeTask = 1 << 30

// straight finds the kernel of f in the set; nil where there is none.
func (c *compiler) straight(f *formula.Multi, inputs []tapeInput) *straightCall {
	table := c.kernels.Straight
	i, ok := slices.BinarySearchFunc(table, f.Structure(), func(e straightEntry, s string) int { return cmp.Compare(e.structure, s) })
	if !ok {
		return nil
	}
	s := &straightCall{kernel: table[i].kernel, f: f, workers: make([][]*float32, c.threads)}
	for i := range f.Inputs {
		o := operand{slotOperand, i}
		if inputs[i].inPlace && f.Reads(i) {
			o.kind = inputOperand
		}
		s.operands = append(s.operands, o)
	}
	for r := range f.Outs {
		s.operands = append(s.operands, operand{resultOperand, r})
	}
	for i := range f.Constants() {
		s.operands = append(s.operands, operand{constOperand, i})
	}
	for i := range s.workers {
		s.workers[i] = make([]*float32, len(s.operands))
	}
	return s
}

// tape is what the call needs of a tape: slots for inputs that are not read in place, a
// tile of each constant, and what an element costs.
func (s *straightCall) tape() *tape {
	b := &taping{tape: &tape{slots: s.f.Inputs}, f: s.f}
	for _, x := range s.f.Constants() {
		b.constant(float32(x))
	}
	for _, n := range s.f.Nodes {
		b.cost += primitiveCost(n.Op)
	}
	b.cost = max(b.cost/straightGain, 1)
	return b.tape
}

// straightGain is how much less an element costs than on a tape.
const straightGain = 2

// run computes a tile; place finds an operand's.
func (s *straightCall) run(n, worker int, place func(operand) []float32) {
	args := s.workers[worker]
	for i, o := range s.operands {
		args[i] = &place(o)[0]
	}
	s.kernel(n, &args[0])
}
