package graph

import (
	"errors"
	"fmt"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// Model is a checked config: every name, shape and type holds. It builds the programs of
// a run, each on its own.
type Model struct {
	cfg       *config.Config
	fields    []config.Field
	optimizer *optimizerSpec
	feeds     map[string]config.Expr // see Feed
	args      map[string]any

	// LossTerms are the named terms of the loss; empty where it is one expression.
	LossTerms []string
	// MetricNames and PredictNames are those sections' keys, in file order.
	MetricNames []string
	TableNames  []string // metrics that are tables
	// UsesProgress is whether a loss, metric or prediction reads progress, first at ProgressPos.
	UsesProgress bool
	ProgressPos  diag.Pos
	PredictNames []string
}

// ErrNoPart says that a config lacks the section that a program is built from.
var ErrNoPart = errors.New("the config has no such section")

// Check finds every fault of a config that takes shapes to see. The Model is nil where
// there are errors, or data of which no field is known: that is the source's fault, and
// reported where it was found. Warnings come either way.
func Check(cfg *config.Config, fields []config.Field) (m *Model, diags diag.List, err error) {
	defer recoverBug(&err)
	m = &Model{cfg: cfg, fields: fields}
	ev := newEvaluator(newBuilder(cfg.Seed), cfg, fields, &diags)
	ev.checkShadowing()
	ev.checkNames()
	ev.checkDefaults()
	ev.checkLogged()
	ev.training = true // the larger of the phases
	total, _, _ := ev.lossTerms()
	trained := len(ev.b.states)
	ev.loss = total
	for _, t := range cfg.Metrics {
		if v, _ := ev.metric(t); v != nil && len(v.Shape) == 2 {
			m.TableNames = append(m.TableNames, t.Name)
			continue
		}
		m.MetricNames = append(m.MetricNames, t.Name)
	}
	for _, t := range cfg.Predict {
		ev.predict(t)
		m.PredictNames = append(m.PredictNames, t.Name)
	}
	for _, t := range cfg.Loss {
		if t.Name != "" {
			m.LossTerms = append(m.LossTerms, t.Name)
		}
	}
	if total != nil && len(cfg.Optimizers) == 0 {
		ev.checkTrained(total, ev.b.states[:trained], ev.b.states[trained:])
	}
	ev.checkOptimizers()
	_, m.UsesProgress = ev.b.inputs[InputProgress]
	m.ProgressPos = ev.progress
	ev.checkUnused()
	ev.losses.lint(ev)
	m.optimizer, m.args = checkOptimizer(cfg.Optimizer, &diags)
	if !diags.HasErrors() && !ev.fieldsUnknown() {
		ev.checkNoDecay(cfg.Optimizer, m.args)
	}
	if diags.HasErrors() || ev.fieldsUnknown() {
		return nil, diags, nil
	}
	return m, diags, nil
}

// checkLogged refuses names whose curves would be another's: "loss" is the total.
func (ev *evaluator) checkLogged() {
	for _, terms := range [][]*config.Term{ev.cfg.Loss, ev.cfg.Metrics} {
		for _, t := range terms {
			if t.Name == "loss" {
				ev.failf("shadowed", t.Pos, &scope{path: t.Path}, "%s would be logged where the total loss is", t.Path).Hint = "call it otherwise"
			}
		}
	}
}

// checkUnused evaluates the model values that nothing uses, for their faults, and warns.
func (ev *evaluator) checkUnused() {
	for _, d := range ev.cfg.Model {
		if d.Net != nil {
			continue
		}
		g := ev.values[d.Names[0]]
		if g == nil || g.def != d || g.used {
			continue
		}
		ev.global(g, d.Names[0], d.Pos, &scope{path: d.Path})
		if g.state == done {
			w := ev.diags.Warnf("unused-value", d.Pos, "nothing uses %q: it is not computed", strings.Join(d.Names, ", "))
			w.Path = d.Path
		}
	}
}

// lossTerms evaluates the loss: the total and the named terms, each [B]. total is nil
// where there is no loss or it is faulty.
func (ev *evaluator) lossTerms() (total *Value, names []string, terms []*Value) {
	ok := len(ev.cfg.Loss) > 0
	for _, t := range ev.cfg.Loss {
		path, name := "loss", "loss"
		if t.Name != "" {
			path, name = "loss."+t.Name, "loss."+t.Name
		}
		v := ev.perSampleTerm(t, newScope(path, name), "a loss")
		if v == nil {
			ok = false
			continue
		}
		names, terms = append(names, t.Name), append(terms, v)
	}
	if !ok {
		return nil, nil, nil
	}
	total = terms[0]
	ev.b.path = "loss"
	for _, v := range terms[1:] {
		total = ev.b.add2(total, v)
	}
	if len(terms) == 1 && names[0] == "" {
		names, terms = nil, nil
	}
	return total, names, terms
}

// perSampleTerm evaluates a term that must be one number per sample, and gives it as [B].
func (ev *evaluator) perSampleTerm(t *config.Term, sc *scope, what string) *Value {
	v, ok := ev.eval(t.Expr, sc, nil)
	if !ok {
		return nil
	}
	return ev.perSample(t, v, sc, what)
}

// perSample checks that v is one number per sample, and gives it as [B].
func (ev *evaluator) perSample(t *config.Term, v any, sc *scope, what string) *Value {
	x, isTensor := v.(*Value)
	if !isTensor || !x.Shape.Batched() || elements(userShape(x)) != 1 || len(userShape(x)) > 1 {
		d := ev.failf("not-per-sample", t.Expr.Pos(), sc, "%s is one number per sample, and this is %s", what, describe(v))
		d.Hint = "write sum() or mean() of it"
		return nil
	}
	ev.b.path = sc.path
	return ev.b.reshape(x, Shape{-1})
}

func (ev *evaluator) predict(t *config.Term) *Value {
	sc := newScope("predict."+t.Name, "predict."+t.Name)
	sc.untrained = "nothing trains in predict"
	v, ok := ev.eval(t.Expr, sc, nil)
	if !ok {
		return nil
	}
	x, isTensor := v.(*Value)
	if !isTensor || !x.Shape.Batched() {
		ev.failf("not-per-sample", t.Expr.Pos(), sc, "a prediction is a tensor with one row per sample, and this is %s", describe(v))
		return nil
	}
	return x
}

// LR is the optimizer's learning rate; 0 without an optimizer.
func (m *Model) LR() float64 {
	lr, _ := m.args["lr"].(float64)
	return lr
}

// build runs f on a fresh evaluator. The config has been checked: a fault now is a bug.
func (m *Model) build(recordedNoise bool, f func(ev *evaluator) *Program) (p *Program, err error) {
	defer recoverBug(&err)
	var diags diag.List
	b := newBuilder(m.cfg.Seed)
	b.recordedNoise = recordedNoise
	ev := newEvaluator(b, m.cfg, m.fields, &diags)
	ev.feeds = m.feeds
	p = f(ev)
	if diags.HasErrors() {
		return nil, fmt.Errorf("graph: a checked config failed to build: %w", diags.Err())
	}
	return p, nil
}

// recoverBug turns the panics of this package's invariants, and gorgonia's, into errors.
// It is one of the two places where gorgonia's panics end; the other is symbol.Do.
func recoverBug(err *error) {
	switch r := recover().(type) {
	case nil:
	case bugError:
		*err = r
	case error:
		*err = fmt.Errorf("graph: panic while building: %w", r)
	default:
		*err = fmt.Errorf("graph: panic while building: %v", r)
	}
}
