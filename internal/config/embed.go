package config

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"

	"gotrain/internal/diag"
)

// hole is one ${…} of a scalar, by bytes of its value, from $ to after }.
type hole struct{ start, end int }

// inside is what stands between the braces.
func (h hole) inside(text string) string { return text[h.start+2 : h.end-1] }

// holes finds the ${…} of a text. closed is false where one has no end.
func holes(text string) (out []hole, closed bool) {
	for at := 0; ; {
		i := strings.Index(text[at:], "${")
		if i < 0 {
			return out, true
		}
		j := strings.IndexByte(text[at+i:], '}')
		if j < 0 {
			return out, false
		}
		out = append(out, hole{at + i, at + i + j + 1})
		at += i + j + 1
	}
}

// embedded evaluates a scalar with ${expression} over vars or ${env:NAME, default} in it.
// A scalar that is one ${…} has its value's type; any other is a text. What the
// environment gave is written into the tree: the resolved config says what was used.
func (d *document) embedded(n *yaml.Node, path string, vars func(string) (Value, bool)) (Value, bool) {
	if !d.readEnvironment(n, path) {
		return nil, false
	}
	if !strings.Contains(n.Value, "${") {
		return d.scalar(n, path, vars)
	}
	text := n.Value
	found, closed := holes(text)
	if !closed {
		d.failf("syntax", n, path, "${ has no }")
		return nil, false
	}
	place := d.place(n)
	var out strings.Builder
	last := 0
	for _, h := range found {
		v, ok := d.embeddedExpr(n, path, h.inside(text), func(start, end int) diag.Pos { return place(start+h.start+2, end+h.start+2) }, vars)
		if !ok {
			return nil, false
		}
		if h.start == 0 && h.end == len(text) {
			return v, true
		}
		out.WriteString(text[last:h.start])
		out.WriteString(plainText(v))
		last = h.end
	}
	out.WriteString(text[last:])
	return out.String(), true
}

func (d *document) embeddedExpr(n *yaml.Node, path, text string, place func(start, end int) diag.Pos, vars func(string) (Value, bool)) (Value, bool) {
	e, diags := parseExpr(text, place)
	if !diags.HasErrors() {
		var v Value
		if v, diags = EvalConst(e, vars); !diags.HasErrors() {
			return v, true
		}
	}
	for _, g := range diags.Items {
		g.Path, g.Origin = path, d.origins[n]
		d.diags.Add(g)
	}
	return nil, false
}

// plainText is a constant as it stands in a text.
func plainText(v Value) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

// readEnvironment puts what ${env:NAME, default} gives in its place. A scalar that is
// nothing else is then read as YAML would read it in the file: 64 is a number.
func (d *document) readEnvironment(n *yaml.Node, path string) (ok bool) {
	text := n.Value
	found, _ := holes(text)
	var out strings.Builder
	last, read := 0, false
	ok = true
	for _, h := range found {
		inner, isEnv := strings.CutPrefix(strings.TrimSpace(h.inside(text)), "env:")
		if !isEnv {
			continue
		}
		name, def, hasDefault := strings.Cut(inner, ",")
		name = strings.TrimSpace(name)
		value, set := os.LookupEnv(name)
		switch {
		case !set && !hasDefault:
			d.failf("no-environment", n, path, "the environment has no %s", name).Hint = fmt.Sprintf("set it, or give a default: ${env:%s, value}", name)
			ok = false
		case !set:
			value = strings.TrimSpace(def)
		case strings.Contains(value, "${") || !utf8.ValidString(value):
			d.failf("bad-value", n, path, "the environment's %s holds %q, which cannot stand in a config", name, value)
			ok = false
		}
		out.WriteString(text[last:h.start])
		out.WriteString(value)
		last, read = h.end, true
	}
	if !read || !ok {
		return ok
	}
	out.WriteString(text[last:])
	n.Value = out.String()
	n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
	if len(found) == 1 && found[0] == (hole{0, len(text)}) {
		plain := d.flagNode(Override{Text: n.Value})
		if plain.Kind == yaml.ScalarNode {
			n.Value, n.Tag, n.Style = plain.Value, plain.Tag, plain.Style
		}
	}
	return true
}
