package graph

import (
	"fmt"
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/formula"
)

// Inspected is one value of an inspection.
type Inspected struct {
	Name    string
	Shape   []int  // as the user writes it; of a value that is no constant
	Batched bool   // there is one row a sample
	Const   string // of a constant: what it is; it has no output
}

// Inspect builds the program that shows named values of an evaluation, one output each, in
// the order asked for. A name is a data field, a value of model, a net or block (its result
// at its first call), a path as diagnostics have it (model.encoder[2], after the second
// step), loss, loss.TERM, metrics.NAME, predict.NAME, or any expression over these. No
// names are all but the steps. The program is nil where a name is wrong.
func (m *Model) Inspect(names []string) (p *Program, values []Inspected, diags diag.List, err error) {
	defer recoverBug(&err)
	ev := newEvaluator(newBuilder(m.cfg.Seed), m.cfg, m.fields, &diags)
	ev.probes = map[string]any{}
	terms := ev.evaluateAll()
	if diags.HasErrors() {
		return nil, nil, diags, fmt.Errorf("graph: a checked config failed to build: %w", diags.Err())
	}
	if len(names) == 0 {
		names = ev.inspectable()
	}
	var outputs []Output
	for _, name := range names {
		before := len(diags.Items)
		v, ok := ev.inspected(name, terms)
		for i := range diags.Items[before:] {
			diags.Items[before+i].Origin, diags.Items[before+i].Pos = name, diag.Pos{}
		}
		if !ok {
			continue
		}
		parts, many := v.(tuple)
		if !many {
			parts = tuple{v}
		}
		for i, part := range parts {
			label := name
			if many {
				label = fmt.Sprintf("%s (%d of %d)", name, i+1, len(parts))
			}
			x, isTensor := part.(*Value)
			if !isTensor {
				values = append(values, Inspected{Name: label, Const: describe(part)})
				continue
			}
			values = append(values, Inspected{Name: label, Shape: userShape(x), Batched: x.Shape.Batched()})
			outputs = append(outputs, Output{Name: label, Value: ev.b.mapOp("inspect", formula.Identity(), x)})
		}
	}
	if diags.HasErrors() {
		return nil, nil, diags, nil
	}
	return ev.b.program("inspect", outputs, nil, nil), values, diags, nil
}

// evaluateAll evaluates the whole config and gives its terms by path.
func (ev *evaluator) evaluateAll() map[string]any {
	terms := map[string]any{}
	total, names, values := ev.lossTerms()
	if total != nil {
		ev.loss, terms["loss"] = total, total
	}
	for i, name := range names {
		terms["loss."+name] = values[i]
	}
	for _, t := range ev.cfg.Metrics {
		terms["metrics."+t.Name], _ = ev.metric(t)
	}
	for _, t := range ev.cfg.Predict {
		terms["predict."+t.Name] = ev.predict(t)
	}
	for _, d := range ev.cfg.Model {
		if d.Net == nil {
			ev.global(ev.values[d.Names[0]], d.Names[0], d.Pos, &scope{path: d.Path})
		}
	}
	return terms
}

// inspectable lists the fields, values, called nets and terms of the config.
func (ev *evaluator) inspectable() []string {
	names := sortedKeys(ev.fields)
	for _, d := range ev.cfg.Model {
		if d.Net == nil {
			names = append(names, d.Names...)
		} else if _, called := ev.probes[d.Net.Path]; called {
			names = append(names, d.Net.Name)
		}
	}
	if len(ev.cfg.Loss) > 0 {
		names = append(names, "loss")
	}
	for _, terms := range [][]*config.Term{ev.cfg.Loss, ev.cfg.Metrics, ev.cfg.Predict} {
		for _, t := range terms {
			if t.Name != "" {
				names = append(names, t.Path)
			}
		}
	}
	return names
}

// inspected finds or evaluates what a name stands for.
func (ev *evaluator) inspected(name string, terms map[string]any) (any, bool) {
	if v, ok := terms[name]; ok {
		return v, true
	}
	if v, ok := ev.probes[name]; ok {
		return v, true
	}
	for _, n := range []map[string]*config.Net{ev.nets, ev.blocks} {
		if net, ok := n[name]; ok {
			v, called := ev.probes[net.Path]
			if !called {
				ev.failf("no-value", diag.Pos{}, &scope{path: net.Path}, "nothing calls %q: it has no result to show", name).Hint = "call it: \"" + name + "(x)\""
			}
			return v, called
		}
	}
	if near := ev.nearestPath(name, terms); near != "" {
		ev.failf("unknown-name", diag.Pos{}, &scope{}, "there is no %s", name).Hint = near
		return nil, false
	}
	e, l := config.ParseExpr(name, diag.Pos{})
	ev.diags.Append(l)
	if l.HasErrors() {
		return nil, false
	}
	sc := newScope("inspect", "inspect")
	sc.untrained = "no training has made"
	return ev.eval(e, sc, nil)
}

// nearestPath is the hint for a path or a term that is none; "" for what is no path.
func (ev *evaluator) nearestPath(name string, terms map[string]any) string {
	section, _, dotted := strings.Cut(name, ".")
	switch {
	case !dotted:
		return ev.undotted(name, terms)
	case section == "model" || section == "blocks":
		known := sortedKeys(ev.probes)
		return hintOf(name, known, "(steps of a pipeline: "+strings.Join(known[:min(len(known), manyNames)], ", ")+")")
	case section == "loss" || section == "metrics" || section == "predict":
		known := sortedKeys(terms)
		return hintOf(name, known, "(there are: "+strings.Join(known, ", ")+")")
	}
	return ""
}

// undotted is the hint for a term of a section that is named without it: acc for
// metrics.acc. A name that stands for something else means that.
func (ev *evaluator) undotted(name string, terms map[string]any) string {
	if slices.Contains(ev.visible(&scope{}), name) || reserved(name) {
		return ""
	}
	for _, section := range []string{"metrics.", "predict.", "loss."} {
		if _, ok := terms[section+name]; ok {
			return "did you mean " + section + name + "?"
		}
	}
	return ""
}

// manyNames is how many names a hint lists.
const manyNames = 12

func hintOf(name string, known []string, list string) string {
	if near := diag.Suggest(name, known); near != "" {
		return "did you mean " + near + "?  " + list
	}
	return list
}

// probe keeps the first value that was made at a path, for Inspect.
func (ev *evaluator) probe(path string, v any) {
	if ev.probes == nil {
		return
	}
	if _, again := ev.probes[path]; !again {
		ev.probes[path] = v
	}
}
