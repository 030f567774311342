package engine

import (
	"slices"
	"testing"

	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

var (
	reluF  = formula.Unary(func(b *formula.Builder, x formula.Ref) formula.Ref { return b.Max(x, b.Const(0)) })
	sigmF  = formula.Unary((*formula.Builder).Sigmoid)
	sameF  = formula.Identity()
	slopeF = formula.Derive(reluF)[0]
	curveF = formula.Derive(sigmF)[0]
)

// TestRewrites: each rule changes the plan as it says. The cases give the instructions that
// are left, by the first word of their op.
func TestRewrites(t *testing.T) {
	for name, c := range map[string]struct {
		build func(p *program, x *graph.Value)
		want  []string
	}{
		"reshaped twice": {func(p *program, x *graph.Value) {
			flat := p.add(graph.Reshape{}, graph.Shape{-10}, x)
			p.output("y", p.unary((*formula.Builder).Exp, p.add(graph.Reshape{}, graph.Shape{-1, 10}, flat)))
		}, []string{"map{exp(x0)}"}},
		"same shape": {func(p *program, x *graph.Value) {
			all := p.add(graph.Slice{Axis: 1, Len: 10}, x.Shape, x)
			one := p.add(graph.Reduce{Axes: []int{2}}, graph.Shape{-1, 10, 1}, p.add(graph.Reshape{}, graph.Shape{-1, 10, 1}, all))
			p.output("y", p.unary((*formula.Builder).Exp, p.add(graph.Map{F: sameF}, one.Shape, one)))
		}, []string{"map{exp(x0)}"}},
		"transposed operand": {func(p *program, x *graph.Value) {
			w := p.input("w", 7, 10)
			p.output("y", p.add(graph.MatMul{}, graph.Shape{-1, 7}, x, p.add(graph.Transpose{Perm: []int{1, 0}}, graph.Shape{10, 7}, w)))
		}, []string{"matmul(nt)"}},
		"one number": {func(p *program, x *graph.Value) {
			s := p.input("s")
			rows := p.add(graph.Reshape{}, graph.Shape{-1, 1}, p.add(graph.Map{F: sameF}, graph.Shape{-1}, s))
			p.output("y", p.add(graph.Map{F: addF}, x.Shape, x, rows))
		}, []string{"map{add(x0, x1)}"}},
		"constant": {func(p *program, x *graph.Value) {
			c := p.add(graph.Map{F: formula.Constant(3)}, graph.Shape{-1, 10})
			p.output("y", p.add(graph.Map{F: addF}, x.Shape, x, c))
		}, []string{"map{add(x0, 3)}"}},
		"slope by result": {func(p *program, x *graph.Value) {
			a := p.unary((*formula.Builder).Exp, x)
			r := p.add(graph.Map{F: reluF}, x.Shape, a)
			p.output("r", r)
			p.output("y", p.add(graph.Map{F: slopeF}, x.Shape, a, p.add(graph.Reduce{Axes: []int{0}}, graph.Shape{1, 10}, r)))
		}, []string{"map{max(exp(x0), 0)}", "sum[0]", "map{select(less(0, x0), x1, 0)}"}},
		"computed before": {func(p *program, x *graph.Value) {
			s := p.add(graph.Map{F: sigmF}, x.Shape, x)
			p.output("s", s)
			p.output("y", p.add(graph.Map{F: curveF}, x.Shape, x, p.add(graph.Reduce{Axes: []int{0}}, graph.Shape{1, 10}, s)))
		}, []string{"map{sigmoid(x0)}", "sum[0]", "map{mul(x0, mul(x1, sub(1, x1)))}"}},
	} {
		p := newProgram()
		c.build(p, p.input("x", -1, 10))
		f := p.plan(t, 8)
		var got []string
		for _, in := range f.Instrs {
			got = append(got, in.Op.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q\n%s", name, got, c.want, f)
		}
	}
}

// TestUpdateInTiles: the gradient is never stored where the update follows the product,
// and is where something stands between.
func TestUpdateInTiles(t *testing.T) {
	for _, between := range []bool{false, true} {
		p := newProgram()
		x, d := p.input("x", -1, 10), p.input("d", -1, 20)
		w := p.add(nil, graph.Shape{10, 20})
		w.Name = "w"
		g := p.add(graph.MatMul{TransA: true}, w.Shape, x, d)
		if between {
			norm := p.add(graph.Reduce{Axes: []int{0, 1}}, graph.Shape{1, 1}, p.unary((*formula.Builder).Square, g))
			g = p.add(graph.Map{F: formula.Binary((*formula.Builder).Div)}, w.Shape, g, norm)
		}
		next := p.add(graph.Map{F: formula.Binary((*formula.Builder).Sub)}, w.Shape, w, g)
		finite := p.add(graph.Reduce{Axes: []int{0, 1}}, graph.Shape{1, 1}, p.unary(func(b *formula.Builder, x formula.Ref) formula.Ref { return b.Sub(x, x) }, next))
		p.output("finite", finite)
		p.States = []graph.State{{Name: "w", Value: w, Next: next}}
		f := p.plan(t, 8)
		op, inTiles := f.Instrs[0].Op.(Gemm)
		if inTiles = inTiles && slices.Contains(op.Folds, Summed); inTiles == between || inTiles && len(f.Instrs) != 1 {
			t.Errorf("between %v: \n%s", between, f)
		}
	}
}
