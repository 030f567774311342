package config

import (
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"gotrain/internal/diag"
)

// Override sets one value from the command line: a var (["vars", "latent"]) or a config
// path (["optimizer", "lr"]). Text is read as YAML. Origin is the flag as written.
type Override struct {
	Path   []string
	Text   string
	Origin string
}

// apply changes the tree as the overrides say. Vars are left to the vars section, which
// knows their types.
func (d *document) apply(overrides []Override) (vars []Override) {
	for _, o := range overrides {
		if len(o.Path) == 2 && o.Path[0] == "vars" {
			vars = append(vars, o)
			continue
		}
		value := d.flagNode(o)
		at := d.root
		for i, key := range o.Path {
			last := i == len(o.Path)-1
			next := child(at, key)
			switch {
			case next == nil && at.Kind == yaml.MappingNode && !last && allDigits(o.Path[i+1]):
				g := d.diags.Errorf("bad-path", diag.Pos{}, "there is no list %s in the file to set an item of", strings.Join(o.Path[:i+1], "."))
				g.Origin, g.Hint = o.Origin, "give the whole list: --"+strings.Join(o.Path[:i+1], ".")+" '[…]'"
			case next == nil && at.Kind == yaml.MappingNode:
				next = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
				if last {
					next = value
				}
				d.origins[next] = o.Origin
				name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}
				d.origins[name] = o.Origin
				at.Content = append(at.Content, name, next)
			case next == nil:
				g := d.diags.Errorf("bad-path", diag.Pos{}, "there is no %s", strings.Join(o.Path[:i+1], "."))
				g.Origin = o.Origin
			case last:
				replace(at, next, value)
			case real(next).Kind == yaml.ScalarNode && shortFor[strings.Join(o.Path[:i+1], ".")] != "":
				long := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
				name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: shortFor[strings.Join(o.Path[:i+1], ".")]}
				d.origins[long], d.origins[name] = o.Origin, o.Origin
				long.Content = []*yaml.Node{name, next}
				replace(at, next, long)
				next = long
			}
			if next == nil {
				break
			}
			at = real(next)
		}
	}
	return vars
}

// shortFor has the maps that a word alone may stand for, and its key. A flag for another key
// keeps that word.
var shortFor = map[string]string{"checkpoint.init_from": "file"}

// flagNode reads a flag's text as a YAML value.
func (d *document) flagNode(o Override) *yaml.Node {
	var doc yaml.Node
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: o.Text}
	if err := yaml.Unmarshal([]byte(o.Text), &doc); err == nil && len(doc.Content) == 1 && plainTree(doc.Content[0], 0) {
		n = doc.Content[0]
	}
	var mark func(n *yaml.Node)
	mark = func(n *yaml.Node) {
		n.Line, n.Column = 0, 0
		d.origins[n] = o.Origin
		for _, c := range n.Content {
			mark(c)
		}
	}
	mark(n)
	return n
}

// plainTree refuses aliases, which could lead in a circle, and what nests too deep: a
// flag that has them is a text.
func plainTree(n *yaml.Node, depth int) bool {
	if n.Kind == yaml.AliasNode || depth > maxDepth {
		return false
	}
	for _, c := range n.Content {
		if !plainTree(c, depth+1) {
			return false
		}
	}
	return true
}

// child finds a key of a map or an item of a list.
func child(n *yaml.Node, key string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}

func replace(parent, old, with *yaml.Node) {
	if i := slices.Index(parent.Content, old); i >= 0 {
		parent.Content[i] = with
	}
}

// paths are the keys that --section.key may set. A section with "*" takes any key: what
// is valid there, its own check says.
var paths = map[string][]string{
	"data": dataKeys, "data.path": {"*"}, "data.split": {"val", "test"}, "data.samples": {"train", "val"},
	"checkpoint": checkpointKeys, "checkpoint.init_from": initFromKeys, "trainer": {"monitor", "mode"}, "trainer.log_images": {"*"}, "trainer.early_stop": earlyStopKeys,
	"optimizer": {"*"}, "schedule": {"*"}, "loss": {"*"}, "metrics": {"*"}, "predict": {"*"}, "model": {"*"},
}

// ValidPath reports whether a dotted flag names a place of the language. An item of a
// list is named by its index: optimizer.betas.0; whether there is one, Load says.
func ValidPath(path []string) bool {
	if len(path) < 2 {
		return false
	}
	last := path[len(path)-1]
	switch { // whose second part is any op, or the index of an item
	case path[0] == "defaults":
		return len(path) == 3 && last != ""
	case path[0] == "optimizers" && allDigits(path[1]):
		return len(path) >= 3 && last != ""
	}
	known := paths[strings.Join(path[:len(path)-1], ".")]
	if last != "" && allDigits(last) && len(path) > 2 && known == nil {
		return ValidPath(path[:len(path)-1])
	}
	return slices.Contains(known, "*") && last != "" || slices.Contains(known, last)
}

// SuggestPath gives the valid path nearest to a mistyped one, or "".
func SuggestPath(path []string) string {
	if len(path) == 0 {
		return ""
	}
	var all []string
	for section, keys := range paths {
		for _, k := range keys {
			if k == "*" {
				k = path[len(path)-1]
			}
			all = append(all, section+"."+k)
		}
	}
	slices.Sort(all)
	return diag.Suggest(strings.Join(path, "."), all)
}
