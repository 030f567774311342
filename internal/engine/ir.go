package engine

import (
	"fmt"
	"strings"

	"gotrain/internal/graph"
)

// Func is a program lowered for one batch size. After the passes its values have places
// in memory and a Device can compile it. It is not changed after that.
type Func struct {
	Name    string
	Batch   int
	Values  []*Value // ID is the index
	Instrs  []*Instr // in execution order
	Inputs  []int    // values in space Input; Value.Slot is the index in this list
	States  []State  // Value.Slot of a Front or Back value is the index in this list
	Outputs []Output
	Guard   int // value that is 0 where the step must not be applied, or None
	// Arena is the size of the one scratch memory in elements; 0 until planned.
	Arena   int
	Planned bool // every arena value has its Offset
}

// None is the absence of a value.
const None = -1

// Instr computes Out, and for ops of several results More, from In.
type Instr struct {
	Op   graph.Op // one of graph's ops, Copy, Fused or Gemm
	In   []int
	Out  int
	More []int // results after the first: of Fused and Gemm only
}

// Outs lists all results.
func (in *Instr) Outs() []int { return append([]int{in.Out}, in.More...) }

// Copy has its input's elements in memory of its own: lowering adds it where one value
// must be in two places.
type Copy struct{}

func (Copy) String() string { return "copy" }

// Space says in which memory a value lives.
type Space uint8

// The spaces. Which buffer Front and Back are changes with each committed step.
const (
	Arena Space = iota // the executable's own, planned by liveness
	Input              // fed by the caller
	Front              // a state as the step finds it
	Back               // a state as the step leaves it
)

func (s Space) String() string { return [...]string{"arena", "input", "front", "back"}[s] }

// Value is a dense row-major array of F32 or I32.
type Value struct {
	ID     int
	Shape  []int
	Size   int // elements
	DType  graph.DType
	Origin *graph.Value // what it was lowered from, for messages; never nil
	Space  Space
	Slot   int // Input, Front, Back: which
	// Alias is a value in whose memory this one lives, or None. Without an instruction of
	// its own it is that value in another shape; with one it overwrites that value.
	Alias  int
	Offset int // Arena: first element, where Alias is None and Func is planned
}

// State is a tensor of the Store as the program uses it.
type State struct {
	Name  string
	Role  graph.Role
	Value int // in Front
	Next  int // in Back, or None
}

// Output is a named result, always in Arena.
type Output struct {
	Name  string
	Value int
}

// Root is the value that owns the memory v lives in.
func (f *Func) Root(v int) *Value {
	for f.Values[v].Alias != None {
		v = f.Values[v].Alias
	}
	return f.Values[v]
}

// roots are the values needed after the last instruction.
func (f *Func) roots() []int {
	var roots []int
	for _, o := range f.Outputs {
		roots = append(roots, o.Value)
	}
	for _, s := range f.States {
		if s.Next != None {
			roots = append(roots, s.Next)
		}
	}
	if f.Guard != None {
		roots = append(roots, f.Guard)
	}
	return roots
}

// defs maps each value to the instruction that computes it, or None.
func (f *Func) defs() []int {
	defs := make([]int, len(f.Values))
	for i := range defs {
		defs[i] = None
	}
	for i, in := range f.Instrs {
		for _, out := range in.Outs() {
			defs[out] = i
		}
	}
	return defs
}

func (f *Func) newValue(origin *graph.Value, shape []int, t graph.DType, space Space, slot int) *Value {
	v := &Value{ID: len(f.Values), Shape: shape, Size: product(shape), DType: t, Origin: origin, Space: space, Slot: slot, Alias: None}
	f.Values = append(f.Values, v)
	return v
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Place is where v lives, e.g. "arena+128", "back 3", "v7 (arena+0)".
func (f *Func) place(v *Value) string {
	if v.Alias != None {
		return fmt.Sprintf("v%d", v.Alias)
	}
	if v.Space != Arena {
		return fmt.Sprintf("%s %d", v.Space, v.Slot)
	}
	if !f.Planned {
		return "arena"
	}
	return fmt.Sprintf("arena+%d", v.Offset)
}

// String lists the instructions, one a line, with places and the YAML paths.
func (f *Func) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "func %s batch %d arena %d\n", f.Name, f.Batch, f.Arena)
	for i, in := range f.Instrs {
		out := f.Values[in.Out]
		args := make([]string, len(in.In))
		for k, a := range in.In {
			args[k] = fmt.Sprintf("v%d", a)
		}
		line := fmt.Sprintf("v%d = %s(%s) %s%v @%s", in.Out, in.Op, strings.Join(args, ", "), out.DType, out.Shape, f.place(out))
		fmt.Fprintf(&s, "  %3d %-80s %s\n", i, line, out.Origin.Path)
		for _, more := range in.More {
			out := f.Values[more]
			line := fmt.Sprintf("v%d %s%v @%s", more, out.DType, out.Shape, f.place(out))
			fmt.Fprintf(&s, "      %-80s %s\n", line, out.Origin.Path)
		}
	}
	for _, st := range f.States {
		if st.Next != None {
			fmt.Fprintf(&s, "  %s %s: v%d -> v%d\n", st.Role, st.Name, st.Value, st.Next)
		}
	}
	for _, o := range f.Outputs {
		fmt.Fprintf(&s, "  output %s: v%d\n", o.Name, o.Value)
	}
	return s.String()
}
