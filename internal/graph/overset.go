package graph

import (
	"slices"

	"gotrain/internal/config"
	"gotrain/internal/formula"
)

// A metric that is no mean over samples is computed at the end of a set, from sums over
// it. The evaluation step adds each batch's part to a state; the summary, a program
// without a batch, takes the sums as inputs. So it is exact over the whole set, whatever
// the batch size.

// SetSum is how a summary's input is named: SetSum + NAME is the sum kept in the states
// "eval.NAME" + SumSuffix and LostSuffix.
const SetSum = "set."

// setSum is one such sum.
type setSum struct {
	name  string
	batch *Value // what a batch adds
	total *Value // the sum, as the metric has it
}

// overSet is the sum of batch over the whole set, for a metric.
func (c *call) overSet(batch *Value) (*Value, error) {
	if !c.ev.inMetric {
		return nil, &userError{code: "not-per-sample", text: "is a number of the whole set, which only metrics have", hint: "write it in metrics:"}
	}
	s := setSum{name: c.stream(), batch: batch, total: batch}
	if !c.ev.oneBatch() {
		s.total = c.b.input(SetSum+s.name, F32, batch.Shape)
	}
	c.ev.sets = append(c.ev.sets, s)
	return s.total, nil
}

// oneBatch holds for an inspection: the set is the batch.
func (ev *evaluator) oneBatch() bool { return ev.probes != nil }

// samples is how many there are in the set.
func (ev *evaluator) samples() *Value {
	if ev.oneBatch() {
		return ev.b.batchSize()
	}
	return ev.b.input(InputCount, F32, Shape{})
}

// ofSet reports whether v is computed from sums over the set.
func (ev *evaluator) ofSet(v *Value) bool {
	from := map[*Value]bool{}
	for _, s := range ev.sets {
		from[s.total] = true
	}
	seen := map[*Value]bool{}
	var visit func(v *Value) bool
	visit = func(v *Value) bool {
		if from[v] || seen[v] {
			return from[v]
		}
		seen[v] = true
		return slices.ContainsFunc(v.In, visit)
	}
	return len(from) > 0 && visit(v)
}

// metric evaluates a metric: one number per sample, [B], or a number or a table [n,m] of
// the whole set.
func (ev *evaluator) metric(t *config.Term) (v *Value, whole bool) {
	sc := newScope("metrics."+t.Name, "metrics."+t.Name)
	sc.untrained = "nothing trains in metrics"
	ev.inMetric = true
	x, ok := ev.eval(t.Expr, sc, nil)
	ev.inMetric = false
	if !ok {
		return nil, false
	}
	v, isTensor := x.(*Value)
	if !isTensor || !ev.ofSet(v) {
		return ev.perSample(t, x, sc, "a metric"), false
	}
	if v.Shape.Batched() || len(v.Shape) > 2 {
		d := ev.failf("not-per-sample", t.Expr.Pos(), sc, "a metric of the whole set is a number or a table, and this is %s of each sample", describe(v))
		d.Hint = "avg() of what is of each sample makes it one of the set"
		return nil, false
	}
	ev.b.path = sc.path
	if v.Shape.Size(1) == 1 {
		v = ev.b.reshape(v, Shape{})
	} else if len(v.Shape) == 1 {
		v = ev.b.reshape(v, Shape{1, v.Shape[0]})
	}
	return v, true
}

var opAvg = &opSpec{
	Name: "avg", Group: "metric", Doc: "the mean over the whole set of one number per sample, for metrics: exp(avg(loss)) is the perplexity",
	Params: []param{{Name: "x", Kind: tensorArg, Doc: "one number per sample"}},
	Build: func(c *call) (any, error) {
		x := c.tensor("x")
		if !x.Shape.Batched() || elements(userShape(x)) != 1 || c.ev.ofSet(x) {
			return nil, &userError{code: "not-per-sample", text: "is of one number per sample, and this is " + describe(x), hint: "write sum() or mean() of it"}
		}
		sum, err := c.overSet(c.b.sumAll(x))
		if err != nil {
			return nil, err
		}
		return c.b.mapOp("avg", formula.Binary((*formula.Builder).Div), sum, c.ev.samples()), nil
	},
}
