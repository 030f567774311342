package cpu

import (
	"slices"

	"gotrain/internal/formula"
)

// tileLen is how many elements a tape works on at once: its slots stay in the first-level
// cache, and the cost of stepping through the tape is spread over enough elements.
const tileLen = 512

// operand is what a tape's step reads or writes: a slot of the worker's tile memory, an
// input in place, a constant, or a result.
type operand struct {
	kind operandKind
	i    int // slot, input, constant or result
}

type operandKind uint8

const (
	slotOperand operandKind = iota
	inputOperand
	constOperand
	resultOperand
)

// tapeStep applies one primitive to a tile.
type tapeStep struct {
	op    formula.Op
	run   loop
	src   [3]operand
	arity int
	dst   operand // slot or result
}

// tape is formulas as a list of loops over tiles. Slots are reused as soon as their
// content is not needed.
type tape struct {
	steps  []tapeStep
	consts []float32 // a tile of each constant
	slots  int
	cost   int // of an element, in additions
}

// tapeInput says how a tape reads an input: in place, or from its slot, by input index,
// where it is put before each tile.
type tapeInput struct {
	inPlace bool
	// over lists the results that lie in the memory of an input in place: they are written
	// when it is not read any more.
	over []int
}

// newTape compiles f.
func newTape(f *formula.Multi, inputs []tapeInput, table *loopTable) *tape {
	b := &taping{tape: &tape{}, f: f, table: table, at: make([]operand, len(f.Nodes)), uses: make([]int, len(f.Nodes))}
	b.results = make([]int, len(f.Nodes))
	for i := range b.results {
		b.results[i] = none
	}
	for _, n := range f.Nodes {
		for _, a := range n.Args[:n.Op.Arity()] {
			b.uses[a]++
		}
	}
	for k, o := range f.Outs {
		if n := f.Nodes[o]; n.Op != formula.In && n.Op != formula.Const && b.results[o] == none && !b.readLater(o, k, inputs) {
			b.results[o] = k
		} else {
			b.uses[o]++
			b.late = append(b.late, k)
		}
	}
	b.slots = f.Inputs
	for i, n := range f.Nodes {
		switch n.Op {
		case formula.In:
			b.at[i] = operand{slotOperand, n.Arg}
			if inputs[n.Arg].inPlace {
				b.at[i].kind = inputOperand
			}
		case formula.Const:
			b.at[i] = b.constant(float32(n.Value))
		default:
			b.step(i, n)
		}
	}
	b.copyLate(inputs)
	return b.tape
}

const none = -1

type taping struct {
	*tape
	f       *formula.Multi
	table   *loopTable
	at      []operand
	uses    []int // reads of a node still to come
	results []int // the result that a node writes as it is computed, or none
	late    []int // results that are copied after all steps
	free    []int
}

// readLater reports whether an input in whose memory result k lies is read after node o.
func (b *taping) readLater(o formula.Ref, k int, inputs []tapeInput) bool {
	for _, n := range b.f.Nodes[o+1:] {
		for _, a := range n.Args[:n.Op.Arity()] {
			if in := b.f.Nodes[a]; in.Op == formula.In && slices.Contains(inputs[in.Arg].over, k) {
				return true
			}
		}
	}
	for _, other := range b.f.Outs { // an input that is a result itself is copied at the end
		if in := b.f.Nodes[other]; in.Op == formula.In && slices.Contains(inputs[in.Arg].over, k) {
			return true
		}
	}
	return false
}

// copyLate writes the results that no step could write. An input in place that another of
// them overwrites goes first through a slot.
func (b *taping) copyLate(inputs []tapeInput) {
	for _, k := range b.late {
		if n := b.f.Nodes[b.f.Outs[k]]; n.Op == formula.In && len(inputs[n.Arg].over) > 0 && b.at[b.f.Outs[k]].kind == inputOperand {
			slot := operand{slotOperand, b.slot()}
			b.copy(slot, b.at[b.f.Outs[k]])
			b.at[b.f.Outs[k]] = slot
		}
	}
	for _, k := range b.late {
		b.copy(operand{resultOperand, k}, b.at[b.f.Outs[k]])
	}
}

func (b *taping) copy(dst, src operand) {
	b.steps = append(b.steps, tapeStep{op: formula.In, run: b.table[formula.In], src: [3]operand{src}, arity: 1, dst: dst})
	b.cost++
}

func (b *taping) constant(x float32) operand {
	b.consts = append(b.consts, slices.Repeat([]float32{x}, tileLen)...)
	return operand{constOperand, len(b.consts)/tileLen - 1}
}

func (b *taping) step(i int, n formula.Node) {
	s := tapeStep{op: n.Op, run: b.table[n.Op], arity: n.Op.Arity()}
	for k, a := range n.Args[:s.arity] {
		s.src[k] = b.at[a]
		if b.uses[a]--; b.uses[a] == 0 && b.at[a].kind == slotOperand && b.f.Nodes[a].Op != formula.In {
			b.free = append(b.free, b.at[a].i) // loops read an element before they write it
		}
	}
	s.dst = operand{resultOperand, b.results[i]}
	if b.results[i] == none {
		s.dst = operand{slotOperand, b.slot()}
	}
	b.at[i] = s.dst
	b.cost += primitiveCost(n.Op)
	b.steps = append(b.steps, s)
}

func (b *taping) slot() int {
	if n := len(b.free); n > 0 {
		s := b.free[n-1]
		b.free = b.free[:n-1]
		return s
	}
	b.slots++
	return b.slots - 1
}
