package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"

	"gotrain/internal/diag"
)

// Bounds of a file, so that a hostile one is refused and not computed.
const (
	maxSource = 1 << 18 // bytes
	maxDepth  = 100     // of maps and lists
	maxNodes  = 20_000  // aliases followed; the largest sensible config has a tenth
)

// document is a parsed file: its nodes, and where they stand.
type document struct {
	*source
	from     map[*yaml.Node]*source // nodes of included files
	includes int                    // files included
	// includedBytes is how long they are together.
	includedBytes int
	root          *yaml.Node // nil where the file could not be read
	diags         *diag.List
	origins       map[*yaml.Node]string // nodes that the command line made: "--optimizer.lr"
	visited       int
	// constants are the vars, for ${…}; nil until they are decoded.
	constants func(string) (Value, bool)
}

// parse reads a file into nodes. root stays nil where YAML itself is broken.
func parse(file string, src []byte, diags *diag.List) *document {
	d := &document{source: &source{file: file, src: src}, from: map[*yaml.Node]*source{}, diags: diags, origins: map[*yaml.Node]string{}}
	if len(src) > maxSource {
		diags.Errorf("too-large", diag.Pos{File: file}, "the file has %d bytes: a config has at most %d", len(src), maxSource)
		return d
	}
	if !utf8.Valid(src) {
		diags.Errorf("encoding", diag.Pos{File: file}, "the file is no UTF-8 text")
		return d
	}
	d.lines = strings.Split(string(src), "\n")
	if p := d.strangeBreak(); p.IsValid() {
		diags.Errorf("encoding", p, "a line break that few editors show: YAML counts it, so every place after it would be wrong").Hint = "save the file with ordinary line ends"
		return d
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(src))
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		d.syntax(err)
		return d
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		diags.Errorf("several-documents", d.pos(&second), "a second YAML document starts here").Hint = "a file is one config: remove the line ---"
		return d
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
		return d
	}
	if len(doc.Content) == 0 {
		diags.Errorf("empty", diag.Pos{File: file}, "the file is empty").Hint = "a config has sections: data, model, loss, optimizer, trainer"
		return d
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		diags.Errorf("wrong-type", d.pos(root), "a config is a map of sections, and this is %s", kindName(root))
		return d
	}
	if !d.bounded(root, 0) {
		return d
	}
	d.root = root
	return d
}

// bounded walks the tree, aliases followed, and refuses one that is too deep or too large.
func (d *document) bounded(n *yaml.Node, depth int) bool {
	d.visited++
	if depth > maxDepth {
		d.diags.Errorf("too-deep", d.pos(n), "maps and lists nest deeper than %d", maxDepth)
		return false
	}
	if d.visited > maxNodes {
		d.diags.Errorf("too-large", diag.Pos{File: d.file}, "the file has more than %d nodes, aliases followed", maxNodes)
		return false
	}
	if t := n.Tag; n.Kind == yaml.ScalarNode && strings.HasPrefix(t, "!") && !strings.HasPrefix(t, "!!") && t != "!drop" {
		d.failf("yaml-trap", n, "", "YAML took %s for a tag: only %q is left", t, n.Value).Hint = "quote the expression: " + quoted(t+" "+n.Value)
	}
	if n.Kind == yaml.AliasNode {
		return d.bounded(n.Alias, depth+1)
	}
	for _, c := range n.Content {
		if !d.bounded(c, depth+1) {
			return false
		}
	}
	return true
}

// real follows aliases.
func real(n *yaml.Node) *yaml.Node {
	for range maxDepth {
		if n.Kind != yaml.AliasNode {
			break
		}
		n = n.Alias
	}
	return n
}

// pos is where a node starts; of one from the command line, nowhere.
func (d *document) pos(n *yaml.Node) diag.Pos {
	if _, flag := d.origins[n]; flag {
		return diag.Pos{}
	}
	p := diag.Pos{File: d.in(n).file, Line: n.Line, Col: n.Column, Width: 1}
	if n.Kind == yaml.ScalarNode && !strings.Contains(n.Value, "\n") {
		p.Width = max(utf8.RuneCountInString(n.Value), 1)
		if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			p.Width += 2
		}
	}
	return p
}

// failf reports an error at a node.
func (d *document) failf(code string, n *yaml.Node, path, format string, args ...any) *diag.Diagnostic {
	g := d.diags.Errorf(code, d.pos(n), format, args...)
	g.Path, g.Origin = path, d.origins[n]
	return g
}

func kindName(n *yaml.Node) string {
	switch n = real(n); n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int":
		return "the whole number " + n.Value
	case "!!float":
		return "the number " + n.Value
	case "!!bool":
		return n.Value
	}
	return "the text " + strconv.Quote(n.Value)
}

// entry is one key of a map.
type entry struct {
	key   string
	node  *yaml.Node // of the key
	value *yaml.Node
}

// entries lists a map's keys in order. A key that stands twice, or is no text, is an error.
func (d *document) entries(n *yaml.Node, path string) []entry {
	n = real(n)
	if n.Kind != yaml.MappingNode {
		d.failf("wrong-type", n, path, "%s is a map, and this is %s", path, kindName(n)).Hint = colonHint(n.Value)
		return nil
	}
	var out []entry
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := real(n.Content[i])
		if k.Kind != yaml.ScalarNode {
			d.failf("wrong-type", k, path, "a key is a word, and this is %s", kindName(k))
			continue
		}
		if k.ShortTag() == "!!merge" {
			d.failf("unknown-key", k, path, "the merge key << is no part of the language").Hint = "write the keys out"
			continue
		}
		if n.Style&yaml.FlowStyle != 0 && cutKey(k.Value) {
			d.failf("cut-expression", k, path, "an expression was cut by YAML at the comma: %q became a key", k.Value).Hint = "put it on its own line, or quote it"
			continue
		}
		if old, twice := first[k.Value]; twice {
			d.failf("duplicate-key", k, path, "key %q stands twice", k.Value).Hint = fmt.Sprintf("the first is at line %d", old.Line)
			continue
		}
		first[k.Value] = k
		out = append(out, entry{k.Value, k, n.Content[i+1]})
	}
	return out
}

// cutKey tells a key that is the rest of an expression: "label)" of {acc: accuracy(logits, label)}.
func cutKey(key string) bool {
	return strings.Count(key, ")") != strings.Count(key, "(")
}

// section gives the entries of a map with a fixed set of keys. later are keys of the
// language that this version does not build.
func (d *document) section(n *yaml.Node, path string, known, later []string) map[string]entry {
	out := map[string]entry{}
	for _, e := range d.entries(n, path) {
		if slices.Contains(later, e.key) {
			d.failf("not-built-yet", e.node, path+"."+e.key, "%q is part of the language but not built yet", e.key)
			continue
		}
		if !slices.Contains(known, e.key) {
			d.unknownKey(e.node, path, e.key, known)
			continue
		}
		out[e.key] = e
	}
	return out
}

// manyKeys is how many keys are too many to list beside a suggestion.
const manyKeys = 16

func (d *document) unknownKey(n *yaml.Node, path, key string, known []string) {
	g := d.failf("unknown-key", n, path, "unknown key %q", key)
	if path != "" {
		g.Text += " in " + path
	}
	if s := diag.Suggest(key, known); s != "" {
		g.Hint = fmt.Sprintf("did you mean %q?  ", s)
		if len(known) > manyKeys {
			return
		}
	}
	g.Hint += "(keys: " + strings.Join(known, ", ") + ")"
	if h := colonHint(key); h != "" {
		g.Hint = h
	}
}

// scalar decodes a constant: by YAML 1.2's core schema, or a whole ${expression} over vars.
func (d *document) scalar(n *yaml.Node, path string, vars func(string) (Value, bool)) (Value, bool) {
	n = real(n)
	switch n.Kind {
	case yaml.SequenceNode:
		out := make([]Value, len(n.Content))
		for i, c := range n.Content {
			v, ok := d.scalar(c, fmt.Sprintf("%s[%d]", path, i), vars)
			if !ok {
				return nil, false
			}
			out[i] = v
		}
		return out, true
	case yaml.MappingNode:
		d.failf("wrong-type", n, path, "%s is a constant, and this is a map", path)
		return nil, false
	}
	switch n.ShortTag() {
	case "!!int":
		text := strings.ReplaceAll(n.Value, "_", "")
		if digits := strings.TrimLeft(text, "+-"); leadingZero(digits) {
			d.failf("yaml-trap", n, path, "%s is %s in YAML 1.2 and a number to base 8 in YAML 1.1", n.Value, cmp.Or(strings.TrimLeft(digits, "0"), "0")).Hint = "write it without the zeros in front; base 8 is 0o17"
			return nil, false
		}
		i, err := strconv.ParseInt(text, 0, 64)
		if err != nil {
			d.failf("bad-value", n, path, "%s does not fit a whole number", n.Value)
			return nil, false
		}
		return i, true
	case "!!float":
		f, err := strconv.ParseFloat(strings.TrimPrefix(n.Value, "+"), 64)
		if err != nil || f-f != 0 {
			d.failf("bad-value", n, path, "%s is no finite number", n.Value)
			return nil, false
		}
		return f, true
	case "!!bool":
		v, err := strconv.ParseBool(strings.ToLower(n.Value))
		if err != nil { // the tag !!bool before something else
			d.failf("wrong-type", n, path, "%s: expected true or false, found %q", path, n.Value)
			return nil, false
		}
		return v, true
	case "!!null":
		d.failf("missing-value", n, path, "%s has no value", path)
		return nil, false
	}
	if strings.Contains(n.Value, "${") {
		return d.embedded(n, path, vars)
	}
	return n.Value, true
}
