package graph

import (
	"fmt"
	"strings"

	"gotrain/internal/diag"
)

// checkTrained refuses a training that no weight takes part in, and warns of the weights
// that take none: those that only metrics and predictions have, and those of the loss that
// its gradient does not reach.
func (ev *evaluator) checkTrained(total *Value, inLoss, others []*State) {
	moved := ev.b.reached(total)
	params := withRole(inLoss, Param)
	var still []string
	for _, s := range params {
		if !moved[s.Value.ID] {
			still = append(still, s.Name)
		}
	}
	switch {
	case len(still) == len(params) && ev.cfg.Optimizer != nil:
		text, hint := "nothing trains: the loss has no weights", "the loss is of values of the model: dense, conv and their like have weights"
		if len(params) > 0 {
			text, hint = "nothing trains: no gradient of the loss reaches any weight", noGradient
		}
		ev.failf("nothing-trains", ev.cfg.Loss[0].Expr.Pos(), &scope{path: "loss"}, "%s", text).Hint = hint
	case len(still) > 0:
		names := strings.Join(still[:min(len(still), manyNames)], ", ")
		if more := len(still) - manyNames; more > 0 {
			names += fmt.Sprintf(" and %d more", more)
		}
		w := ev.diags.Warnf("untrained-weights", diag.Pos{File: ev.cfg.File}, "no gradient of the loss reaches the weights %s: they are never trained", names)
		w.Hint = noGradient
	}
	for _, s := range withRole(others, Param) {
		ev.note(diag.Pos{File: ev.cfg.File}, "untrained-weights", "the weights %s do not reach the loss: they are never trained", s.Name)
	}
}

const noGradient = "comparisons and stop_grad pass no gradient on"

// reached marks, by ID, the values that a gradient from y flows to.
func (b *builder) reached(y *Value) []bool {
	out := make([]bool, len(b.values))
	out[y.ID] = true
	for id := y.ID; id >= 0; id-- {
		if !out[id] {
			continue
		}
		v := b.values[id]
		for i, flows := range b.differentiable(v) {
			if flows {
				out[v.In[i].ID] = true
			}
		}
	}
	return out
}
