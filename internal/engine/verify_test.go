package engine

import (
	"strings"
	"testing"

	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

var (
	negF = formula.Unary((*formula.Builder).Neg)
	addF = formula.Binary((*formula.Builder).Add)
)

// chain is x -> a -> b -> c = b + a, with a reshaped form and a state.
func chain() *graph.Program {
	p := &graph.Program{Name: "chain"}
	add := func(op graph.Op, shape graph.Shape, in ...*graph.Value) *graph.Value {
		v := &graph.Value{ID: len(p.Values), Op: op, Shape: shape, In: in}
		p.Values = append(p.Values, v)
		return v
	}
	x, w := add(nil, graph.Shape{-1, 4}), add(nil, graph.Shape{4})
	x.Name, w.Name = "x", "w"
	a := add(graph.Map{F: addF}, graph.Shape{-1, 4}, x, w)
	b := add(graph.Map{F: negF}, graph.Shape{-1, 4}, a)
	flat := add(graph.Reshape{}, graph.Shape{-4}, b)
	c := add(graph.Map{F: negF}, graph.Shape{-4}, flat)
	add(graph.Map{F: negF}, graph.Shape{-4}, c) // dead
	s := add(graph.Reduce{Axes: []int{0}}, graph.Shape{1, 4}, a)
	n := add(graph.Reshape{}, graph.Shape{4}, s)
	p.Inputs = []*graph.Value{x}
	p.States = []graph.State{{Name: "w", Value: w, Next: n}}
	p.Outputs = []graph.Output{{Name: "c", Value: c}}
	return p
}

func TestPlan(t *testing.T) {
	f, err := Plan(chain(), 8, Options{Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	// a and b are one pass. a is needed until s, so b has memory of its own, in which c
	// lives; s needs a third, the dead value none. s becomes the state by a copy.
	if len(f.Instrs) != 4 || f.Arena != 32+32+16 {
		t.Errorf("%d instructions, arena %d\n%s", len(f.Instrs), f.Arena, f)
	}
	if c := f.Outputs[0].Value; f.Values[c].Alias == None {
		t.Errorf("c is not in place\n%s", f)
	}
}

// TestInPlaceChain: however long a chain of elementwise ops, it needs the memory of one
// result.
func TestInPlaceChain(t *testing.T) {
	x := &graph.Value{Name: "x", Shape: graph.Shape{-1, 4}}
	p := &graph.Program{Name: "chain", Values: []*graph.Value{x}, Inputs: []*graph.Value{x}}
	last := x
	for i := range 9 {
		last = &graph.Value{ID: i + 1, Op: graph.Map{F: negF}, Shape: x.Shape, In: []*graph.Value{last}}
		if i == 4 {
			last.Op = graph.Reshape{}
		}
		p.Values = append(p.Values, last)
	}
	p.Outputs = []graph.Output{{Name: "y", Value: last}}
	f, err := Plan(p, 8, Options{Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	if f.Arena != 32 {
		t.Errorf("arena of %d elements\n%s", f.Arena, f)
	}
}

func TestPassOrder(t *testing.T) {
	at := map[string]int{}
	for i, p := range passes {
		at[p.name] = i
	}
	for _, o := range passOrder {
		before, ok1 := at[o.before]
		after, ok2 := at[o.after]
		if !ok1 || !ok2 || before >= after {
			t.Errorf("%s must come before %s: %s", o.before, o.after, o.reason)
		}
	}
	for _, skip := range []string{"arena", "nothing"} {
		if _, err := Plan(chain(), 8, Options{Skip: []string{skip}}); err == nil {
			t.Errorf("skipping %q was accepted", skip)
		}
	}
}

// TestVerifyRejects breaks a planned Func in each way that the verifier must see.
func TestVerifyRejects(t *testing.T) {
	op := func(f *Func, name string) *Instr {
		for _, in := range f.Instrs {
			if strings.HasPrefix(in.Op.String(), name) {
				return in
			}
		}
		t.Fatalf("no %s in\n%s", name, f)
		return nil
	}
	for name, c := range map[string]struct {
		want   string
		damage func(f *Func)
	}{
		"order":     {"before it is made", func(f *Func) { f.Instrs[0], f.Instrs[1] = f.Instrs[1], f.Instrs[0] }},
		"twice":     {"made twice", func(f *Func) { f.Instrs = append(f.Instrs, f.Instrs[0]) }},
		"range":     {"before it is made", func(f *Func) { f.Instrs[0].In[0] = 99 }},
		"arity":     {"operands", func(f *Func) { f.Instrs[0].In = f.Instrs[0].In[:1] }},
		"broadcast": {"broadcast", func(f *Func) { v := f.Values[f.Instrs[0].In[1]]; v.Shape = []int{2, 2} }},
		"size":      {"elements", func(f *Func) { f.Values[0].Shape = []int{3} }},
		"type":      {"i32", func(f *Func) { f.Values[op(f, "sum").In[0]].DType = graph.I32 }},
		"reduced":   {"shape", func(f *Func) { in := op(f, "sum"); in.Op = graph.Reduce{Axes: []int{1}} }},
		"input":     {"is written", func(f *Func) { f.Values[f.Instrs[0].Out].Space = Input }},
		"root":      {"not made", func(f *Func) { f.Instrs = f.Instrs[:2] }},
		"next":      {"back buffer", func(f *Func) { f.Values[f.States[0].Next].Slot = 1 }},
		"output":    {"outlive", func(f *Func) { f.Outputs[0].Value = f.Inputs[0] }},
		"operand":   {"overwrites operand", func(f *Func) { in := op(f, "sum"); f.Values[in.Out].Offset = f.Root(in.In[0]).Offset }},
		"arena":     {"arena", func(f *Func) { f.Arena = 16 }},
		"aligned":   {"arena", func(f *Func) { f.Root(f.Instrs[0].Out).Offset += 4; f.Arena += 16 }},
		"overlap": {"overwritten", func(f *Func) { // b over a, which the sum still needs
			f.Root(f.Instrs[1].Out).Offset = f.Root(f.Instrs[0].Out).Offset
		}},
		"in place too early": {"overwritten", func(f *Func) { f.Values[f.Instrs[1].Out].Alias = f.Instrs[0].Out }},
		"unknown op":         {"unknown op", func(f *Func) { f.Instrs[0].Op = strangeOp{} }},
	} {
		f, err := Plan(chain(), 8, Options{Skip: []string{"fusion"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(f); err != nil {
			t.Fatal(err)
		}
		c.damage(f)
		if err := Verify(f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q\n%s", name, err, c.want, f)
		}
	}
}

type strangeOp struct{}

func (strangeOp) String() string { return "strange" }

// TestLowerRejects: a malformed program is an error, not a crash.
func TestLowerRejects(t *testing.T) {
	for name, c := range map[string]func(p *graph.Program){
		"no such input":    func(p *graph.Program) { p.Inputs = nil },
		"shared state":     func(p *graph.Program) { p.States = append(p.States, p.States[0]) },
		"state is input":   func(p *graph.Program) { p.States[0].Value = p.Inputs[0] },
		"batched state":    func(p *graph.Program) { p.States[0].Value.Shape = graph.Shape{-1} },
		"next of no shape": func(p *graph.Program) { p.States[0].Next = p.Values[0] },
		"foreign output":   func(p *graph.Program) { p.Outputs[0].Value = &graph.Value{ID: 3} },
		"wide guard":       func(p *graph.Program) { p.Guard = p.Values[3] },
		"use before made":  func(p *graph.Program) { p.Values[3].In[0] = p.Values[5] },
		"wrong shape":      func(p *graph.Program) { p.Values[2].Shape = graph.Shape{-1, 5} },
	} {
		p := chain()
		c(p)
		if _, err := Plan(p, 8, Options{}); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
