package engine

import (
	"fmt"
	"strings"

	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// Fused is a group of Maps of one index space, and the Reduces of their results, in one
// pass: each element of each operand is read once, each value computed once. With several
// parts it does the same to several tensors, as an optimizer does to all parameters.
//
// In holds the own operands of part 0, of part 1 and so on, then the shared ones; the
// results are those of part 0, of part 1 and so on. Operands broadcast to their part's
// Shape. A result may lie in the memory of an operand of its part that has its size: the
// device reads all operands at an index before it writes a result there.
type Fused struct {
	F      *formula.Multi // over a part's own operands, then the shared ones
	Shared int            // how many operands all parts have in common
	Folds  []Fold         // by result of F
	Parts  []Part
}

// Part is the index space of one part.
type Part struct {
	Shape []int
	Axes  []int // what its folded results are folded over: the last axes of Shape
}

// Fold is what becomes of the elements of a result.
type Fold uint8

// The folds.
const (
	Stored   Fold = iota // kept, in Shape
	Summed               // added over Axes, which stay at length 1
	Greatest             // the largest over Axes
)

func (f Fold) String() string { return [...]string{"", "sum", "max"}[f] }

func foldOf(fn graph.ReduceFn) Fold {
	if fn == graph.Max {
		return Greatest
	}
	return Summed
}

// Own is how many operands each part has for itself.
func (o Fused) Own() int { return o.F.Inputs - o.Shared }

// Operands lists the operands of a part in the order of F's inputs.
func (o Fused) Operands(in []int, part int) []int {
	own := o.Own()
	return append(in[part*own:(part+1)*own:(part+1)*own], in[len(o.Parts)*own:]...)
}

// Results lists the results of a part in the order of F's.
func (o Fused) Results(outs []int, part int) []int {
	n := len(o.Folds)
	return outs[part*n : (part+1)*n]
}

// resultShape is the shape of result k of a part.
func (o Fused) resultShape(part, k int) []int {
	p := o.Parts[part]
	if o.Folds[k] == Stored {
		return p.Shape
	}
	return reducedShape(p.Shape, p.Axes)
}

func (o Fused) String() string {
	s := "fused{" + describe(o.F, o.Folds) + "}"
	if n := len(o.Parts); n > 1 {
		return fmt.Sprintf("%s of %d", s, n)
	}
	return s
}

// Gemm is a MatMul with an epilogue: formulas of each element of the product and of other
// operands at its index, computed while the product's tile is in cache. The product itself
// is stored only where a formula is just x0.
//
// In holds the two factors, then the other inputs of F, which broadcast to the product's
// shape; x0 of F is the product. Folded results are added over the whole product, in an
// order that depends on its shape alone.
type Gemm struct {
	graph.MatMul
	F     *formula.Multi
	Folds []Fold // by result of F: Stored or Summed
}

func (o Gemm) String() string {
	return strings.Replace(o.MatMul.String(), "matmul", "gemm", 1) + "{" + describe(o.F, o.Folds) + "}"
}

// describe lists formulas with their folds.
func describe(f *formula.Multi, folds []Fold) string {
	s := f.String()
	var names []string
	folded := false
	for _, fold := range folds {
		folded = folded || fold != Stored
		name := fold.String()
		if fold == Stored {
			name = "-"
		}
		names = append(names, name)
	}
	if folded {
		s += " | " + strings.Join(names, " ")
	}
	return s
}
