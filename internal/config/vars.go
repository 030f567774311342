package config

import (
	"fmt"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"gotrain/internal/diag"
)

var varKeys = []string{"default", "range", "choices", "log", "help"}

// vars decodes the vars section and sets those that the command line names.
func (d *document) vars(n *yaml.Node, overrides []Override) []Var {
	var out []Var
	for _, e := range d.entries(n, "vars") {
		path := "vars." + e.key
		switch {
		case !isIdentifier(e.key):
			d.failf("bad-name", e.node, path, "%q is no name: letters, digits and _, not a digit first", e.key)
			continue
		case slices.Contains(reservedFlags(), e.key):
			d.failf("reserved-name", e.node, path, "var %q has the name of a flag", e.key).Hint = "call it otherwise: a var is a flag of its own"
			continue
		}
		v := Var{Name: e.key, Pos: d.pos(e.node)}
		earlier := func(name string) (Value, bool) { // hidden: ${4*latent}
			i := slices.IndexFunc(out, func(v Var) bool { return v.Name == name })
			if i < 0 {
				return nil, false
			}
			return out[i].Value, true
		}
		if !d.decodeVar(&v, e, path, earlier) {
			continue
		}
		for _, o := range overrides {
			if o.Path[1] == v.Name {
				d.setVar(&v, o)
				d.rewriteVar(n, v, o)
			}
		}
		out = append(out, v)
	}
	return out
}

func noVars(string) (Value, bool) { return nil, false }

func (d *document) decodeVar(v *Var, e entry, path string, earlier func(string) (Value, bool)) bool {
	value := real(e.value)
	if value.Kind != yaml.MappingNode {
		x, ok := d.scalar(value, path, earlier)
		v.Value, v.Default = x, x
		return ok && d.flat(x, value, path)
	}
	keys := d.section(value, path, varKeys, nil)
	def, ok := keys["default"]
	if !ok {
		d.failf("missing-value", e.node, path, "var %q has no default", v.Name)
		return false
	}
	x, ok := d.scalar(def.value, path+".default", earlier)
	if !ok || !d.flat(x, def.value, path) {
		return false
	}
	v.Value, v.Default = x, x
	if h, ok := keys["help"]; ok {
		v.Help = h.value.Value
	}
	if l, ok := keys["log"]; ok {
		v.Log, _ = d.boolean(l, path+".log")
	}
	if c, ok := keys["choices"]; ok {
		items, _ := d.scalar(c.value, path+".choices", noVars)
		if v.Choices, ok = items.([]Value); !ok || len(v.Choices) == 0 {
			d.failf("wrong-type", c.value, path, "choices is a list of values")
		}
	}
	if r, ok := keys["range"]; ok {
		items, _ := d.scalar(r.value, path+".range", noVars)
		ends, _ := items.([]Value)
		if len(ends) == 2 {
			lo, okLo := asFloat(ends[0])
			hi, okHi := asFloat(ends[1])
			if okLo && okHi && lo <= hi {
				v.Range = []float64{lo, hi}
			}
		}
		if v.Range == nil {
			d.failf("wrong-type", r.value, path, "range is two numbers, the smaller first")
		}
	}
	if fault := v.allows(v.Default); fault != "" {
		d.failf("bad-value", def.value, path, "the default of %q %s", v.Name, fault)
	}
	return true
}

// flat refuses lists within lists.
func (d *document) flat(v Value, n *yaml.Node, path string) bool {
	items, _ := v.([]Value)
	for _, x := range items {
		if _, nested := x.([]Value); nested {
			d.failf("wrong-type", n, path, "a var is a scalar or a list of scalars")
			return false
		}
	}
	return true
}

// setVar gives a var the value of a flag, of the default's type.
func (d *document) setVar(v *Var, o Override) {
	fault := func(format string, args ...any) {
		g := d.diags.Errorf("bad-value", diag.Pos{}, format, args...)
		g.Path, g.Origin = "vars."+v.Name, o.Origin
	}
	if _, isText := v.Default.(string); isText {
		x, _ := d.flagText(o)
		if wrong := v.allows(x); wrong != "" {
			fault("%s = %s %s", v.Name, o.Text, wrong)
			return
		}
		v.Value, v.Origin = x, o.Origin
		return
	}
	text := o.Text
	if _, isList := v.Default.([]Value); isList && !strings.HasPrefix(strings.TrimSpace(text), "[") {
		text = "[" + text + "]"
	}
	var before int = len(d.diags.Items)
	x, ok := d.scalar(d.flagNode(Override{Text: text, Origin: o.Origin}), "vars."+v.Name, noVars)
	if !ok {
		d.diags.Items = d.diags.Items[:before]
		fault("%s expected %s, found %q", v.Name, typeName(v.Default), o.Text)
		return
	}
	x, ok = like(v.Default, x)
	if !ok {
		fault("%s expected %s, found %q", v.Name, typeName(v.Default), o.Text)
		return
	}
	if wrong := v.allows(x); wrong != "" {
		fault("%s = %v %s", v.Name, o.Text, wrong)
		return
	}
	v.Value, v.Origin = x, o.Origin
}

// flagText is a flag's value for a var of text: as written, whatever YAML would make of
// it (007, 1e3, null), save that quotes are taken off.
func (d *document) flagText(o Override) (string, *yaml.Node) {
	n := d.flagNode(o)
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 {
		n = &yaml.Node{Kind: yaml.ScalarNode, Value: o.Text}
	}
	n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	d.origins[n] = o.Origin
	return n.Value, n
}

// fractions makes whole numbers fractions, so that a var of fractions stays one.
func fractions(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" && allDigits(strings.TrimLeft(n.Value, "+-")) {
		n.Tag, n.Value = "!!float", n.Value+".0"
	}
	for _, c := range n.Content {
		fractions(c)
	}
}

// rewriteVar puts the new value in the tree, for the resolved config.
func (d *document) rewriteVar(section *yaml.Node, v Var, o Override) {
	old := child(real(section), v.Name)
	if old == nil {
		return
	}
	fresh := d.flagNode(o)
	wantsFractions := false
	switch def := v.Default.(type) {
	case string:
		_, fresh = d.flagText(o)
	case float64:
		wantsFractions = true
	case []Value:
		if fresh.Kind != yaml.SequenceNode {
			fresh = d.flagNode(Override{Text: "[" + o.Text + "]", Origin: o.Origin})
		}
		if len(def) > 0 {
			_, wantsFractions = def[0].(float64)
		}
	}
	if wantsFractions {
		fractions(fresh)
	}
	if old = real(old); old.Kind == yaml.MappingNode {
		if def := child(old, "default"); def != nil {
			replace(old, def, fresh)
		}
		return
	}
	replace(real(section), child(real(section), v.Name), fresh)
}

// like converts x to the type of the default: whole numbers serve where fractions are due.
func like(def, x Value) (Value, bool) {
	switch want := def.(type) {
	case float64:
		f, ok := asFloat(x)
		return f, ok
	case int64:
		i, ok := x.(int64)
		return i, ok
	case bool:
		b, ok := x.(bool)
		return b, ok
	case string:
		if s, ok := x.(string); ok {
			return s, true
		}
		return fmt.Sprint(x), true
	case []Value:
		items, ok := x.([]Value)
		if !ok || len(want) == 0 {
			return x, ok
		}
		out := make([]Value, len(items))
		for i := range items {
			if out[i], ok = like(want[0], items[i]); !ok {
				return nil, false
			}
		}
		return out, true
	}
	return x, true
}

func typeName(v Value) string {
	switch x := v.(type) {
	case float64:
		return "a number"
	case int64:
		return "a whole number"
	case bool:
		return "true or false"
	case []Value:
		if len(x) > 0 {
			return "a list, each " + typeName(x[0])
		}
		return "a list"
	}
	return "a text"
}

// allows says why a value is not in the var's range or choices; "" where it is.
func (v *Var) allows(x Value) string {
	if v.Choices != nil && !slices.ContainsFunc(v.Choices, func(c Value) bool { return equal(c, x) }) {
		return fmt.Sprintf("is none of %v", v.Choices)
	}
	if f, ok := asFloat(x); ok && v.Range != nil && (f < v.Range[0] || f > v.Range[1]) {
		return fmt.Sprintf("is not from %v to %v", v.Range[0], v.Range[1])
	}
	return ""
}

// VarNames lists the vars in file order.
func (c *Config) VarNames() []string {
	var names []string
	for _, v := range c.Vars {
		names = append(names, v.Name)
	}
	return names
}

// reservedFlags are the flags of all commands: no var may take their names.
func reservedFlags() []string {
	names := []string{
		"help", "version", "json", "seed", "name", "ckpt_path", "output", "n", "grid", "out", "feed", "sort", "resolved",
		"origins", "lowered", "dump", "graph", "max_restarts", "timeout", "kernels", "steps", "early_stop",
	}
	for _, f := range TrainerFlags {
		names = append(names, f.Name)
	}
	return names
}
