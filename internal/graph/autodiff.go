package graph

import (
	"fmt"

	"gotrain/internal/formula"

	G "gorgonia.org/gorgonia"
)

// grad walks the graph back from y, whose gradient is seed, and returns the gradient of
// each of wrt. It calls each node's SymDiff, as gorgonia.Backpropagate does, but visits
// only what wrt needs, can be called any number of times on one graph, and checks every
// shape.
func (b *builder) grad(y, seed *Value, wrt []*Value) ([]*Value, error) {
	need := make([]bool, len(b.values))
	for _, w := range wrt {
		need[w.ID] = true
	}
	forward := b.values // the values made until now; gradients come after
	for _, v := range forward {
		for i, diff := range b.differentiable(v) {
			need[v.ID] = need[v.ID] || diff && need[v.In[i].ID]
		}
	}
	acc := make([]*Value, len(forward))
	acc[y.ID] = seed
	for id := y.ID; id >= 0; id-- {
		v := forward[id]
		if acc[id] == nil || !need[id] || v.Op == nil {
			continue
		}
		mask := b.differentiable(v)
		any := false
		for i := range mask {
			mask[i] = mask[i] && need[v.In[i].ID]
			any = any || mask[i]
		}
		if !any {
			continue
		}
		sym := b.nodes[v].Op().(*symbol)
		sym.need = mask
		kids := make(G.Nodes, len(v.In))
		for i, in := range v.In {
			kids[i] = b.nodes[in]
		}
		b.path = v.Path
		grads, err := sym.SymDiff(kids, b.nodes[v], b.nodes[acc[id]])
		sym.need = nil
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.Path, err)
		}
		for i, in := range v.In {
			if !mask[i] {
				continue
			}
			g := b.byNode[grads[i]]
			if acc[in.ID] != nil {
				g = b.add2(acc[in.ID], g)
			}
			acc[in.ID] = g
		}
	}
	out := make([]*Value, len(wrt))
	for i, w := range wrt {
		if out[i] = acc[w.ID]; out[i] == nil {
			out[i] = b.fill(0, w.Shape) // the loss does not depend on it
		}
	}
	return out, nil
}

// differentiable says, an operand each, whether a gradient can flow to it.
func (b *builder) differentiable(v *Value) []bool {
	diff := make([]bool, len(v.In))
	switch o := v.Op.(type) {
	case Map:
		for i, g := range b.derivatives(o.F) {
			diff[i] = g.f != nil && v.In[i].DType == F32
		}
	case Reduce, MatMul, Reshape, Slice, Pad, Concat, Transpose, Conv, ConvInputGrad, ConvWeightGrad, MaxPool, AvgPool, AvgPoolGrad:
		for i := range diff {
			diff[i] = true
		}
	}
	return diff
}

// derivative is the gradient by one operand of a Map: f over the operands that it reads,
// an index beyond the last being the gradient of the result. f is nil where none flows.
type derivative struct {
	f        *formula.Formula
	operands []int
}

func (b *builder) derivatives(f *formula.Formula) []derivative {
	if d, ok := b.derived[f]; ok {
		return d
	}
	all := make([]derivative, f.Inputs)
	for i, g := range formula.Derive(f) {
		if g != nil && !g.IsZero() { // a comparison is flat
			all[i].f, all[i].operands = g.Compact()
		}
	}
	b.derived[f] = all
	return all
}

// gradients adds, for each needed operand of v, the value of its gradient, given v's.
func (b *builder) gradients(v, d *Value, need []bool) ([]*Value, error) {
	out := make([]*Value, len(v.In))
	switch o := v.Op.(type) {
	case Map:
		derivs := b.derivatives(o.F)
		for i, x := range v.In {
			if !need[i] {
				continue
			}
			in := make([]*Value, len(derivs[i].operands))
			for k, arg := range derivs[i].operands {
				if arg < len(v.In) {
					in[k] = v.In[arg]
				} else {
					in[k] = d
				}
			}
			g := d
			if !derivs[i].f.IsIdentity() {
				g = b.mapTo(o.Name+"'", v.Shape, derivs[i].f, in...)
			}
			out[i] = b.sumTo(g, x.Shape)
		}
	case Reduce:
		if o.Fn != Sum {
			return nil, fmt.Errorf("%s has no gradient", o)
		}
		out[0] = b.mapTo("broadcast", v.In[0].Shape, formula.Identity(), d)
	case MatMul:
		x, y := v.In[0], v.In[1]
		if need[0] {
			if o.TransA {
				out[0] = b.matMul(y, d, o.TransB, true)
			} else {
				out[0] = b.matMul(d, y, false, !o.TransB)
			}
		}
		if need[1] {
			if o.TransB {
				out[1] = b.matMul(d, x, true, o.TransA)
			} else {
				out[1] = b.matMul(x, d, !o.TransA, false)
			}
		}
	case Reshape:
		out[0] = b.reshape(d, v.In[0].Shape)
	case Slice:
		out[0] = b.pad(d, o.Axis, o.Start, v.In[0].Shape[o.Axis])
	case Pad:
		out[0] = b.slice(d, o.Axis, o.Start, v.In[0].Shape[o.Axis])
	case Concat:
		start := 0
		for i, x := range v.In {
			if need[i] {
				out[i] = b.slice(d, o.Axis, start, x.Shape[o.Axis])
			}
			start += x.Shape[o.Axis]
		}
	case Transpose:
		out[0] = b.transpose(d, inverse(o.Perm))
	default:
		return b.windowGradients(v, d, need)
	}
	return out, nil
}
