package graph

import (
	"math"

	"gotrain/internal/config"
	"gotrain/internal/formula"
)

// operator builds the scalar form of an operator of the language.
type operator struct {
	name  string
	build func(b *formula.Builder, x, y formula.Ref) formula.Ref
}

var operators = map[string]operator{
	"+":  {"add", (*formula.Builder).Add},
	"-":  {"sub", (*formula.Builder).Sub},
	"*":  {"mul", (*formula.Builder).Mul},
	"/":  {"div", (*formula.Builder).Div},
	"**": {"pow", power},
	"<":  {"less", (*formula.Builder).Less},
	"<=": {"less_equal", (*formula.Builder).LessEq},
	">":  {"greater", func(b *formula.Builder, x, y formula.Ref) formula.Ref { return b.Less(y, x) }},
	">=": {"greater_equal", func(b *formula.Builder, x, y formula.Ref) formula.Ref { return b.LessEq(y, x) }},
	"==": {"equal", (*formula.Builder).Equal},
	"!=": {"not_equal", func(b *formula.Builder, x, y formula.Ref) formula.Ref { return b.Sub(b.Const(1), b.Equal(x, y)) }},
}

// power multiplies for small whole exponents: exact, and defined for negative bases.
func power(b *formula.Builder, x, y formula.Ref) formula.Ref {
	e, ok := b.ConstValue(y)
	if !ok || e != math.Trunc(e) || math.Abs(e) > 16 {
		return b.Pow(x, y)
	}
	out := b.Const(1)
	for n, square := int(math.Abs(e)), x; n > 0; n /= 2 {
		if n%2 == 1 {
			out = b.Mul(out, square)
		}
		square = b.Square(square)
	}
	if e < 0 {
		return b.Div(b.Const(1), out)
	}
	return out
}

func (ev *evaluator) binary(x *config.Binary, sc *scope, hole any) (any, bool) {
	if x.Op == "@" {
		return ev.contract(x, sc, hole)
	}
	return ev.operate(x.Op, x, x.X, x.Y, sc, hole)
}

func (ev *evaluator) compare(x *config.Compare, sc *scope, hole any) (any, bool) {
	return ev.operate(x.Op, x, x.X, x.Y, sc, hole)
}

func (ev *evaluator) operate(op string, e, ex, ey config.Expr, sc *scope, hole any) (any, bool) {
	x, okX := ev.eval(ex, sc, hole)
	y, okY := ev.eval(ey, sc, hole)
	if !okX || !okY {
		return nil, false
	}
	vx, tensorX := x.(*Value)
	vy, tensorY := y.(*Value)
	if !tensorX && !tensorY {
		return ev.constant(e, x, y, sc)
	}
	spec := operators[op]
	var f *formula.Formula
	var in []*Value
	switch {
	case tensorX && tensorY:
		var ok bool
		if vx, vy, ok = ev.b.align(vx, vy); !ok {
			d := ev.failf("shape", e.Pos(), sc, "%s: shapes %s and %s do not go together", op, describe(x), describe(y))
			d.Hint = "axes must be equal or 1, aligned right; reshape one of them"
			return nil, false
		}
		f, in = formula.Binary(spec.build), []*Value{vx, vy}
	case tensorX:
		c, ok := number(y)
		if !ok {
			return ev.noNumber(op, ey, y, sc)
		}
		f = formula.Unary(func(b *formula.Builder, v formula.Ref) formula.Ref { return spec.build(b, v, b.Const(c)) })
		in = []*Value{vx}
	default:
		c, ok := number(x)
		if !ok {
			return ev.noNumber(op, ex, x, sc)
		}
		f = formula.Unary(func(b *formula.Builder, v formula.Ref) formula.Ref { return spec.build(b, b.Const(c), v) })
		in = []*Value{vy}
	}
	ev.b.path = sc.path + "." + spec.name
	return ev.b.mapOp(spec.name, f, in...), true
}

func (ev *evaluator) noNumber(op string, e config.Expr, v any, sc *scope) (any, bool) {
	ev.failf("bad-operand", e.Pos(), sc, "%s needs a number or a tensor, found %s", op, describe(v))
	return nil, false
}

// constant folds an operator over two constants by the config package's rules.
func (ev *evaluator) constant(e config.Expr, x, y any, sc *scope) (any, bool) {
	operands := map[string]config.Value{"x": toConfig(x), "y": toConfig(y)}
	lookup := func(name string) (config.Value, bool) { v, ok := operands[name]; return v, ok }
	var folded config.Expr
	switch o := e.(type) {
	case *config.Binary:
		folded = &config.Binary{Op: o.Op, X: &config.Name{Ident: "x"}, Y: &config.Name{Ident: "y"}}
	case *config.Compare:
		folded = &config.Compare{Op: o.Op, X: &config.Name{Ident: "x"}, Y: &config.Name{Ident: "y"}}
	}
	v, diags := config.EvalConst(folded, lookup)
	for _, d := range diags.Items {
		r := ev.failf(d.Code, e.Pos(), sc, "%s", d.Text)
		r.Hint = d.Hint
	}
	return fromConfig(v), !diags.HasErrors()
}

func (ev *evaluator) unary(x *config.Unary, sc *scope, hole any) (any, bool) {
	v, ok := ev.eval(x.X, sc, hole)
	if !ok {
		return nil, false
	}
	switch n := v.(type) {
	case int64:
		return -n, true
	case float64:
		return -n, true
	case *Value:
		ev.b.path = sc.path + ".neg"
		return ev.b.mapOp("neg", negFormula, n), true
	}
	return ev.noNumber("-", x.X, v, sc)
}

var negFormula = formula.Unary((*formula.Builder).Neg)

// align gives two values axes that broadcast: where one has a batch axis, the axes after
// it are aligned right, as numpy would without the batch.
func (b *builder) align(x, y *Value) (*Value, *Value, bool) {
	if x.Shape.Batched() || y.Shape.Batched() {
		rank := max(len(userShape(x)), len(userShape(y)))
		x, y = b.padRank(x, rank), b.padRank(y, rank)
	}
	_, ok := broadcastShapes(x.Shape, y.Shape)
	return x, y, ok
}

// padRank inserts axes of length 1 after a batch axis until rank axes follow it.
func (b *builder) padRank(v *Value, rank int) *Value {
	missing := rank - (len(v.Shape) - 1)
	if !v.Shape.Batched() || missing <= 0 {
		return v
	}
	shape := Shape{v.Shape[0]}
	for range missing {
		shape = append(shape, 1)
	}
	return b.reshape(v, append(shape, v.Shape[1:]...))
}

// number gives a constant as a float64.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	case bool:
		if n {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func toConfig(v any) config.Value {
	if items, ok := v.(list); ok {
		out := make([]config.Value, len(items))
		for i, x := range items {
			out[i] = toConfig(x)
		}
		return out
	}
	return v
}
