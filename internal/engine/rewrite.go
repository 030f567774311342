package engine

import (
	"slices"

	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// A rewriteRule replaces an instruction, or one of its operands, by what gives the same and
// costs less. It reports whether it changed anything.
type rewriteRule struct {
	name, reason string
	apply        func(r *rewriter, in *Instr) bool
}

// rewriteRules are tried at each instruction, in this order, until none applies. Each is
// exact for every number, and for NaN and infinities too. (log of exp is no rule: it is
// the identity only where exp does not overflow. Bce of a sigmoid is rewritten in graph,
// before there is a gradient to rewrite as well.)
var rewriteRules = []rewriteRule{
	{"reshaped twice", "a reshape moves nothing, so the last one tells the shape", reshapedTwice},
	{"same shape", "a reshape to the shape that is there, a Map x0, a slice or a pad of all, a fold of axes of length 1", sameAgain},
	{"transposed operand", "a product reads its factors either way", transposedOperand},
	{"one number", "a number that was repeated is read where it is one", oneNumber},
	{"constant", "a constant belongs into the formula", constantOperand},
	{"slope by result", "0 < max(x, 0) exactly where 0 < x: x itself need not be kept for the way back", slopeByResult},
	{"computed before", "a formula that has in it another's, over the same operands, reads its result: exp and its like are not computed again", computedBefore},
}

// rewrite applies rewriteRules.
func rewrite(f *Func) {
	r := &rewriter{f: f, defs: map[int]*Instr{}, same: newRenaming(f), readers: map[int][]*Instr{}, next: map[int]bool{}, outputs: map[int]bool{}}
	for _, s := range f.States {
		r.next[s.Next] = true
	}
	for _, v := range f.roots() {
		r.outputs[v] = true
	}
	kept := f.Instrs[:0]
	for _, in := range f.Instrs {
		r.same.operands(in)
		for range 2 * len(rewriteRules) { // a few rules make work for others
			if !r.once(in) {
				break
			}
		}
		if _, gone := r.same.to[in.Out]; gone {
			continue
		}
		r.defs[in.Out] = in
		for _, a := range in.In {
			r.readers[a] = append(r.readers[a], in)
		}
		kept = append(kept, in)
	}
	f.Instrs = kept
	r.same.roots()
}

type rewriter struct {
	f       *Func
	defs    map[int]*Instr
	same    *renaming
	readers map[int][]*Instr // of what has been looked at
	next    map[int]bool     // values that are next states
	outputs map[int]bool     // values that are roots
}

func (r *rewriter) once(in *Instr) bool {
	for _, rule := range rewriteRules {
		if _, gone := r.same.to[in.Out]; gone {
			return false
		}
		if rule.apply(r, in) {
			return true
		}
	}
	return false
}

// drop lets v stand for the result of in, where that may lose its place.
func (r *rewriter) drop(in *Instr, v int) bool {
	if r.next[in.Out] || r.outputs[in.Out] && r.f.Root(v).Space != Arena {
		return false
	}
	r.same.to[in.Out] = v
	return true
}

// swap makes v operand k of in. The list may be the graph's own.
func (r *rewriter) swap(in *Instr, k, v int) bool {
	in.In = slices.Clone(in.In)
	in.In[k] = v
	return true
}

func (r *rewriter) shape(v int) []int { return r.f.Values[v].Shape }

func reshapedTwice(r *rewriter, in *Instr) bool {
	if _, ok := in.Op.(graph.Reshape); !ok {
		return false
	}
	if d := r.defs[in.In[0]]; d != nil {
		if _, ok := d.Op.(graph.Reshape); ok {
			return r.swap(in, 0, d.In[0])
		}
	}
	return false
}

func sameAgain(r *rewriter, in *Instr) bool {
	if len(in.In) != 1 || !slices.Equal(r.shape(in.In[0]), r.shape(in.Out)) || r.f.Values[in.In[0]].DType != r.f.Values[in.Out].DType {
		return false
	}
	switch o := in.Op.(type) {
	case graph.Reshape, graph.Slice, graph.Pad, graph.Reduce: // of all, as the shapes are equal
		return r.drop(in, in.In[0])
	case graph.Map:
		return o.F.IsIdentity() && r.drop(in, in.In[0])
	}
	return false
}

func transposedOperand(r *rewriter, in *Instr) bool {
	o, ok := in.Op.(graph.MatMul)
	if !ok {
		return false
	}
	for k, flip := range []*bool{&o.TransA, &o.TransB} {
		d := r.defs[in.In[k]]
		if d == nil {
			continue
		}
		if t, ok := d.Op.(graph.Transpose); ok && slices.Equal(t.Perm, []int{1, 0}) {
			*flip = !*flip
			in.Op = o
			return r.swap(in, k, d.In[0])
		}
	}
	return false
}

// oneNumber looks through reshapes and copies for a value of one element.
func oneNumber(r *rewriter, in *Instr) bool {
	if _, ok := in.Op.(graph.Map); !ok {
		return false
	}
	for k, a := range in.In {
		v := a
		for d := r.defs[v]; d != nil && r.f.Values[v].Size > 1; d = r.defs[v] {
			m, isMap := d.Op.(graph.Map)
			if _, ok := d.Op.(graph.Reshape); !ok && !(isMap && m.F.IsIdentity()) {
				break
			}
			v = d.In[0]
		}
		if v != a && r.f.Values[v].Size == 1 && broadcasts(r.shape(v), r.shape(in.Out)) {
			return r.swap(in, k, v)
		}
	}
	return false
}

func constantOperand(r *rewriter, in *Instr) bool {
	o, ok := in.Op.(graph.Map)
	if !ok {
		return false
	}
	for k, a := range in.In {
		c, ok := r.constant(a)
		if !ok {
			continue
		}
		rest := slices.Delete(slices.Clone(in.In), k, k+1)
		o.F = formula.New(len(rest), func(b *formula.Builder, refs []formula.Ref) formula.Ref {
			return o.F.Build(b, slices.Insert(slices.Clone(refs), k, b.Const(c)))
		})
		compact, kept := o.F.Compact()
		in.In = nil
		for _, i := range kept {
			in.In = append(in.In, rest[i])
		}
		o.F = compact
		in.Op = o
		return true
	}
	return false
}

// constant is the number that v is filled with.
func (r *rewriter) constant(v int) (float64, bool) {
	for d := r.defs[v]; d != nil; d = r.defs[v] {
		switch o := d.Op.(type) {
		case graph.Reshape:
			v = d.In[0]
			continue
		case graph.Map:
			if n := o.F.Nodes[o.F.Out]; len(d.In) == 0 && n.Op == formula.Const {
				return float64(float32(n.Value)), true
			}
		}
		return 0, false
	}
	return 0, false
}

func slopeByResult(r *rewriter, in *Instr) bool {
	o, ok := in.Op.(graph.Map)
	if !ok {
		return false
	}
	for k, a := range in.In {
		if !onlyAgainst0(o.F, k) {
			continue
		}
		for _, d := range r.readers[a] {
			if m, ok := d.Op.(graph.Map); ok && isRelu(m.F) && slices.Equal(r.shape(d.Out), r.shape(a)) {
				return r.swap(in, k, d.Out)
			}
		}
	}
	return false
}

// onlyAgainst0 reports whether f reads input k, and only as the right side of 0 < x.
func onlyAgainst0(f *formula.Formula, k int) bool {
	isInput := func(ref formula.Ref) bool { return f.Nodes[ref].Op == formula.In && f.Nodes[ref].Arg == k }
	found := false
	for _, n := range f.Nodes {
		for i, a := range n.Args[:n.Op.Arity()] {
			if !isInput(a) {
				continue
			}
			if zero := f.Nodes[n.Args[0]]; n.Op != formula.Less || i != 1 || zero.Op != formula.Const || zero.Value != 0 {
				return false
			}
			found = true
		}
	}
	return found && !isInput(f.Out)
}

// isRelu reports whether f is max(x, 0).
func isRelu(f *formula.Formula) bool {
	n := f.Nodes[f.Out]
	if f.Inputs != 1 || n.Op != formula.Max {
		return false
	}
	x, y := f.Nodes[n.Args[0]], f.Nodes[n.Args[1]]
	if x.Op == formula.Const {
		x, y = y, x
	}
	return x.Op == formula.In && y.Op == formula.Const && y.Value == 0
}

func computedBefore(r *rewriter, in *Instr) bool {
	o, ok := in.Op.(graph.Map)
	if !ok || !dear(o.F) {
		return false
	}
	for _, a := range in.In {
		for _, d := range r.readers[a] {
			m, ok := d.Op.(graph.Map)
			if !ok || d == in || !dear(m.F) || !slices.Equal(r.shape(d.Out), r.shape(in.Out)) || !subset(d.In, in.In) {
				continue
			}
			if f, operands, ok := withResult(o.F, in.In, m.F, d); ok {
				o.F, in.In = f, operands
				in.Op = o
				return true
			}
		}
	}
	return false
}

// dear reports whether f has a primitive that costs more than reading a result does.
func dear(f *formula.Formula) bool {
	return slices.ContainsFunc(f.Nodes, func(n formula.Node) bool {
		switch n.Op {
		case formula.Exp, formula.Log, formula.Log1p, formula.Expm1, formula.Tanh, formula.Sigmoid, formula.Erf, formula.Sin, formula.Cos, formula.Pow:
			return true
		}
		return false
	})
}

func subset(a, b []int) bool {
	return !slices.ContainsFunc(a, func(v int) bool { return !slices.Contains(b, v) })
}

// withResult is f over operands with the result of d, whose formula is part, in the place
// of that part.
func withResult(f *formula.Formula, operands []int, part *formula.Formula, d *Instr) (*formula.Formula, []int, bool) {
	var at formula.Ref
	both := formula.NewMulti(len(operands), func(b *formula.Builder, refs []formula.Ref) []formula.Ref {
		args := make([]formula.Ref, len(d.In))
		for i, a := range d.In {
			args[i] = refs[slices.Index(operands, a)]
		}
		// Equal nodes are one in a Builder: where f has part in it, it meets part's node.
		return []formula.Ref{part.Build(b, args), f.Build(b, refs)}
	})
	at = both.Outs[0]
	if at == both.Outs[1] || !reaches(both, both.Outs[1], at) || both.Nodes[at].Op == formula.In || both.Nodes[at].Op == formula.Const {
		return nil, nil, false
	}
	all := append(slices.Clone(operands), d.Out)
	g := formula.New(len(all), func(b *formula.Builder, refs []formula.Ref) formula.Ref {
		to := make([]formula.Ref, len(both.Nodes))
		for i, n := range both.Nodes {
			switch {
			case formula.Ref(i) == at:
				to[i] = refs[len(all)-1]
			case n.Op == formula.In:
				to[i] = refs[n.Arg]
			case n.Op == formula.Const:
				to[i] = b.Const(n.Value)
			default:
				to[i] = b.Apply(n.Op, to[n.Args[0]], to[n.Args[1]], to[n.Args[2]])
			}
		}
		return to[both.Outs[1]]
	})
	g, kept := g.Compact()
	var in []int
	for _, k := range kept {
		in = append(in, all[k])
	}
	return g, in, true
}

// reaches reports whether node from has node to among the nodes it is computed from.
func reaches(m *formula.Multi, from, to formula.Ref) bool {
	need := make([]bool, len(m.Nodes))
	need[from] = true
	for i := from; i > to; i-- {
		if n := m.Nodes[i]; need[i] {
			for _, a := range n.Args[:n.Op.Arity()] {
				need[a] = true
			}
		}
	}
	return need[to]
}
