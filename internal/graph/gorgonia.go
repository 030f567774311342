package graph

import (
	"fmt"
	"hash"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// symbol is the one gorgonia op type: a Value's Op, as a node of the ExprGraph. Each
// node has its own, with a serial number as its hash, since gorgonia merges nodes whose
// 32-bit hashes collide.
type symbol struct {
	serial uint32
	value  *Value
	b      *builder
	in     []hm.Type
	out    hm.Type
	shape  tensor.Shape // at the builder's nominal batch size
	// need, when set, limits SymDiff to the operands whose gradient is wanted.
	need []bool
}

var _ G.SDOp = (*symbol)(nil)

func (s *symbol) Arity() int { return len(s.in) }

// Type is made anew on each call: gorgonia zeroes and pools function types.
func (s *symbol) Type() hm.Type {
	if len(s.in) == 0 {
		return s.out
	}
	return hm.NewFnType(append(append([]hm.Type{}, s.in...), s.out)...)
}

func (s *symbol) InferShape(...G.DimSizer) (tensor.Shape, error) { return s.shape, nil }
func (s *symbol) ReturnsPtr() bool                               { return false }
func (s *symbol) CallsExtern() bool                              { return false }
func (s *symbol) OverwritesInput() int                           { return -1 }
func (s *symbol) WriteHash(h hash.Hash)                          { fmt.Fprintf(h, "%s#%d", s.value.Op, s.serial) }
func (s *symbol) Hashcode() uint32                               { return s.serial }
func (s *symbol) String() string                                 { return s.value.Op.String() }

// DiffWRT says by which operands the op can be differentiated at all.
func (s *symbol) DiffWRT(n int) []bool {
	diff := make([]bool, n)
	copy(diff, s.b.differentiable(s.value))
	return diff
}

// SymDiff adds the gradient's nodes to the graph and returns them, one an operand.
func (s *symbol) SymDiff(inputs G.Nodes, output, grad *G.Node) (G.Nodes, error) {
	need := s.need
	if need == nil {
		need = s.DiffWRT(len(inputs))
	}
	grads, err := s.b.gradients(s.value, s.b.valueOf(grad, s.value.Shape), need)
	if err != nil {
		return nil, err
	}
	nodes := make(G.Nodes, len(grads))
	for i, g := range grads {
		if g == nil {
			continue
		}
		if !g.Shape.Equal(s.value.In[i].Shape) { // gorgonia accepts any shape silently
			return nil, fmt.Errorf("%s: gradient of operand %d has shape %s, the operand %s", s, i, g.Shape, s.value.In[i].Shape)
		}
		nodes[i] = s.b.nodes[g]
	}
	return nodes, nil
}

// valueOf is the Value of a node. gorgonia's own walk, which only a test uses, adds
// gradients with nodes that are not ours: they are taken as leaves.
func (b *builder) valueOf(n *G.Node, shape Shape) *Value {
	if v, ok := b.byNode[n]; ok {
		return v
	}
	return b.add(&Value{Shape: shape, DType: F32, Name: foreign}, n)
}

// foreign is the name of leaves that gorgonia made.
const foreign = "gorgonia"

// Do is the float64 reference, for gorgonia's TapeMachine in tests. TapeMachine runs it
// on a goroutine of its own, where a panic would end the process.
func (s *symbol) Do(vals ...G.Value) (v G.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %v", s, r)
		}
	}()
	in := make([]*Array, len(vals))
	for i, x := range vals {
		in[i] = fromGorgonia(x)
	}
	out := NewArray(s.shape)
	reference(s.value.Op, in, out)
	return toGorgonia(out), nil
}

func gorgoniaType(shape []int) hm.Type {
	if len(shape) == 0 {
		return tensor.Float64
	}
	return G.TensorType{Dims: len(shape), Of: tensor.Float64}
}

func fromGorgonia(v G.Value) *Array {
	a := &Array{Shape: v.Shape()}
	switch d := v.Data().(type) {
	case float64:
		a.Data = []float64{d}
	case []float64:
		a.Data = append([]float64(nil), d...)
	default:
		panic(fmt.Sprintf("value of type %T", d))
	}
	return a
}

func toGorgonia(a *Array) G.Value {
	if len(a.Shape) == 0 {
		return G.NewF64(a.Data[0])
	}
	return tensor.New(tensor.WithShape(a.Shape...), tensor.WithBacking(a.Data))
}

// newLeafNode makes an input node. Names must be unique: gorgonia merges equal ones.
func newLeafNode(g *G.ExprGraph, name string, shape []int) *G.Node {
	return G.NewTensor(g, tensor.Float64, len(shape), G.WithShape(shape...), G.WithName(name))
}

// newOpNode makes the node of v. gorgonia keeps the slice of children it is given, so it
// gets one of its own.
func newOpNode(b *builder, v *Value) (*G.Node, error) {
	s := &symbol{serial: uint32(len(b.values) + 1), value: v, b: b, shape: v.Shape.At(b.nominal)}
	s.out = gorgoniaType(s.shape)
	kids := make([]*G.Node, len(v.In))
	for i, in := range v.In {
		kids[i] = b.nodes[in]
		s.in = append(s.in, gorgoniaType(in.Shape.At(b.nominal)))
	}
	if len(kids) == 0 { // ApplyOp cannot tell the graph without operands
		return G.NewUniqueNode(G.WithType(s.out), G.WithOp(s), G.In(b.graph), G.WithShape(s.shape...)), nil
	}
	return G.ApplyOp(s, kids...)
}
