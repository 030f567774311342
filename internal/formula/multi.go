package formula

import (
	"fmt"
	"strconv"
	"strings"
)

// Multi is several formulas over the same inputs, whose common parts are computed once.
// Like a Formula it is immutable.
type Multi struct {
	Nodes  []Node
	Inputs int
	Outs   []Ref // a node may be several results
}

// NewMulti builds a Multi of n inputs; build returns the results.
func NewMulti(n int, build func(b *Builder, in []Ref) []Ref) *Multi {
	b := &Builder{memo: map[Node]Ref{}}
	in := make([]Ref, n)
	for i := range in {
		in[i] = b.add(Node{Op: In, Arg: i})
	}
	m := &Multi{Inputs: n, Outs: build(b, in)}
	m.Nodes, m.Outs = prune(b.nodes, m.Outs)
	return m
}

// Multi is f as a Multi of one result.
func (f *Formula) Multi() *Multi {
	return &Multi{Nodes: f.Nodes, Inputs: f.Inputs, Outs: []Ref{f.Out}}
}

// Single is result k alone.
func (m *Multi) Single(k int) *Formula {
	nodes, outs := prune(m.Nodes, m.Outs[k:k+1])
	return &Formula{Nodes: nodes, Inputs: m.Inputs, Out: outs[0]}
}

// Build inlines m into b with the given inputs and returns its results there.
func (m *Multi) Build(b *Builder, in []Ref) []Ref {
	at := inline(b, m.Nodes, in)
	outs := make([]Ref, len(m.Outs))
	for i, o := range m.Outs {
		outs[i] = at[o]
	}
	return outs
}

// Reads reports whether any result depends on input arg.
func (m *Multi) Reads(arg int) bool {
	for _, n := range m.Nodes {
		for _, a := range n.Args[:n.Op.Arity()] {
			if m.Nodes[a].Op == In && m.Nodes[a].Arg == arg {
				return true
			}
		}
	}
	for _, o := range m.Outs {
		if m.Nodes[o].Op == In && m.Nodes[o].Arg == arg {
			return true
		}
	}
	return false
}

// Primitives is how many operations an element costs, whatever each of them is.
func (m *Multi) Primitives() int {
	n := 0
	for _, node := range m.Nodes {
		if node.Op != In && node.Op != Const {
			n++
		}
	}
	return n
}

// String prints the results, a part that is used several times once: "t0 = exp(x0);
// add(t0, 1), mul(t0, x1)". Its length grows with the nodes, however they are shared.
func (m *Multi) String() string {
	return m.text(func(_ int, v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) })
}

// Structure prints m with its constants as c0, c1, … in the order of Constants: formulas
// that differ in their numbers alone, such as an optimizer's with other betas, have one.
func (m *Multi) Structure() string {
	return m.text(func(i int, _ float64) string { return fmt.Sprintf("c%d", i) })
}

// Constants are the constants in the order of the nodes.
func (m *Multi) Constants() []float64 {
	var values []float64
	for _, n := range m.Nodes {
		if n.Op == Const {
			values = append(values, n.Value)
		}
	}
	return values
}

// text prints m with constant i as constant says.
func (m *Multi) text(constant func(i int, v float64) string) string {
	uses := make([]int, len(m.Nodes))
	for _, n := range m.Nodes {
		for _, a := range n.Args[:n.Op.Arity()] {
			uses[a]++
		}
	}
	for _, o := range m.Outs {
		uses[o]++
	}
	var s strings.Builder
	text := make([]string, len(m.Nodes))
	shared, constants := 0, 0
	for i, n := range m.Nodes {
		switch n.Op {
		case In:
			text[i] = fmt.Sprintf("x%d", n.Arg)
			continue
		case Const:
			text[i] = constant(constants, n.Value)
			constants++
			continue
		}
		args := make([]string, n.Op.Arity())
		for j := range args {
			args[j] = text[n.Args[j]]
		}
		text[i] = n.Op.String() + "(" + strings.Join(args, ", ") + ")"
		if uses[i] > 1 {
			fmt.Fprintf(&s, "t%d = %s; ", shared, text[i])
			text[i] = fmt.Sprintf("t%d", shared)
			shared++
		}
	}
	for i, o := range m.Outs {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteString(text[o])
	}
	return s.String()
}
