package graph

import (
	"fmt"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// ExprSeed is the input that ExprProgram's gradients start from, of the value's shape.
const ExprSeed = "@seed"

// ExprOptions choose a form of ExprProgram.
type ExprOptions struct {
	Gradients bool
	Eval      bool // the evaluation phase; training otherwise
}

// ExprProgram builds one expression over the given fields, with the gradient of the sum
// of its elements times ExprSeed by each float field and weight. Outputs: "value" and
// "grad.<name>"; weights are states under "case.". It is how ops are tested, one by one,
// on every device.
func ExprProgram(expr config.Expr, fields []config.Field, o ExprOptions) (p *Program, diags diag.List, err error) {
	defer recoverBug(&err)
	b := newBuilder(0)
	ev := newEvaluator(b, &config.Config{}, fields, &diags)
	ev.training = !o.Eval
	sc := newScope("case", "case")
	v, ok := ev.eval(expr, sc, nil)
	if !ok {
		return nil, diags, nil
	}
	value, isTensor := v.(*Value)
	if !isTensor {
		return nil, diags, fmt.Errorf("%s is %s, no tensor", config.String(expr), describe(v))
	}
	outputs := []Output{{Name: "value", Value: value}}
	if o.Gradients {
		var names []string
		var wrt []*Value
		for _, f := range fields {
			if in := b.inputs[f.Name]; in != nil && in.DType == F32 {
				names, wrt = append(names, f.Name), append(wrt, in)
			}
		}
		for _, s := range withRole(b.states, Param) {
			names, wrt = append(names, s.Name), append(wrt, s.Value)
		}
		seed := b.input(ExprSeed, F32, value.Shape)
		grads, err := b.grad(value, seed, wrt)
		if err != nil {
			return nil, diags, err
		}
		for i, g := range grads {
			outputs = append(outputs, Output{Name: "grad." + names[i], Value: g})
		}
	}
	return b.program("expr", outputs, nil, nil), diags, nil
}

// OpNames lists everything that can be called, in the table's order.
func OpNames() []string {
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.Name
	}
	return names
}

// OperatorNames lists the operators of tensors, indexing and repetition among them.
func OperatorNames() []string { return append(sortedKeys(operators), "@", "[]", "repeat") }
