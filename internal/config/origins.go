package config

import (
	"fmt"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Origin is one value of a config and where it comes from.
type Origin struct {
	Path  string `json:"path"`  // "optimizer.lr"; an item of a list of maps by its index
	Value string `json:"value"` // as a config would have it, on one line
	From  string `json:"from"`  // "vae.yaml:3", "--latent", "GOTRAIN_SEED", "default"
}

// Origins lists every value that the file and the command line set, in the file's order.
func (c *Config) Origins() []Origin { return c.origins }

// listOrigins walks the tree down to constants, expressions and lists of them.
func (d *document) listOrigins(n *yaml.Node, path string) []Origin {
	n = real(n)
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		var out []Origin
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if path != "" {
				key = path + "." + key
			}
			out = append(out, d.listOrigins(n.Content[i+1], key)...)
		}
		return out
	case n.Kind == yaml.SequenceNode && (n.Style&yaml.FlowStyle == 0 || holdsMaps(n)):
		var out []Origin
		for i, item := range n.Content {
			out = append(out, d.listOrigins(item, path+"."+strconv.Itoa(i))...)
		}
		return out
	}
	from := d.origins[n]
	if from == "" {
		p := d.pos(n)
		from = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return []Origin{{path, oneLine(n), from}}
}

func holdsMaps(n *yaml.Node) bool {
	for _, item := range n.Content {
		if real(item).Kind == yaml.MappingNode {
			return true
		}
	}
	return false
}

// oneLine writes a constant or a list of them.
func oneLine(n *yaml.Node) string {
	switch n = real(n); n.Kind {
	case yaml.MappingNode:
		return "{}"
	case yaml.SequenceNode:
		items := make([]string, len(n.Content))
		for i, item := range n.Content {
			items[i] = oneLine(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return strings.Join(strings.Fields(n.Value), " ")
}
