package engine

import (
	"testing"

	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// program is a list of values under construction, for tests of passes.
type program struct{ *graph.Program }

func newProgram() *program { return &program{&graph.Program{Name: "test"}} }

func (p *program) add(op graph.Op, shape graph.Shape, in ...*graph.Value) *graph.Value {
	v := &graph.Value{ID: len(p.Values), Op: op, Shape: shape, In: in}
	p.Values = append(p.Values, v)
	return v
}

func (p *program) input(name string, shape ...int) *graph.Value {
	v := p.add(nil, shape)
	v.Name = name
	p.Inputs = append(p.Inputs, v)
	return v
}

func (p *program) unary(op func(*formula.Builder, formula.Ref) formula.Ref, x *graph.Value) *graph.Value {
	return p.add(graph.Map{F: formula.Unary(op)}, x.Shape, x)
}

func (p *program) output(name string, v *graph.Value) {
	p.Outputs = append(p.Outputs, graph.Output{Name: name, Value: v})
}

func (p *program) plan(t *testing.T, batch int) *Func {
	t.Helper()
	f, err := Plan(p.Program, batch, Options{Verify: true})
	if err != nil {
		t.Fatalf("%v\n%s", err, p)
	}
	return f
}

// count tells how many instructions of each kind f has.
func (p *program) count(f *Func) (maps, fused, reduces, others int) {
	for _, in := range f.Instrs {
		switch in.Op.(type) {
		case graph.Map:
			maps++
		case Fused:
			fused++
		case graph.Reduce:
			reduces++
		default:
			others++
		}
	}
	return maps, fused, reduces, others
}

// TestFusionComputesOnce: a value with several readers is computed once, inside one group
// or stored for another, and never again in each reader.
func TestFusionComputesOnce(t *testing.T) {
	p := newProgram()
	x := p.input("x", -1, 10)
	dear := p.unary((*formula.Builder).Exp, x)
	for i := range 3 {
		p.output(string(rune('a'+i)), p.add(graph.Map{F: formula.Unary(func(b *formula.Builder, x formula.Ref) formula.Ref {
			return b.Add(x, b.Const(float64(i+1)))
		})}, x.Shape, dear))
	}
	// A reader in a smaller index space and one that a product stands before.
	p.output("sum", p.add(graph.Reduce{Axes: []int{0}}, graph.Shape{1, 10}, dear))
	w := p.input("w", 10, 10)
	later := p.add(graph.Map{F: addF}, x.Shape, p.add(graph.MatMul{}, x.Shape, dear, w), dear)
	p.output("later", later)
	f := p.plan(t, 8)
	exps := 0
	for _, in := range f.Instrs {
		var nodes []formula.Node
		switch op := in.Op.(type) {
		case graph.Map:
			nodes = op.F.Nodes
		case Fused:
			nodes = op.F.Nodes
		case Gemm:
			nodes = op.F.Nodes
		}
		for _, n := range nodes {
			if n.Op == formula.Exp {
				exps++
			}
		}
	}
	if exps != 1 {
		t.Errorf("exp is computed %d times\n%s", exps, f)
	}
}

// TestFusionKeepsWaysOut: what feeds a group through an op outside of it is no member.
func TestFusionKeepsWaysOut(t *testing.T) {
	p := newProgram()
	x := p.input("x", -1, 10)
	a := p.unary((*formula.Builder).Tanh, x)
	top := p.add(graph.Reduce{Fn: graph.Max, Axes: []int{0}}, graph.Shape{1, 10}, a) // of columns: no group folds them
	p.output("y", p.add(graph.Map{F: addF}, x.Shape, a, top))
	f := p.plan(t, 8)
	if maps, fused, reduces, _ := p.count(f); maps != 2 || fused != 0 || reduces != 1 {
		t.Errorf("%d maps, %d fused, %d reduces\n%s", maps, fused, reduces, f)
	}
}

// TestFusionEndsInReduce: a reader of a whole row stands after the pass that folds it.
func TestFusionEndsInReduce(t *testing.T) {
	p := newProgram()
	x := p.input("x", -1, 10)
	e := p.unary((*formula.Builder).Exp, x)
	sum := p.add(graph.Reduce{Axes: []int{1}}, graph.Shape{-1, 1}, e)
	y := p.add(graph.Map{F: formula.Binary((*formula.Builder).Div)}, x.Shape, e, sum)
	p.output("total", p.add(graph.Reduce{Axes: []int{1}}, graph.Shape{-1, 1}, y))
	f := p.plan(t, 8)
	if maps, fused, reduces, _ := p.count(f); maps != 0 || fused != 2 || reduces != 0 {
		t.Errorf("%d maps, %d fused, %d reduces\n%s", maps, fused, reduces, f)
	}
}

// TestCSE: equal ops of equal operands are one, and a state keeps its own value.
func TestCSE(t *testing.T) {
	p := newProgram()
	x, w := p.input("x", 10, 10), p.add(nil, graph.Shape{10, 10})
	w.Name = "w"
	a := p.add(graph.MatMul{}, x.Shape, x, w)
	b := p.add(graph.MatMul{}, x.Shape, x, w)
	c := p.add(graph.MatMul{TransB: true}, x.Shape, x, w)
	p.output("a", a)
	p.output("b", b)
	p.output("c", c)
	p.States = []graph.State{{Name: "w", Value: w, Next: p.add(graph.MatMul{}, x.Shape, x, w)}}
	f := p.plan(t, 1)
	if len(f.Instrs) != 3 || f.Outputs[0].Value != f.Outputs[1].Value || f.Outputs[0].Value == f.Outputs[2].Value {
		t.Errorf("%s", f)
	}
}
