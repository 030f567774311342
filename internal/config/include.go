package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Bounds of what one config includes, each file counted as often as it is named.
const (
	maxIncludes = 100
	maxIncluded = maxSource // bytes, of all of them together
)

// source is one file: its text, and how its lines are found again.
type source struct {
	file      string
	src       []byte
	lines     []string
	runeLines [][]rune // see runes
}

// in is the file that a node stands in.
func (d *document) in(n *yaml.Node) *source {
	if s, ok := d.from[n]; ok {
		return s
	}
	return d.source
}

// beside gives a path as it is meant at a node: relative to the file that names it. A
// flag's is relative to the working directory.
func (d *document) beside(n *yaml.Node, path string) string {
	if _, flag := d.origins[n]; flag || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(d.in(n).file), path)
}

// include merges the files that the config names under `include` beneath it, and theirs
// beneath them.
func (d *document) include() {
	key := child(d.root, "include")
	if key != nil {
		d.root = d.merged(d.root, []string{d.file})
		d.visited = 0
		if d.root = plain(d.root); !d.bounded(d.root, 0) {
			d.root = nil
			return
		}
	}
	d.reportDrops(d.root, "", 0)
}

// merged is a file's map over those that it includes. chain are the files being read, to
// find a circle.
func (d *document) merged(root *yaml.Node, chain []string) *yaml.Node {
	named := child(root, "include")
	if named == nil {
		return root
	}
	own := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: root.Style, Line: root.Line, Column: root.Column}
	d.from[own] = d.in(root)
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != "include" {
			own.Content = append(own.Content, root.Content[i], root.Content[i+1])
		}
	}
	files := []*yaml.Node{real(named)}
	if files[0].Kind == yaml.SequenceNode {
		files = files[0].Content
	}
	var base *yaml.Node
	for _, n := range files {
		if read := d.included(real(n), chain); read != nil {
			base = d.over(base, read)
		}
	}
	return d.over(base, own)
}

// included reads one file that a config names; nil, with a fault, where it cannot.
func (d *document) included(n *yaml.Node, chain []string) *yaml.Node {
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		d.failf("wrong-type", n, "include", "include is a file or a list of files, and this is %s", kindName(n))
		return nil
	}
	path := d.beside(n, n.Value)
	if slices.Contains(chain, path) {
		d.failf("include-cycle", n, "include", "%s includes itself", path).Hint = strings.Join(append(chain, path), " includes ")
		return nil
	}
	if d.includes++; d.includes > maxIncludes {
		if d.includes == maxIncludes+1 {
			d.failf("too-large", n, "include", "a config includes at most %d files", maxIncludes)
		}
		return nil
	}
	src, err := readSmall(path)
	if err != nil {
		d.failf("no-file", n, "include", "cannot include %s: %v", path, err).Hint = "the path is relative to " + d.in(n).file
		return nil
	}
	if d.includedBytes += len(src); d.includedBytes > maxIncluded {
		if d.includedBytes-len(src) <= maxIncluded {
			d.failf("too-large", n, "include", "the included files have more than %d bytes", maxIncluded)
		}
		return nil
	}
	sub := parse(path, src, d.diags)
	if sub.root == nil {
		return nil
	}
	var mark func(n *yaml.Node)
	mark = func(n *yaml.Node) {
		d.from[n] = sub.source
		for _, c := range n.Content {
			mark(c)
		}
	}
	mark(sub.root)
	return d.merged(sub.root, append(slices.Clip(chain), path))
}

// readSmall reads a regular file of at most maxSource bytes.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return nil, fmt.Errorf("there is no such file")
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("it is no file")
	case info.Size() > maxSource:
		return nil, fmt.Errorf("it has %d bytes: a config has at most %d", info.Size(), maxSource)
	}
	return os.ReadFile(path)
}

// over merges top over base: maps merge, all else replaces, and !drop takes away.
func (d *document) over(base, top *yaml.Node) *yaml.Node {
	if base == nil || real(base).Kind != yaml.MappingNode || real(top).Kind != yaml.MappingNode {
		return top
	}
	below, above := real(base), real(top)
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: above.Line, Column: above.Column}
	d.from[out] = d.in(above)
	used := make([]bool, len(above.Content))
	for i := 0; i+1 < len(below.Content); i += 2 {
		key, value := below.Content[i], below.Content[i+1]
		k := 0
		for ; k+1 < len(above.Content) && (used[k] || !sameKey(above.Content[k], key)); k += 2 {
		}
		if k+1 >= len(above.Content) {
			out.Content = append(out.Content, key, value)
			continue
		}
		used[k] = true
		if !isDrop(above.Content[k+1]) {
			out.Content = append(out.Content, above.Content[k], d.over(value, above.Content[k+1]))
		}
	}
	for k := 0; k+1 < len(above.Content); k += 2 {
		if !used[k] {
			out.Content = append(out.Content, above.Content[k], above.Content[k+1])
		}
	}
	return out
}

// sameKey compares keys; that of a net by its name alone, so that one with other
// parameters takes its place.
func sameKey(a, b *yaml.Node) bool {
	name := func(n *yaml.Node) string {
		before, _, _ := strings.Cut(real(n).Value, "(")
		return strings.TrimSpace(before)
	}
	return name(a) == name(b)
}

func isDrop(n *yaml.Node) bool { return n.Tag == "!drop" }

// reportDrops reports what is left of !drop: nothing below has that key.
func (d *document) reportDrops(n *yaml.Node, path string, depth int) {
	if n.Kind == yaml.AliasNode || depth > maxDepth {
		return
	}
	for i := len(n.Content) - 1; i >= 0; i-- {
		c, name := n.Content[i], path
		isMap := n.Kind == yaml.MappingNode
		if isMap && i%2 == 0 {
			continue
		}
		if isMap {
			name = strings.TrimPrefix(path+"."+n.Content[i-1].Value, ".")
		}
		if isDrop(c) {
			d.failf("nothing-to-drop", c, name, "no included file has %s: there is nothing to drop", name)
			first := i
			if isMap {
				first-- // the key goes too
			}
			n.Content = slices.Delete(n.Content, first, i+1)
			i = first
			continue
		}
		d.reportDrops(c, name, depth+1)
	}
}

// plain follows the aliases of a tree, so that no file's anchors are missed in another.
func plain(n *yaml.Node) *yaml.Node {
	n = real(n)
	n.Anchor = ""
	for i, c := range n.Content {
		n.Content[i] = plain(c)
	}
	return n
}
