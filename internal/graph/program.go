package graph

import (
	"fmt"
	"slices"
	"strings"

	"gotrain/internal/formula"
)

// Dim is one axis of a Shape: a positive length, or -k for k times the batch size.
type Dim = int

// Shape is the axes of a value. Only the first may depend on the batch size: [-1, 400]
// is (batch, 400), [-28, 3] is (28*batch, 3). A scalar has no axes.
type Shape []Dim

// At gives the concrete axes for a batch size.
func (s Shape) At(batch int) []int {
	out := make([]int, len(s))
	for i, d := range s {
		if d < 0 {
			d = -d * batch
		}
		out[i] = d
	}
	return out
}

// Size is the number of elements for a batch size.
func (s Shape) Size(batch int) int {
	n := 1
	for _, d := range s.At(batch) {
		n *= d
	}
	return n
}

// Batched reports whether axis 0 grows with the batch.
func (s Shape) Batched() bool { return len(s) > 0 && s[0] < 0 }

// Equal reports whether two shapes are the same at every batch size.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

func (s Shape) String() string {
	var parts []string
	for _, d := range s {
		switch {
		case d == -1:
			parts = append(parts, "B")
		case d < 0:
			parts = append(parts, fmt.Sprintf("%dB", -d))
		default:
			parts = append(parts, fmt.Sprint(d))
		}
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// DType is the type of a value's elements.
type DType uint8

// The element types. F32 is what devices compute in; references use float64.
const (
	F32 DType = iota
	I32
)

func (t DType) String() string { return [...]string{"f32", "i32"}[t] }

// Value is one node of a Program: an input (Op nil) or an Op applied to earlier values.
// Values are immutable once the program is built.
type Value struct {
	ID    int // dense, in topological order
	Op    Op  // nil for inputs and states
	In    []*Value
	Shape Shape
	DType DType
	Name  string // inputs and states: the key in Feed or Store
	Path  string // the YAML path that made it, "model.encoder.dense_2"; for messages and profiles
}

func (v *Value) String() string {
	if v.Op == nil {
		return fmt.Sprintf("v%d = %s %s%s", v.ID, v.Name, v.DType, v.Shape)
	}
	args := make([]string, len(v.In))
	for i, in := range v.In {
		args[i] = fmt.Sprintf("v%d", in.ID)
	}
	return fmt.Sprintf("v%d = %s(%s) %s%s", v.ID, v.Op, strings.Join(args, ", "), v.DType, v.Shape)
}

// Op is what a node computes. The set is closed: the types
// below and, on images, those of window.go. Everything a user can write is built from them, so a device implements these
// and no others.
type Op interface {
	// String is the op with its attributes, e.g. "matmul(nt)"; equal ops print alike.
	String() string
}

// The ops. Shapes are concrete at run time; every input and result is row-major.
type (
	// Map applies F to each element. Inputs broadcast to the result as in numpy: aligned
	// right, an axis of length 1 or a missing one repeats. I32 inputs are converted. With
	// no inputs it fills the result with a constant.
	Map struct {
		F    *formula.Formula
		Name string // the op the user knows: "relu"; for profiles
	}
	// Reduce folds Axes with Fn, keeping them at length 1. Each result is folded in an
	// order that depends only on the shape.
	Reduce struct {
		Fn   ReduceFn
		Axes []int // ascending
	}
	// MatMul is a product of two matrices: (m,k)·(k,n), with TransA the first stored as
	// (k,m), with TransB the second as (n,k).
	MatMul struct{ TransA, TransB bool }
	// Reshape has its input's elements in another shape: no data moves.
	Reshape struct{}
	// Slice takes Len elements of Axis from Start.
	Slice struct{ Axis, Start, Len int }
	// Pad is Slice backwards: its input at Start of Axis, in zeros, Len long.
	Pad struct{ Axis, Start, Len int }
	// Concat lays its inputs end to end along Axis.
	Concat struct{ Axis int }
	// Transpose puts the axes in another order: axis i of the result is axis Perm[i] of
	// the input.
	Transpose struct{ Perm []int }
	// OneHot turns labels [B,...] into [B,...,Classes] of 0 and 1. A label out of
	// range gives a row of zeros: classAxis refuses the fields that have one.
	OneHot struct{ Classes int }
	// ArgMax gives the position of the largest element of Axis as F32, the axis kept at
	// length 1; the first where several are equal, a NaN counting as the largest.
	ArgMax struct{ Axis int }
	// Random draws one row per sample. Inputs: ids (I32 [B]: what each row is keyed by)
	// and epoch (I32 []). The row of id i is rng.NewStream(Seed, Stream) at (epoch, i).
	Random struct {
		Dist   Dist
		Seed   int64
		Stream string
	}
)

// ReduceFn is how Reduce folds.
type ReduceFn uint8

// The folds.
const (
	Sum ReduceFn = iota
	Max          // NaN where any element is NaN
)

func (f ReduceFn) String() string { return [...]string{"sum", "max"}[f] }

// Dist is what Random draws.
type Dist uint8

// The distributions.
const (
	Normal  Dist = iota // mean 0, deviation 1
	Uniform             // in (0, 1)
)

func (d Dist) String() string { return [...]string{"normal", "uniform"}[d] }

func (o Map) String() string    { return "map{" + o.F.String() + "}" }
func (o Reduce) String() string { return fmt.Sprintf("%s%v", o.Fn, o.Axes) }
func (o MatMul) String() string {
	letter := func(t bool) string {
		if t {
			return "t"
		}
		return "n"
	}
	return "matmul(" + letter(o.TransA) + letter(o.TransB) + ")"
}
func (o Reshape) String() string { return "reshape" }
func (o Slice) String() string   { return fmt.Sprintf("slice(%d, %d:+%d)", o.Axis, o.Start, o.Len) }

func (o Pad) String() string       { return fmt.Sprintf("pad(%d, %d of %d)", o.Axis, o.Start, o.Len) }
func (o Concat) String() string    { return fmt.Sprintf("concat(%d)", o.Axis) }
func (o Transpose) String() string { return fmt.Sprintf("transpose%v", o.Perm) }
func (o OneHot) String() string    { return fmt.Sprintf("onehot(%d)", o.Classes) }
func (o ArgMax) String() string    { return fmt.Sprintf("argmax(%d)", o.Axis) }
func (o Random) String() string    { return fmt.Sprintf("%s(%q)", o.Dist, o.Stream) }

// Program is one phase of a model as a list of values: the train step, the evaluation
// step or one prediction. It holds for every batch size.
type Program struct {
	Name    string   // "train", "eval", "predict.sample"
	Values  []*Value // topological order: operands before uses; ID is the index
	Inputs  []*Value // fed at each step, by Name: data fields and the well-known inputs below
	States  []State  // what lives from step to step
	Outputs []Output // what a step can be asked for
	// Guard, when not nil, is a [] value: the step's new states are kept only where it is
	// not 0. It is 0 where the loss or any new parameter or moment is not finite.
	Guard *Value
}

// The inputs that are not data fields.
const (
	InputIndex    = "@index"    // I32 [B]: each sample's index in its data set
	InputPosition = "@position" // I32 [B]: each sample's place in the epoch's order
	InputEpoch    = "@epoch"    // I32 []: keys this epoch's draws; 0 in evaluation
	InputLR       = "@lr"       // F32 []: the learning rate of this step
	InputStep     = "@step"     // F32 []: optimizer steps done; the language's step
	InputRunEpoch = "@runepoch" // F32 []: epochs done; the language's epoch. In evaluation not 0, as InputEpoch is
	InputProgress = "@progress" // F32 []: the share of the run that is done, 0 to 1
	InputCount    = "@count"    // F32 []: samples in the whole accumulation window
)

// Role says what a state is for.
type Role uint8

// The roles, in the order in which checkpoints list them.
const (
	Param       Role = iota // a trained tensor
	Buffer                  // part of the model, moved by its own rule: a running mean
	Moment                  // the optimizer's
	Accumulator             // gradients and losses of an open accumulation window
	Metric                  // sums over an epoch
)

func (r Role) String() string {
	return [...]string{"param", "buffer", "moment", "accumulator", "metric"}[r]
}

// OfModel holds for the states that a model is, apart from its training.
func (r Role) OfModel() bool { return r == Param || r == Buffer }

// State is a tensor that lives between steps. Programs of one run that name the same
// state share it.
type State struct {
	Name  string // "encoder.dense.weight", "adam.m.encoder.dense.weight", "sum.loss"
	Role  Role
	Value *Value // its value when the step starts
	Next  *Value // its value after the step; nil where the step only reads it
	Init  Init   // what a new run starts from
}

// Output is a named result of a step.
type Output struct {
	Name  string // "loss", "loss.kl", "acc"
	Value *Value
}

// Input finds an input by name, nil where the program has none of that name.
func (p *Program) Input(name string) *Value {
	for _, v := range p.Inputs {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Roots are the values a step must compute: outputs, next states and the guard.
func (p *Program) Roots() []*Value {
	var roots []*Value
	for _, o := range p.Outputs {
		roots = append(roots, o.Value)
	}
	for _, s := range p.States {
		if s.Next != nil {
			roots = append(roots, s.Next)
		}
	}
	if p.Guard != nil {
		roots = append(roots, p.Guard)
	}
	return roots
}

// String lists the program, a value a line.
func (p *Program) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "program %s\n", p.Name)
	for _, v := range p.Values {
		fmt.Fprintf(&s, "  %-60s %s\n", v, v.Path)
	}
	for _, st := range p.States {
		if st.Next != nil {
			fmt.Fprintf(&s, "  %s %s: v%d -> v%d\n", st.Role, st.Name, st.Value.ID, st.Next.ID)
		}
	}
	for _, o := range p.Outputs {
		fmt.Fprintf(&s, "  output %s: v%d\n", o.Name, o.Value.ID)
	}
	if p.Guard != nil {
		fmt.Fprintf(&s, "  guard: v%d\n", p.Guard.ID)
	}
	return s.String()
}
