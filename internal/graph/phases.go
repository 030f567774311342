package graph

import (
	"fmt"

	"gotrain/internal/formula"
)

// TrainOptions choose a form of the training step.
type TrainOptions struct {
	Clip Clip
	// Part says which step of an accumulation window is built.
	Part Part
	// RecordedNoise makes draws inputs called "noise/<stream>", for comparisons.
	RecordedNoise bool
}

// Part is a step of an accumulation window. The gradient of a window is the mean over
// all its samples: every step is told their number (InputCount), so a short window is
// divided by its true count.
type Part uint8

// The parts.
const (
	WholeStep  Part = iota // the only step of its window: gradients, then the update
	Accumulate             // adds its gradients to the window's; no update
	LastStep               // adds the window's gradients to its own, updates, empties the window
)

// Train builds a training step. Outputs: "loss" and "loss.<term>", means over the window
// so far. A step whose loss or new state is not finite has guard 0.
func (m *Model) Train(o TrainOptions) (*Program, error) {
	if len(m.cfg.Loss) == 0 || m.optimizer == nil {
		return nil, ErrNoPart
	}
	return m.build(o.RecordedNoise, func(ev *evaluator) *Program { return m.train(ev, o) })
}

func (m *Model) train(ev *evaluator, o TrainOptions) *Program {
	b := ev.b
	ev.training = true
	total, names, terms := ev.lossTerms()
	params := withRole(b.states, Param)
	next := map[*State]*Value{}

	b.path = "loss"
	perSample := b.mapOp("mean", reciprocal, b.input(InputCount, F32, Shape{}))
	seed := b.mapTo("broadcast", total.Shape, formula.Identity(), perSample)
	wrt := make([]*Value, len(params))
	for i, p := range params {
		wrt[i] = p.Value
	}
	grads, err := b.grad(total, seed, wrt)
	if err != nil {
		bug("%v", err)
	}

	b.path = "loss"
	outputs := []Output{{Name: "loss", Value: b.windowMean("loss", total, perSample, o.Part, next)}}
	b.epochSum("train.loss", b.sumAll(total), next)
	for i, v := range terms {
		outputs = append(outputs, Output{Name: "loss." + names[i], Value: b.windowMean("loss."+names[i], v, perSample, o.Part, next)})
		b.epochSum("train.loss."+names[i], b.sumAll(v), next)
	}
	check := ev.moveBuffers(next, b.mapOp("finite", notFinite, outputs[0].Value))

	b.path = "optimizer"
	if o.Part != WholeStep {
		for i, p := range params {
			acc := b.state("grad."+p.Name, Accumulator, p.Value.Shape, Init{})
			grads[i] = b.add2(acc.Value, grads[i])
			next[acc] = b.fill(0, p.Value.Shape)
			if o.Part == Accumulate {
				next[acc] = grads[i]
				check = b.add2(check, b.sumAll(b.mapOp("finite", notFinite, grads[i])))
			}
		}
	}
	name := "train"
	if o.Part == Accumulate {
		name = "accumulate"
	} else {
		check = b.update(m, o.Clip, params, grads, next, check)
	}
	guard := b.mapOp("guard", isZero, check)
	return b.program(name, outputs, next, guard)
}

// update clips, steps every parameter, and extends check by its new state.
func (b *builder) update(m *Model, clip Clip, params []*State, grads []*Value, next map[*State]*Value, check *Value) *Value {
	grads = b.clip(clip, grads)
	lr := b.input(InputLR, F32, Shape{})
	shared := map[string]*Value{}
	for i, p := range params {
		b.path = "optimizer." + p.Name
		u := &update{b: b, args: m.args, param: p, grad: grads[i], lr: lr, next: map[*State]*Value{}, shared: shared}
		next[p] = m.optimizer.Update(u)
		fresh := []*Value{next[p]}
		for _, s := range b.states { // in order: the map has none
			if v, ok := u.next[s]; ok {
				next[s] = v
				if s.Value.Shape.Equal(p.Value.Shape) {
					fresh = append(fresh, v)
				}
			}
		}
		check = b.add2(check, b.sumAll(b.mapOp("finite", notFiniteSum(len(fresh)), fresh...)))
	}
	return check
}

var (
	reciprocal = formula.Unary(func(b *formula.Builder, n formula.Ref) formula.Ref { return b.Div(b.Const(1), n) })
	isZero     = formula.Unary(func(b *formula.Builder, x formula.Ref) formula.Ref { return b.Equal(x, b.Const(0)) })
	// notFinite is x - x: 0 where x is finite, NaN where it is not. Sums of it stay NaN.
	notFinite = notFiniteSum(1)
)

func notFiniteSum(n int) *formula.Formula {
	return formula.New(n, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		sum := b.Sub(in[0], in[0])
		for _, x := range in[1:] {
			sum = b.Add(sum, b.Sub(x, x))
		}
		return sum
	})
}

// windowMean is the mean of v over the samples of the accumulation window up to here.
func (b *builder) windowMean(name string, v, perSample *Value, part Part, next map[*State]*Value) *Value {
	mean := b.mapOp("mean", formula.Binary((*formula.Builder).Mul), b.sumAll(v), perSample)
	if part == WholeStep {
		return mean
	}
	acc := b.state("window."+name, Accumulator, Shape{}, Init{})
	mean = b.add2(acc.Value, mean)
	if part == Accumulate {
		next[acc] = mean
	} else {
		next[acc] = b.fill(0, Shape{})
	}
	return mean
}

// epochSum adds batch to a running sum over the epoch, by Kahan's compensated
// summation: ten thousand batches cost no more digits than one.
func (b *builder) epochSum(name string, batch *Value, next map[*State]*Value) {
	sum := b.state(name+SumSuffix, Metric, batch.Shape, Init{})
	lost := b.state(name+LostSuffix, Metric, batch.Shape, Init{})
	next[sum] = b.mapOp("sum", kahanSum, sum.Value, lost.Value, batch)
	next[lost] = b.mapOp("sum", kahanLost, sum.Value, lost.Value, batch)
}

// An epoch's sum of a metric is state <name>.sum minus state <name>.lost, in float64.
const (
	SumSuffix  = ".sum"
	LostSuffix = ".lost"
)

var (
	kahanSum = formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		return b.Add(in[0], b.Sub(in[2], in[1]))
	})
	kahanLost = formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		y := b.Sub(in[2], in[1])
		return b.Sub(b.Sub(b.Add(in[0], y), in[0]), y)
	})
)

// Eval builds an evaluation step over a labelled batch: it adds to the sums of states
// "eval.loss" (where there is a loss), "eval.<metric>" and what the summary needs. Its
// outputs are the first two. It has no guard: a loss that is not finite is to be seen.
func (m *Model) Eval() (*Program, error) {
	eval, _, err := m.evaluation()
	return eval, err
}

// Summary builds what gives the metrics that are of the whole set, once all batches have
// been added: see SetSum for its inputs; InputCount is the number of samples.
func (m *Model) Summary() (*Program, error) {
	_, summary, err := m.evaluation()
	return summary, err
}

func (m *Model) evaluation() (eval, summary *Program, err error) {
	if len(m.cfg.Loss) == 0 && len(m.cfg.Metrics) == 0 {
		return nil, nil, ErrNoPart
	}
	eval, err = m.build(false, func(ev *evaluator) *Program {
		next := map[*State]*Value{}
		var outputs, whole []Output
		add := func(name string, v *Value) {
			sum := ev.b.sumAll(v)
			outputs = append(outputs, Output{Name: name, Value: sum})
			ev.b.epochSum("eval."+name, sum, next)
		}
		if total, _, _ := ev.lossTerms(); total != nil {
			ev.loss = total
			add("loss", total)
		}
		for _, t := range m.cfg.Metrics {
			if v, ofSet := ev.metric(t); ofSet {
				whole = append(whole, Output{Name: t.Name, Value: v})
			} else {
				add(t.Name, v)
			}
		}
		for _, s := range ev.sets {
			ev.b.epochSum("eval."+s.name, s.batch, next)
		}
		summary = ev.b.program("summary", whole, nil, nil)
		return ev.b.program("eval", outputs, next, nil)
	})
	return eval, summary, err
}

// Predict builds the program of one predict output, whose only Output has its name.
func (m *Model) Predict(name string) (*Program, error) {
	for _, t := range m.cfg.Predict {
		if t.Name == name {
			return m.build(false, func(ev *evaluator) *Program {
				return ev.b.program("predict."+name, []Output{{Name: name, Value: ev.predict(t)}}, nil, nil)
			})
		}
	}
	return nil, fmt.Errorf("%w: no output %q", ErrNoPart, name)
}
