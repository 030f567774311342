package cpu

import (
	"slices"

	"gotrain/internal/formula"
)

// tileLen is how many elements a tape works on at once: its slots stay in the first-level
// cache, and the cost of stepping through the tape is spread over enough elements.
const tileLen = 512

// operand is what a tape's step reads: a slot of the worker's tile memory, an input in
// place, or a constant.
type operand struct {
	kind operandKind
	i    int // slot, input or constant
}

type operandKind uint8

const (
	slotOperand operandKind = iota
	inputOperand
	constOperand
)

// tapeStep applies one primitive to a tile.
type tapeStep struct {
	op    formula.Op
	run   loop
	src   [3]operand
	arity int
	dst   int // slot, or resultSlot
}

const resultSlot = -1

// tape is a formula as a list of loops over tiles. Slots are reused as soon as their
// content is not needed.
type tape struct {
	steps  []tapeStep
	consts []float32 // a tile of each constant
	slots  int
	cost   int // of an element, in additions
}

// newTape compiles f. inPlace says which inputs are read in place; the others are put in
// their slots, by input index, before each tile.
func newTape(f *formula.Formula, inPlace []bool, table *loopTable) *tape {
	b := &taping{tape: &tape{}, f: f, table: table, at: make([]operand, len(f.Nodes)), uses: make([]int, len(f.Nodes))}
	for _, n := range f.Nodes {
		for _, a := range n.Args[:n.Op.Arity()] {
			b.uses[a]++
		}
	}
	b.slots = f.Inputs
	for i, n := range f.Nodes {
		switch n.Op {
		case formula.In:
			b.at[i] = operand{slotOperand, n.Arg}
			if inPlace[n.Arg] {
				b.at[i].kind = inputOperand
			}
		case formula.Const:
			b.at[i] = b.constant(float32(n.Value))
		default:
			b.step(i, n)
		}
	}
	if last := b.at[f.Out]; f.Nodes[f.Out].Op == formula.In || f.Nodes[f.Out].Op == formula.Const {
		b.steps = append(b.steps, tapeStep{op: formula.In, run: table[formula.In], src: [3]operand{last}, arity: 1, dst: resultSlot})
		b.cost++
	}
	return b.tape
}

type taping struct {
	*tape
	f     *formula.Formula
	table *loopTable
	at    []operand
	uses  []int // reads of a node still to come
	free  []int
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
	s.dst = resultSlot
	if formula.Ref(i) != b.f.Out {
		s.dst = b.slot()
		b.at[i] = operand{slotOperand, s.dst}
	}
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
