package engine

import (
	"context"
	"math"

	"gotrain/internal/graph"
)

// Trace runs a step again without committing it and looks at each result. It returns the
// value that was the first, in order of execution, to have a NaN or an infinity while its
// own operands had none; nil where there is none. An input or a state that is not finite
// as the step starts counts as such a value. Constants of the program do not: where an
// infinity was written on purpose, what follows from it is not a fault of the step.
//
// The step is compiled once more for that, without the passes that make one instruction of
// many: each op of the program is looked at. That is kept for the next time.
func (e *Executable) Trace(ctx context.Context, feed Feed) (*graph.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if e.plain == nil {
		plain, err := e.compilePlain()
		if err != nil {
			return nil, err
		}
		e.plain = plain
	}
	return e.plain.trace(feed)
}

// compilePlain compiles the program again, an op an instruction.
func (e *Executable) compilePlain() (*Executable, error) {
	opts := PlainOptions()
	opts.Verify = e.opts.Verify
	return CompileWith(e.dev, e.store, e.program, e.f.Batch, opts)
}

func (e *Executable) trace(feed Feed) (*graph.Value, error) {
	e.store.mu.Lock()
	defer e.store.mu.Unlock()
	if err := e.bind(feed); err != nil {
		return nil, err
	}
	defer clear(e.args.Inputs)
	if v, err := e.badLeaf(); v != nil || err != nil {
		return v, err
	}
	defs := e.f.defs()
	bad := make([]bool, len(e.f.Values)) // has a NaN or an infinity
	var first *graph.Value
	err := e.run.RunEach(&e.args, func(i, out int, result []float32) bool {
		in := e.f.Instrs[i]
		if finite(result) {
			return true
		}
		bad[out] = true
		if len(in.In) == 0 {
			return true
		}
		for _, a := range in.In {
			for defs[a] == None && e.f.Values[a].Alias != None { // a reshaped form
				a = e.f.Values[a].Alias
			}
			if bad[a] {
				return true
			}
		}
		first = e.f.Values[out].Origin
		return false
	})
	return first, err
}

// badLeaf finds an input or state that is not finite.
func (e *Executable) badLeaf() (*graph.Value, error) {
	for i, h := range e.args.Inputs {
		if !finite(h.F32) {
			return e.f.Values[e.f.Inputs[i]].Origin, nil
		}
	}
	for i, s := range e.states {
		data := make([]float32, s.size)
		if err := s.front.Read(data); err != nil {
			return nil, err
		}
		if !finite(data) {
			return e.f.Values[e.f.States[i].Value].Origin, nil
		}
	}
	return nil, nil
}

func finite(data []float32) bool {
	for _, x := range data {
		if math.Float32bits(x)&0x7f800000 == 0x7f800000 {
			return false
		}
	}
	return true
}
