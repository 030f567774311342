package formula

import "math"

// Builder adds nodes to a formula under construction. Equal nodes are made once, and
// operations on constants are folded.
type Builder struct {
	nodes []Node
	memo  map[Node]Ref
}

func (b *Builder) add(n Node) Ref {
	if n.Op == Const && math.IsNaN(n.Value) { // NaN is no map key
		b.nodes = append(b.nodes, n)
		return Ref(len(b.nodes) - 1)
	}
	if r, ok := b.memo[n]; ok {
		return r
	}
	b.nodes = append(b.nodes, n)
	r := Ref(len(b.nodes) - 1)
	b.memo[n] = r
	return r
}

// ConstValue gives the value of r where it is a constant.
func (b *Builder) ConstValue(r Ref) (float64, bool) { return b.constant(r) }

func (b *Builder) constant(r Ref) (float64, bool) {
	return b.nodes[r].Value, b.nodes[r].Op == Const
}

func (b *Builder) is(r Ref, v float64) bool {
	c, ok := b.constant(r)
	return ok && c == v && !(v == 0 && math.Signbit(c))
}

func (b *Builder) apply(op Op, args ...Ref) Ref {
	n := Node{Op: op}
	copy(n.Args[:op.Arity()], args)
	var vals [3]float64
	folded := true
	for i, a := range n.Args[:op.Arity()] {
		v, ok := b.constant(a)
		vals[i] = v
		folded = folded && ok
	}
	if folded {
		return b.Const(eval(op, vals[0], vals[1], vals[2]))
	}
	if r, ok := b.simplify(op, n.Args); ok {
		return r
	}
	return b.add(n)
}

// Apply is the primitive op of as many operands as it has.
func (b *Builder) Apply(op Op, args ...Ref) Ref { return b.apply(op, args[:op.Arity()]...) }

// simplify applies the identities that are exact for every finite operand. A product
// with the constant 0 becomes 0, which derivatives rely on: it drops the NaN of an
// infinite factor, never one of a finite factor.
func (b *Builder) simplify(op Op, a [3]Ref) (Ref, bool) {
	x, y := a[0], a[1]
	switch op {
	case Add:
		if b.is(x, 0) {
			return y, true
		}
		if b.is(y, 0) {
			return x, true
		}
	case Sub:
		if b.is(y, 0) {
			return x, true
		}
		if b.is(x, 0) {
			return b.Neg(y), true
		}
	case Mul:
		switch {
		case b.is(x, 1):
			return y, true
		case b.is(y, 1):
			return x, true
		case b.is(x, 0) || b.is(y, 0):
			return b.Const(0), true
		case b.is(x, -1):
			return b.Neg(y), true
		case b.is(y, -1):
			return b.Neg(x), true
		}
	case Div:
		if b.is(y, 1) {
			return x, true
		}
		if b.is(x, 0) {
			return x, true
		}
	case Neg:
		if n := b.nodes[x]; n.Op == Neg {
			return n.Args[0], true
		}
	case Select:
		if c, ok := b.constant(x); ok {
			if c != 0 {
				return y, true
			}
			return a[2], true
		}
		if y == a[2] {
			return y, true
		}
	}
	return 0, false
}

// Const is the constant v.
func (b *Builder) Const(v float64) Ref { return b.add(Node{Op: Const, Value: v}) }

// The primitives, as documented at the Op constants.

func (b *Builder) Add(x, y Ref) Ref       { return b.apply(Add, x, y) }
func (b *Builder) Sub(x, y Ref) Ref       { return b.apply(Sub, x, y) }
func (b *Builder) Mul(x, y Ref) Ref       { return b.apply(Mul, x, y) }
func (b *Builder) Div(x, y Ref) Ref       { return b.apply(Div, x, y) }
func (b *Builder) Neg(x Ref) Ref          { return b.apply(Neg, x) }
func (b *Builder) Abs(x Ref) Ref          { return b.apply(Abs, x) }
func (b *Builder) Min(x, y Ref) Ref       { return b.apply(Min, x, y) }
func (b *Builder) Max(x, y Ref) Ref       { return b.apply(Max, x, y) }
func (b *Builder) FMA(x, y, z Ref) Ref    { return b.apply(FMA, x, y, z) }
func (b *Builder) Sqrt(x Ref) Ref         { return b.apply(Sqrt, x) }
func (b *Builder) Rsqrt(x Ref) Ref        { return b.apply(Rsqrt, x) }
func (b *Builder) Exp(x Ref) Ref          { return b.apply(Exp, x) }
func (b *Builder) Log(x Ref) Ref          { return b.apply(Log, x) }
func (b *Builder) Log1p(x Ref) Ref        { return b.apply(Log1p, x) }
func (b *Builder) Expm1(x Ref) Ref        { return b.apply(Expm1, x) }
func (b *Builder) Tanh(x Ref) Ref         { return b.apply(Tanh, x) }
func (b *Builder) Sigmoid(x Ref) Ref      { return b.apply(Sigmoid, x) }
func (b *Builder) Erf(x Ref) Ref          { return b.apply(Erf, x) }
func (b *Builder) Sin(x Ref) Ref          { return b.apply(Sin, x) }
func (b *Builder) Cos(x Ref) Ref          { return b.apply(Cos, x) }
func (b *Builder) Floor(x Ref) Ref        { return b.apply(Floor, x) }
func (b *Builder) Pow(x, y Ref) Ref       { return b.apply(Pow, x, y) }
func (b *Builder) Less(x, y Ref) Ref      { return b.apply(Less, x, y) }
func (b *Builder) LessEq(x, y Ref) Ref    { return b.apply(LessEq, x, y) }
func (b *Builder) Equal(x, y Ref) Ref     { return b.apply(Equal, x, y) }
func (b *Builder) Select(c, x, y Ref) Ref { return b.apply(Select, c, x, y) }

// Square is x*x.
func (b *Builder) Square(x Ref) Ref { return b.Mul(x, x) }
