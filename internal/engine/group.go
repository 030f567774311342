package engine

import (
	"slices"

	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// group is instructions that become one. Its elementwise members have one index space, and
// each is computed once there: nothing is ever computed again for a second reader.
type group struct {
	members []int // instructions, ascending
	shape   []int
	gemm    int   // the MatMul among them, or None
	axes    []int // what its Reduces fold; nil without
	leader  *group
}

// The limits of a group: a device keeps a place in fast memory for each operand and
// result, and a kernel has only so much of it.
const (
	groupOperands = 24 // operands and results together
	groupNodes    = 192
	// siblingWindow is how many instructions apart two that only share an operand may be:
	// farther ones would lengthen the lives of what stands between them.
	siblingWindow = 64
	// searchBudget bounds the search for a way round a group; where it ends, there may be one.
	searchBudget = 512
)

// grouper forms groups of a Func's instructions and replaces them.
type grouper struct {
	f       *Func
	defs    []int         // value -> instruction, or None
	unit    []*group      // by instruction: its group, or nil
	readers map[int][]int // value -> members that read it
	uses    map[int]int   // value -> reads by instructions and roots
	order   []*group
}

func newGrouper(f *Func) *grouper {
	g := &grouper{f: f, defs: f.defs(), unit: make([]*group, len(f.Instrs)), readers: map[int][]int{}, uses: map[int]int{}}
	for _, in := range f.Instrs {
		for _, a := range in.In {
			g.uses[a]++
		}
	}
	for _, v := range f.roots() {
		g.uses[v]++
	}
	for v, x := range f.Values {
		if x.Alias != None && g.uses[v] > 0 {
			for ; f.Values[v].Alias != None; v = f.Values[v].Alias {
				g.uses[f.Values[v].Alias]++
			}
		}
	}
	return g
}

// of is the group of an instruction, or nil.
func (g *grouper) of(i int) *group {
	if i == None || g.unit[i] == nil {
		return nil
	}
	x := g.unit[i]
	for x.leader != nil {
		x = x.leader
	}
	return x
}

// def is the instruction that computes v or what v is a reshaped form of; None for leaves.
func (g *grouper) def(v int) int {
	for g.defs[v] == None && g.f.Values[v].Alias != None {
		v = g.f.Values[v].Alias
	}
	return g.defs[v]
}

// start makes a group of one instruction.
func (g *grouper) start(i int, shape []int) *group {
	x := &group{members: []int{i}, shape: shape, gemm: None}
	g.unit[i] = x
	g.order = append(g.order, x)
	g.note(i)
	return x
}

func (g *grouper) note(i int) {
	for _, a := range g.f.Instrs[i].In {
		g.readers[a] = append(g.readers[a], i)
	}
}

// join adds instruction i to x where that is possible, and reports whether it was.
func (g *grouper) join(x *group, i int) bool {
	members := append(slices.Clone(x.members), i)
	if !g.fits(members) || !g.closed(members) {
		return false
	}
	x.members = members
	g.unit[i] = x
	g.note(i)
	return true
}

// merge makes one group of x and y where that is possible.
func (g *grouper) merge(x, y *group) {
	if x == y || !slices.Equal(x.shape, y.shape) || x.gemm != None && y.gemm != None || x.axes != nil && y.axes != nil && !slices.Equal(x.axes, y.axes) {
		return
	}
	if (x.gemm != None || y.gemm != None) && (x.axes != nil || y.axes != nil) {
		return
	}
	members := append(slices.Clone(x.members), y.members...)
	slices.Sort(members)
	if !g.fits(members) || !g.closed(members) {
		return
	}
	x.members, y.members, y.leader = members, nil, x
	x.gemm = max(x.gemm, y.gemm)
	if x.axes == nil {
		x.axes = y.axes
	}
}

// fits reports whether a group of these members keeps the limits.
func (g *grouper) fits(members []int) bool {
	values, nodes := map[int]bool{}, 0
	for _, i := range members {
		in := g.f.Instrs[i]
		for _, v := range append(in.Outs(), in.In...) {
			values[v] = true
		}
		if m, ok := in.Op.(graph.Map); ok {
			nodes += m.F.Multi().Primitives()
		}
	}
	n := 0
	for v := range values {
		if d := g.defs[v]; d == None || !slices.Contains(members, d) || g.leaves(v, members) {
			n++
		}
	}
	return n <= groupOperands && nodes <= groupNodes
}

// leaves reports whether v, computed in the group, is needed outside.
func (g *grouper) leaves(v int, members []int) bool {
	inside := 0
	for _, i := range g.readers[v] {
		if slices.Contains(members, i) {
			inside++
		}
	}
	return inside < g.uses[v] || g.uses[v] == 0
}

// closed reports whether members can run as one: no way leads out of them and back in.
func (g *grouper) closed(members []int) bool {
	horizon := g.horizon(members[0])
	seen := map[int]bool{}
	var todo []int // instructions outside, of which members depend
	need := func(d int) {
		if d != None && d >= horizon && !seen[d] {
			seen[d] = true
			todo = append(todo, d)
		}
	}
	for _, i := range members {
		for _, a := range g.f.Instrs[i].In {
			d := g.def(a)
			if d == None || !slices.Contains(members, d) {
				need(d)
				continue
			}
			if _, folds := g.f.Instrs[d].Op.(graph.Reduce); folds || g.defs[a] == None {
				return false // it needs all of another member, or that in another shape
			}
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if slices.Contains(members, i) || len(seen) > searchBudget {
			return false
		}
		unit := []int{i}
		if x := g.of(i); x != nil {
			unit = x.members
		}
		for _, k := range unit {
			for _, a := range g.f.Instrs[k].In {
				need(g.def(a))
			}
		}
	}
	return true
}

// horizon is an instruction before which nothing depends on what comes after it: it is
// first, or stands before it where groups reach across.
func (g *grouper) horizon(first int) int {
	for moved := true; moved; {
		moved = false
		for _, x := range slices.Backward(g.order) {
			if n := len(x.members); n > 1 && x.members[0] < first && x.members[n-1] >= first {
				first, moved = x.members[0], true
			}
		}
	}
	return first
}

// replace puts one instruction in the place of each group for which make gives one. A
// group stands where its last member did, or before the first that needs it.
func (g *grouper) replace(made func(x *group) *Instr) {
	new := map[*group]*Instr{}
	for _, x := range g.order {
		if x.leader == nil && len(x.members) > 1 {
			if in := made(x); in != nil {
				new[x] = in
			}
		}
	}
	done := make([]bool, len(g.f.Instrs))
	var out []*Instr
	var emit func(i int)
	emit = func(i int) {
		if done[i] {
			return
		}
		unit, x := []int{i}, g.of(i)
		if x != nil && new[x] != nil {
			unit = x.members
		}
		for _, k := range unit {
			done[k] = true
		}
		for _, k := range unit {
			for _, a := range g.f.Instrs[k].In {
				if d := g.def(a); d != None {
					emit(d)
				}
			}
		}
		if x != nil && new[x] != nil {
			out = append(out, new[x])
		} else {
			out = append(out, g.f.Instrs[i])
		}
	}
	for i := range g.f.Instrs {
		if x := g.of(i); x == nil || new[x] == nil || x.members[len(x.members)-1] == i {
			emit(i)
		}
	}
	g.f.Instrs = out
}

// body is a group's formulas: what goes in and what comes out.
type body struct {
	f       *formula.Multi
	in, out []int // value IDs; in leaves the product of a gemm out
	folds   []Fold
}

// bodyOf inlines the Maps of a group into one. first, where not None, is the value that is
// input 0 whether it is read or not: the product.
func (g *grouper) bodyOf(x *group, first int) body {
	var b body
	inside := map[int]bool{}
	for _, i := range x.members {
		inside[g.f.Instrs[i].Out] = true
	}
	delete(inside, first)
	var read []int
	for _, i := range x.members {
		in := g.f.Instrs[i]
		if i == x.gemm {
			if g.leaves(in.Out, x.members) {
				b.out, b.folds = append(b.out, in.Out), append(b.folds, Stored)
			}
			continue
		}
		for _, a := range in.In {
			if !inside[a] && !slices.Contains(read, a) && a != first {
				read = append(read, a)
			}
		}
		if r, ok := in.Op.(graph.Reduce); ok {
			b.out, b.folds = append(b.out, in.Out), append(b.folds, foldOf(r.Fn))
		} else if g.leaves(in.Out, x.members) {
			b.out, b.folds = append(b.out, in.Out), append(b.folds, Stored)
		}
	}
	b.f, b.in = g.inline(x, first, read, b.out)
	for { // an input that simplification made superfluous goes
		kept := slices.DeleteFunc(slices.Clone(b.in), func(v int) bool {
			i := slices.Index(b.in, v)
			if first != None {
				i++
			}
			return !b.f.Reads(i)
		})
		if len(kept) == len(b.in) {
			return b
		}
		b.f, b.in = g.inline(x, first, kept, b.out)
	}
}

// inline builds the formulas of out over first, where there is one, and in. Other values
// from outside are not read: they count as 0.
func (g *grouper) inline(x *group, first int, in, out []int) (*formula.Multi, []int) {
	all := in
	if first != None {
		all = append([]int{first}, in...)
	}
	return formula.NewMulti(len(all), func(b *formula.Builder, refs []formula.Ref) []formula.Ref {
		at := map[int]formula.Ref{}
		for i, v := range all {
			at[v] = refs[i]
		}
		for _, i := range x.members {
			in := g.f.Instrs[i]
			switch op := in.Op.(type) {
			case graph.Map:
				args := make([]formula.Ref, len(in.In))
				for k, a := range in.In {
					ref, ok := at[a]
					if !ok {
						ref = b.Const(0)
					}
					args[k] = ref
				}
				at[in.Out] = op.F.Build(b, args)
			case graph.Reduce:
				at[in.Out] = at[in.In[0]]
			}
		}
		outs := make([]formula.Ref, len(out))
		for i, v := range out {
			outs[i] = at[v]
		}
		return outs
	}), in
}
