// Package formula holds scalar expressions in SSA form: what one element of an
// elementwise op, a loss or an optimizer update computes.
//
// An op is written once, as a Formula over the primitives below. From it come its
// float64 reference (Eval), its symbolic gradient (Derive), its text (String), and in
// each device package its kernel: so no two devices can disagree on what an op means.
//
// In: builder calls. Out: an immutable Formula, safe to share. Building cannot fail;
// a wrong operand is a bug and panics inside this package's callers' tests. It imports
// no other package of the project and knows nothing of shapes, tensors or devices.
package formula

import (
	"fmt"
	"strconv"
	"strings"
)

// Op is a scalar primitive.
type Op uint8

// The primitives. Comparisons give 1 or 0. Min and Max give NaN where either operand is
// NaN. Select(c, a, b) is a where c is not zero (NaN counts as not zero), else b.
const (
	In      Op = iota // the Arg-th input
	Const             // Value
	Add               // a + b
	Sub               // a - b
	Mul               // a * b
	Div               // a / b
	Neg               // -a
	Abs               // |a|
	Min               // the smaller of a and b
	Max               // the larger of a and b
	FMA               // a*b + c; rounded once or twice, by device
	Sqrt              // √a
	Rsqrt             // 1/√a
	Exp               // eᵃ
	Log               // ln a
	Log1p             // ln(1+a), accurate near 0
	Expm1             // eᵃ-1, accurate near 0
	Tanh              // tanh a
	Sigmoid           // 1/(1+e⁻ᵃ)
	Erf               // the error function
	Sin               // sin a
	Cos               // cos a
	Floor             // the largest whole number <= a
	Pow               // aᵇ
	Less              // a < b
	LessEq            // a <= b
	Equal             // a == b
	Select            // a != 0 ? b : c
	NumOps            // how many there are; kernels are tables of this length
)

var opNames = [NumOps]string{
	"in", "const", "add", "sub", "mul", "div", "neg", "abs", "min", "max", "fma", "sqrt", "rsqrt", "exp", "log",
	"log1p", "expm1", "tanh", "sigmoid", "erf", "sin", "cos", "floor", "pow", "less", "lesseq", "equal", "select",
}

var arity = [NumOps]int{
	Add: 2, Sub: 2, Mul: 2, Div: 2, Neg: 1, Abs: 1, Min: 2, Max: 2, FMA: 3, Sqrt: 1, Rsqrt: 1, Exp: 1, Log: 1,
	Log1p: 1, Expm1: 1, Tanh: 1, Sigmoid: 1, Erf: 1, Sin: 1, Cos: 1, Floor: 1, Pow: 2, Less: 2, LessEq: 2, Equal: 2, Select: 3,
}

func (o Op) String() string { return opNames[o] }

// Arity is how many of a node's Args op reads.
func (o Op) Arity() int { return arity[o] }

// Ref names a node of a Formula by its index.
type Ref int32

// Node is one primitive applied to earlier nodes.
type Node struct {
	Op    Op
	Args  [3]Ref
	Value float64 // Const
	Arg   int     // In: which input
}

// Formula is a list of nodes, operands before uses, and the one that is the result.
type Formula struct {
	Nodes  []Node
	Inputs int // how many inputs it takes; some may go unread
	Out    Ref
	// Gradients overrides Derive for an input where the derivative of the formula as
	// written is not what one wants, e.g. a clamp inside a loss. Nil entries are derived.
	Gradients map[int]*Formula
}

// New builds a formula of n inputs; build returns the result.
func New(n int, build func(b *Builder, in []Ref) Ref) *Formula {
	b := &Builder{memo: map[Node]Ref{}}
	in := make([]Ref, n)
	for i := range in {
		in[i] = b.add(Node{Op: In, Arg: i})
	}
	f := &Formula{Inputs: n}
	f.Out = build(b, in)
	f.Nodes = b.nodes
	return f.prune()
}

// Unary builds a formula of one input.
func Unary(build func(b *Builder, x Ref) Ref) *Formula {
	return New(1, func(b *Builder, in []Ref) Ref { return build(b, in[0]) })
}

// Binary builds a formula of two inputs.
func Binary(build func(b *Builder, x, y Ref) Ref) *Formula {
	return New(2, func(b *Builder, in []Ref) Ref { return build(b, in[0], in[1]) })
}

// Identity is the formula x.
func Identity() *Formula { return Unary(func(_ *Builder, x Ref) Ref { return x }) }

// Constant is the formula of no inputs with value v.
func Constant(v float64) *Formula {
	return New(0, func(b *Builder, _ []Ref) Ref { return b.Const(v) })
}

func (f *Formula) prune() *Formula {
	nodes, outs := prune(f.Nodes, []Ref{f.Out})
	return &Formula{Nodes: nodes, Inputs: f.Inputs, Out: outs[0]}
}

// prune drops nodes that the results do not need, except inputs: their order is the signature.
func prune(nodes []Node, outs []Ref) ([]Node, []Ref) {
	live := make([]bool, len(nodes))
	for _, o := range outs {
		live[o] = true
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		if live[i] {
			for _, a := range n.Args[:n.Op.Arity()] {
				live[a] = true
			}
		}
	}
	to := make([]Ref, len(nodes))
	kept := nodes[:0:0]
	for i, n := range nodes {
		if !live[i] && n.Op != In {
			continue
		}
		for j := range n.Op.Arity() {
			n.Args[j] = to[n.Args[j]]
		}
		to[i] = Ref(len(kept))
		kept = append(kept, n)
	}
	moved := make([]Ref, len(outs))
	for i, o := range outs {
		moved[i] = to[o]
	}
	return kept, moved
}

// Reads reports whether the result depends on input arg.
func (f *Formula) Reads(arg int) bool {
	for _, n := range f.Nodes {
		for _, a := range n.Args[:n.Op.Arity()] {
			if f.Nodes[a].Op == In && f.Nodes[a].Arg == arg {
				return true
			}
		}
	}
	return f.Nodes[f.Out].Op == In && f.Nodes[f.Out].Arg == arg
}

// Compact returns f without the inputs it does not read, and the indices of those kept.
func (f *Formula) Compact() (*Formula, []int) {
	var kept []int
	for arg := range f.Inputs {
		if f.Reads(arg) {
			kept = append(kept, arg)
		}
	}
	if len(kept) == f.Inputs {
		return f, kept
	}
	return New(len(kept), func(b *Builder, in []Ref) Ref {
		all := make([]Ref, f.Inputs)
		for i := range all {
			all[i] = b.Const(0) // unread
		}
		for i, arg := range kept {
			all[arg] = in[i]
		}
		return f.Build(b, all)
	}), kept
}

// IsIdentity reports whether f is just its only input.
func (f *Formula) IsIdentity() bool { return f.Inputs == 1 && f.Nodes[f.Out].Op == In }

// IsZero reports whether f is 0 whatever its operands are.
func (f *Formula) IsZero() bool {
	out := f.Nodes[f.Out]
	return out.Op == Const && out.Value == 0
}

// Build inlines f into b with the given inputs and returns its result there.
func (f *Formula) Build(b *Builder, in []Ref) Ref { return f.inline(b, in)[f.Out] }

// inline adds f's nodes to b and returns where each is.
func (f *Formula) inline(b *Builder, in []Ref) []Ref { return inline(b, f.Nodes, in) }

func inline(b *Builder, nodes []Node, in []Ref) []Ref {
	at := make([]Ref, len(nodes))
	for i, n := range nodes {
		switch n.Op {
		case In:
			at[i] = in[n.Arg]
		case Const:
			at[i] = b.Const(n.Value)
		default:
			at[i] = b.apply(n.Op, at[n.Args[0]], at[n.Args[1]], at[n.Args[2]])
		}
	}
	return at
}

// String prints the expression, e.g. "max(x0, 0)"; shared parts are printed at each use.
func (f *Formula) String() string {
	var s strings.Builder
	f.print(&s, f.Out)
	return s.String()
}

func (f *Formula) print(s *strings.Builder, r Ref) {
	n := f.Nodes[r]
	switch n.Op {
	case In:
		fmt.Fprintf(s, "x%d", n.Arg)
	case Const:
		s.WriteString(strconv.FormatFloat(n.Value, 'g', -1, 64))
	default:
		s.WriteString(n.Op.String())
		for i, a := range n.Args[:n.Op.Arity()] {
			s.WriteString([]string{"(", ", ", ", "}[i])
			f.print(s, a)
		}
		s.WriteByte(')')
	}
}
