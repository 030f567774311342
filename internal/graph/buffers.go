package graph

import "gotrain/internal/formula"

// tensorName names a tensor that this call owns: the same at each call of the same net.
func (c *call) tensorName(tensor string, shape Shape) (string, error) {
	if c.sc.untrained != "" {
		return "", &userError{code: "untrained-layer", text: "has weights, which " + c.sc.untrained, hint: "define it in model: and use its value here"}
	}
	if c.name == "" {
		c.sc.layers[c.spec.Name]++
		c.name = c.sc.params + "." + numbered(c.spec.Name, c.sc.layers[c.spec.Name]) + c.sc.turn
	}
	c.ev.layers++
	name := c.name + "." + tensor
	if s, ok := c.b.byName[name]; ok && !s.Value.Shape.Equal(shape) {
		return "", shapef("a net has one set of weights: call it with inputs of one shape, or make it a block",
			"its weight %s is %s from an earlier call, and %s here", name, s.Value.Shape, shape)
	}
	return name, nil
}

// buffer is a tensor of this call that is part of the model and not trained.
func (c *call) buffer(tensor string, shape Shape, init Init) (*State, error) {
	name, err := c.tensorName(tensor, shape)
	if err != nil {
		return nil, err
	}
	return c.b.state(name, Buffer, shape, init), nil
}

// move takes a buffer a step towards to: once for each call, in the order of the calls.
func (c *call) move(s *State, share float64, to *Value) {
	from := c.ev.moved[s]
	if from == nil {
		from = s.Value
	}
	c.ev.moved[s] = c.b.mapOp("running", formula.Binary(func(b *formula.Builder, old, fresh formula.Ref) formula.Ref {
		return b.Add(b.Mul(b.Const(1-share), old), b.Mul(b.Const(share), fresh))
	}), from, to)
}

// moveBuffers makes the moved buffers next states and extends check by them.
func (ev *evaluator) moveBuffers(next map[*State]*Value, check *Value) *Value {
	for _, s := range ev.b.states { // in order: the map has none
		if v := ev.moved[s]; v != nil {
			next[s] = v
			check = ev.b.add2(check, ev.b.sumAll(ev.b.mapOp("finite", notFinite, v)))
		}
	}
	return check
}

// withRole picks states.
func withRole(states []*State, role Role) (out []*State) {
	for _, s := range states {
		if s.Role == role {
			out = append(out, s)
		}
	}
	return out
}
