package config

import (
	"strings"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// expr parses a scalar as an expression, or a block list as its items joined by "->".
func (d *document) expr(n *yaml.Node, path string) Expr {
	n = real(n)
	switch n.Kind {
	case yaml.ScalarNode:
		return d.scalarExpr(n, path)
	case yaml.SequenceNode:
		return d.steps(n, path)
	}
	if n.Style&yaml.FlowStyle != 0 {
		d.failf("cut-expression", n, path, "an expression cannot start with {").Hint = "quote it"
		return nil
	}
	d.failf("wrong-type", n, path, "%s is an expression, and this is %s", path, kindName(n))
	return nil
}

func (d *document) scalarExpr(n *yaml.Node, path string) Expr {
	if n.ShortTag() == "!!null" {
		d.failf("missing-value", n, path, "%s has no expression", path)
		return nil
	}
	e, diags := parseExpr(n.Value, d.place(n))
	for _, g := range diags.Items {
		g.Path, g.Origin = path, d.origins[n]
		if g.Code == "unbalanced" && d.inFlow(n) {
			g.Code, g.Text = "cut-expression", "an expression was cut by YAML at the comma: only "+n.Value+" is left"
			g.Hint = "put it on its own line, or quote it"
		} else if n.Anchor != "" && g.Hint == "" {
			g.Hint = "YAML took &" + n.Anchor + " for an anchor: quote the expression: " + quoted("&"+n.Anchor+" "+n.Value)
		} else if d.commentAfter(n) && strings.Contains(g.Text, "found the end") {
			g.Hint = "YAML takes ' #' for the start of a comment: quote the expression if it is none"
		}
		d.diags.Add(g)
	}
	return e
}

// commentAfter reports whether a comment follows a plain scalar that lies on one line.
func (d *document) commentAfter(n *yaml.Node) bool {
	lines := d.in(n).lines
	if n.Style != 0 || n.Line == 0 || n.Line > len(lines) {
		return false
	}
	line := []rune(lines[n.Line-1])
	from := n.Column - 1 + utf8.RuneCountInString(n.Value)
	return from < len(line) && strings.HasPrefix(strings.TrimLeft(string(line[from:]), " "), "#")
}

// inFlow reports whether a plain scalar stands inside [] or {} on its line, where a comma
// ends it.
func (d *document) inFlow(n *yaml.Node) bool {
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 || n.Line == 0 || n.Line > len(d.in(n).lines) {
		return false
	}
	line := []rune(d.in(n).lines[n.Line-1])
	before := string(line[:min(n.Column-1, len(line))])
	return strings.Count(before, "{") > strings.Count(before, "}") || strings.Count(before, "[") > strings.Count(before, "]")
}

// steps joins the items of a block list: one step a line. A flow list is no pipeline: it
// is how YAML reads `[image, conv(64, 3)]`, cut at each comma.
func (d *document) steps(n *yaml.Node, path string) Expr {
	if n.Style&yaml.FlowStyle != 0 {
		d.failf("cut-expression", n, path, "an expression was cut by YAML at the comma: [ starts a list here").Hint = "quote it, or write the steps one a line, each after a dash"
		return nil
	}
	var out Expr
	for i, item := range n.Content {
		e := d.expr(item, path)
		switch {
		case e == nil:
			return nil
		case i == 0:
			out = e
		default:
			out = joined(out, e)
		}
	}
	return out // YAML writes an empty list as [] only
}

// joined is x -> e, with e's own steps after it.
func joined(x, e Expr) Expr {
	p, ok := x.(*Pipe)
	if !ok {
		p = &Pipe{Head: x}
		p.At = x.Pos()
	}
	if q, ok := e.(*Pipe); ok {
		p.Steps = append(p.Steps, q.Head)
		p.Steps = append(p.Steps, q.Steps...)
		return p
	}
	p.Steps = append(p.Steps, e)
	return p
}

// body decodes an expression, or a map of locals that ends in return.
func (d *document) body(n *yaml.Node, path string) (Body, bool) {
	n = real(n)
	if n.Kind != yaml.MappingNode {
		e := d.expr(n, path)
		return Body{Return: e}, e != nil
	}
	var b Body
	ok := true
	seen := map[string]bool{}
	for _, e := range d.entries(n, path) {
		var x Expr
		if e.key == "return" && real(e.value).Style&yaml.FlowStyle != 0 { // several results: [mu, logvar]
			x = d.listExpr(e.value, path+"."+e.key)
		} else {
			x = d.expr(e.value, path+"."+e.key)
		}
		ok = ok && x != nil
		if e.key == "return" {
			b.Return = x
			continue
		}
		if b.Return != nil {
			d.failf("after-return", e.node, path, "%q stands after return: nothing uses it", e.key)
		}
		names := d.names(e, path)
		for _, name := range names {
			if seen[name] {
				d.failf("duplicate-key", e.node, path, "%q is defined twice", name)
			}
			seen[name] = true
		}
		b.Locals = append(b.Locals, &Local{Names: names, Pos: d.pos(e.node), Expr: x})
	}
	if _, has := seen["return"]; !has && b.Return == nil && ok {
		d.failf("missing-value", n, path, "%s has no return", path).Hint = "a body of several lines ends in `return: …`"
		return b, false
	}
	return b, ok
}

// names splits the key `a, b` and checks each.
func (d *document) names(e entry, path string) []string {
	var out []string
	for _, part := range strings.Split(e.key, ",") {
		name := strings.TrimSpace(part)
		if !isIdentifier(name) {
			d.failf("bad-name", e.node, path, "%q is no name: letters, digits and _, not a digit first", name)
		}
		out = append(out, name)
	}
	return out
}

func isIdentifier(s string) bool {
	for i, r := range s {
		if !(r == '_' || unicode.IsLetter(r) || i > 0 && (unicode.IsDigit(r) || unicode.IsMark(r))) {
			return false
		}
	}
	return s != "" && s != "_" && s != "true" && s != "false"
}

// definitions decodes model or blocks: values and nets.
func (d *document) definitions(n *yaml.Node, section string) []*Def {
	var out []*Def
	first := map[string]int{}
	for _, e := range d.entries(n, section) {
		path := section + "." + e.key
		def := &Def{Pos: d.pos(e.node), Path: path}
		if strings.ContainsAny(e.key, "()") {
			def.Net = d.signature(e, section)
			if def.Net == nil {
				continue
			}
			path = def.Net.Path
			def.Names = []string{def.Net.Name}
		} else {
			def.Names = d.names(e, path)
		}
		for _, name := range def.Names {
			if line, twice := first[name]; twice {
				g := d.failf("duplicate-key", e.node, path, "%q is defined twice", name)
				if line > 0 {
					g.Hint = "the first is at line " + itoa(line)
				}
			}
			first[name] = e.node.Line
		}
		body, ok := d.body(e.value, path)
		if !ok {
			body.Return = nil
		}
		def.Body = body
		if def.Net != nil {
			def.Net.Body = body
			def.Names = nil
		}
		out = append(out, def)
	}
	return out
}

// signature parses the key `net(x, k=3)`.
func (d *document) signature(e entry, section string) *Net {
	ex, diags := parseExpr(e.key, d.place(e.node))
	call, ok := ex.(*Call)
	if diags.HasErrors() || !ok {
		d.failf("bad-signature", e.node, section, "%q is no net: write name(x) or name(x, k=3)", e.key)
		return nil
	}
	net := &Net{Name: call.Fn, Pos: d.pos(e.node), Path: section + "." + call.Fn}
	seen := map[string]bool{}
	for _, a := range call.Args {
		p := Param{Name: a.Name, Pos: a.NamePos, Default: a.Value}
		if a.Name == "" {
			name, ok := a.Value.(*Name)
			if !ok {
				d.failf("bad-signature", e.node, net.Path, "%s is no parameter: write a name, or name=default", String(a.Value))
				return nil
			}
			p = Param{Name: name.Ident, Pos: name.At}
		}
		if seen[p.Name] {
			d.failf("duplicate-key", e.node, net.Path, "parameter %q stands twice", p.Name)
		}
		seen[p.Name] = true
		net.Params = append(net.Params, p)
	}
	if len(net.Params) == 0 {
		d.failf("bad-signature", e.node, net.Path, "%q takes nothing", e.key).Hint = "a value has no parentheses: " + call.Fn + ": …"
		return nil
	}
	return net
}

// terms decodes loss, metrics or predict. Only loss may be one expression without a name.
func (d *document) terms(n *yaml.Node, section string) []*Term {
	n = real(n)
	if n.Kind != yaml.MappingNode || n.Style&yaml.FlowStyle != 0 && len(n.Content) == 0 {
		if section != "loss" {
			d.failf("wrong-type", n, section, "%s is a map of named expressions, and this is %s", section, kindName(n))
			return nil
		}
		if e := d.expr(n, section); e != nil {
			return []*Term{{Pos: d.pos(n), Path: section, Expr: e}}
		}
		return nil
	}
	var out []*Term
	for _, e := range d.entries(n, section) {
		path := section + "." + e.key
		if !isIdentifier(e.key) {
			d.failf("bad-name", e.node, path, "%q is no name: letters, digits and _, not a digit first", e.key)
			continue
		}
		if x := d.expr(e.value, path); x != nil {
			out = append(out, &Term{Name: e.key, Pos: d.pos(e.node), Path: path, Expr: x})
		}
	}
	return out
}
