package graph

import (
	"gotrain/internal/config"
	"gotrain/internal/formula"
)

// contract evaluates x @ y: numpy's matmul over the axes after the batch.
func (ev *evaluator) contract(e *config.Binary, sc *scope, hole any) (any, bool) {
	x, okX := ev.eval(e.X, sc, hole)
	y, okY := ev.eval(e.Y, sc, hole)
	if !okX || !okY {
		return nil, false
	}
	vx, tensorX := x.(*Value)
	vy, tensorY := y.(*Value)
	if !tensorX || !tensorY {
		ev.failf("bad-operand", e.Pos(), sc, "@ needs two tensors, found %s and %s", describe(x), describe(y))
		return nil, false
	}
	ev.b.path = sc.path + ".matmul"
	out, fault := ev.b.product(vx, vy)
	if fault != "" {
		ev.failf("shape", e.Pos(), sc, "@: shapes %s and %s do not go together", describe(vx), describe(vy)).Hint = fault
		return nil, false
	}
	return out, true
}

// product is numpy's matmul: the last axis of x against the last but one of y, or its
// only one; a vector is a row on the left, a column on the right, whose axis then goes.
// fault says what does not fit.
func (b *builder) product(x, y *Value) (out *Value, fault string) {
	x, y = b.float(x), b.float(y)
	sx, sy := userShape(x), userShape(y)
	switch {
	case len(sx) == 0 || len(sy) == 0:
		return nil, "a number is multiplied by *"
	case len(sx) > 2 || len(sy) > 2:
		return nil, "each is a vector or a matrix: reshape it"
	case sx[len(sx)-1] != sy[max(len(sy)-2, 0)]:
		return nil, "the last axis of the left one must be as long as the first of the right one"
	}
	k := sx[len(sx)-1]
	rows, columns := Shape{}, Shape{} // what is left of each
	if len(sx) == 2 {
		rows = Shape{sx[0]}
	}
	if len(sy) == 2 {
		columns = Shape{sy[1]}
	}
	kept := append(append(Shape{}, rows...), columns...)
	n := columns.Size(1)
	if !y.Shape.Batched() { // the same y for every sample: one product of many rows
		lead := append(Shape{}, x.Shape[:len(x.Shape)-1]...)
		m := 1
		for _, d := range lead {
			m *= d // at most one of them is of the batch, and negative
		}
		flat := b.matMul(b.reshape(x, Shape{m, k}), b.reshape(y, Shape{k, n}), false, false)
		return b.reshape(flat, append(lead, columns...)), ""
	}
	if !x.Shape.Batched() { // yᵀ has the rows: (x y)ᵀ = yᵀ xᵀ
		if len(sy) == 1 {
			flat := b.matMul(y, b.reshape(x, Shape{rows.Size(1), k}), false, true)
			return b.reshape(flat, append(Shape{y.Shape[0]}, kept...)), ""
		}
	}
	// One product a sample: elements that are paired, then summed over k.
	batch := Shape{y.Shape[0]}
	if x.Shape.Batched() {
		x = b.reshape(x, append(append(Shape{}, batch...), rows.Size(1), k, 1))
	} else {
		x = b.reshape(x, Shape{1, rows.Size(1), k, 1})
	}
	y = b.reshape(y, append(append(Shape{}, batch...), 1, k, n))
	pairs := b.mapOp("matmul", formula.Binary((*formula.Builder).Mul), x, y)
	return b.reshape(b.reduce(Sum, pairs, 2), append(batch, kept...)), ""
}
