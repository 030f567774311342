package graph

import (
	"gotrain/internal/config"
)

// index evaluates x[subs] of a constant list or a tensor. A tensor's axes are those after
// the batch; a number takes one element of an axis and drops it, lo:hi:step keeps it.
func (ev *evaluator) index(x *config.Index, sc *scope, hole any) (any, bool) {
	v, ok := ev.eval(x.X, sc, hole)
	if !ok {
		return nil, false
	}
	var lengths []int // of the axes that can be indexed
	items, isList := v.(list)
	t, isTensor := v.(*Value)
	switch {
	case isList:
		lengths = []int{len(items)}
	case isTensor:
		lengths = userShape(t)
	default:
		ev.failf("bad-index", x.Pos(), sc, "only a tensor or a list can be indexed, and this is %s", describe(v))
		return nil, false
	}
	if len(x.Subs) > len(lengths) {
		d := ev.failf("bad-index", x.Pos(), sc, "%d indices for %s, which has %d axes", len(x.Subs), describe(v), len(lengths))
		if isTensor {
			d.Hint = "the batch axis is not written"
		}
		return nil, false
	}
	ranges := make([]axisRange, len(x.Subs))
	for i, s := range x.Subs {
		if ranges[i], ok = ev.axisRange(x, s, lengths[i], sc, hole); !ok {
			return nil, false
		}
	}
	if isTensor {
		ev.b.path = sc.path + ".index"
		return ev.b.index(t, ranges), true
	}
	r := ranges[0]
	if r.drop {
		return items[r.start], true
	}
	out := list{}
	for k := range r.count {
		out = append(out, items[r.start+k*r.step])
	}
	return out, true
}

// axisRange is what an index takes of an axis: count elements from start, step apart.
type axisRange struct {
	start, step, count int
	drop               bool // one element, whose axis goes
}

// axisRange evaluates one subscript of an axis of the given length.
func (ev *evaluator) axisRange(x *config.Index, s config.Sub, length int, sc *scope, hole any) (r axisRange, ok bool) {
	part := func(e config.Expr, absent int) (int, bool) {
		if e == nil {
			return absent, true
		}
		v, ok := ev.eval(e, sc, hole)
		if !ok {
			return 0, false
		}
		n, isInt := v.(int64)
		if !isInt {
			ev.failf("bad-index", e.Pos(), sc, "an index is a whole number known when the graph is built, and this is %s", describe(v))
			return 0, false
		}
		return int(min(max(n, -1<<31), 1<<31)), true
	}
	fault := func(format string, args ...any) (axisRange, bool) {
		ev.failf("bad-index", x.Pos(), sc, format, args...)
		return axisRange{}, false
	}
	lo, okLo := part(s.Lo, 0)
	hi, okHi := part(s.Hi, length)
	step, okStep := part(s.Step, 1)
	if !okLo || !okHi || !okStep {
		return r, false
	}
	from, to := fromEnd(lo, length), fromEnd(hi, length)
	switch {
	case !s.Slice && (from < 0 || from >= length):
		return fault("index %d of an axis of %d", lo, length)
	case !s.Slice:
		return axisRange{start: from, step: 1, count: 1, drop: true}, true
	case step < 1:
		return fault("a step is a whole number from 1, found %d", step)
	case from < 0 || to > length:
		return fault("%d:%d reaches beyond an axis of %d", lo, hi, length)
	case from >= to:
		return fault("%d:%d of an axis of %d holds nothing", lo, hi, length)
	}
	return axisRange{start: from, step: step, count: (to - from + step - 1) / step}, true
}

// fromEnd is an index that may count back from the end of an axis.
func fromEnd(i, length int) int {
	if i < 0 {
		return i + length
	}
	return i
}

// index takes ranges of x's first axes after the batch.
func (b *builder) index(x *Value, ranges []axisRange) *Value {
	first := len(x.Shape) - len(userShape(x))
	kept := append(Shape{}, x.Shape[:first]...)
	for i, r := range ranges {
		x = b.strided(x, first+i, r)
		if !r.drop {
			kept = append(kept, r.count)
		}
	}
	return b.reshape(x, append(kept, x.Shape[first+len(ranges):]...))
}

// strided takes count elements of an axis, step apart: the axis is cut into rows of step,
// the last filled up with zeros, of which the first column is kept.
func (b *builder) strided(x *Value, axis int, r axisRange) *Value {
	length := x.Shape[axis]
	if r.step == 1 {
		if r.count == length {
			return x
		}
		return b.slice(x, axis, r.start, r.count)
	}
	covered := min(r.count*r.step, length-r.start)
	x = b.strided(x, axis, axisRange{start: r.start, step: 1, count: covered})
	if covered < r.count*r.step {
		x = b.pad(x, axis, 0, r.count*r.step)
	}
	rows := append(append(append(Shape{}, x.Shape[:axis]...), r.count, r.step), x.Shape[axis+1:]...)
	column := b.slice(b.reshape(x, rows), axis+1, 0, 1)
	return b.reshape(column, append(append(append(Shape{}, x.Shape[:axis]...), r.count), x.Shape[axis+1:]...))
}
