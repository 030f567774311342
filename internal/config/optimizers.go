package config

import (
	"fmt"
	"path"

	yaml "go.yaml.in/yaml/v4"

	"gotrain/internal/diag"
)

// optimizer decodes one optimizer: its name, and its arguments as they are.
func (d *document) optimizer(n *yaml.Node, path string) *Optimizer {
	out := &Optimizer{Pos: d.pos(n), Path: path, Args: map[string]*Scalar{}}
	keys := d.entries(n, path)
	for _, e := range keys {
		d.optimizerKey(out, e)
	}
	d.optimizerNamed(out, n, keys)
	return out
}

func (d *document) optimizerKey(out *Optimizer, e entry) {
	if e.key == "name" {
		out.Name, out.NamePos = d.word(e, out.Path+".name"), d.pos(e.value)
		return
	}
	if s := d.scalarOf(e, out.Path+"."+e.key); s != nil {
		out.Args[e.key] = s
	}
}

// optimizerNamed reports an optimizer without a name, at the key that may be meant for it.
func (d *document) optimizerNamed(out *Optimizer, n *yaml.Node, keys []entry) {
	if out.Name != "" || real(n).Kind != yaml.MappingNode || out.NamePos != (diag.Pos{}) {
		return
	}
	at, hint := n, "for example: optimizer: {name: adam, lr: 1e-3}"
	for _, e := range keys {
		if diag.Suggest(e.key, []string{"name"}) != "" {
			at, hint = e.node, "did you mean \"name\" by "+e.key+"?"
		}
	}
	d.failf("missing-value", at, out.Path, "optimizer has no name").Hint = hint
}

// optimizers decodes a list of optimizers, each with what it updates and minimizes.
func (d *document) optimizers(c *Config, n *yaml.Node) []*Optimizer {
	list := real(n)
	if list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		d.failf("wrong-type", n, "optimizers", "optimizers is a list, run in order for each batch, and this is %s", listName(n)).Hint = "one optimizer is: optimizer: {name: adam, lr: 1e-3}"
		return nil
	}
	if c.Optimizer != nil {
		d.diags.Errorf("two-optimizers", c.Sections["optimizers"], "optimizer and optimizers stand in one file").Hint = "keep one of them"
	}
	var out []*Optimizer
	for i, item := range list.Content {
		path := fmt.Sprintf("optimizers[%d]", i)
		o := &Optimizer{Pos: d.pos(item), Path: path, Args: map[string]*Scalar{}, Every: 1}
		given := map[string]bool{}
		keys := d.entries(item, path)
		for _, e := range keys {
			given[e.key] = true
			switch e.key {
			case "update":
				o.Update = d.updates(e, path+".update")
			case "minimize":
				if x := d.expr(e.value, path+".minimize"); x != nil {
					o.Minimize = &Term{Pos: d.pos(e.node), Path: path + ".minimize", Expr: x}
				}
			case "every":
				o.Every = d.wholeFrom(e.value, path+".every", 1, 1<<31-1, 1)
			case "clamp":
				if s := d.scalarOf(e, path+".clamp"); s != nil {
					if v, ok := asFloat(s.Value); !ok || v <= 0 {
						d.failf("bad-value", e.value, path+".clamp", "clamp is a number above 0: weights are kept in ± it")
					} else {
						o.Clamp = v
					}
				}
			default:
				d.optimizerKey(o, e)
			}
		}
		if real(item).Kind == yaml.MappingNode {
			d.optimizerNamed(o, item, keys)
			if !given["update"] {
				d.failf("missing-value", item, path, "%s has no update", path).Hint = "say whose weights it trains: update: decoder"
			}
			if !given["minimize"] {
				d.failf("missing-value", item, path, "%s has no minimize", path).Hint = "say what it lowers: minimize: bce_logits(D(fake), 1)"
			}
		}
		out = append(out, o)
	}
	return out
}

// updates decodes a net's name, a glob of weights, or a list of either.
func (d *document) updates(e entry, at string) []Target {
	n := real(e.value)
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	var out []Target
	for _, item := range items {
		name := d.word(entry{e.key, e.node, item}, at)
		if _, err := path.Match(name, ""); err != nil {
			d.failf("bad-value", real(item), at, "%q is no glob of weights", name).Hint = "* stands for any letters, ? for one, [ab] for one of these, and a [ has its ]"
			continue
		}
		if name != "" {
			out = append(out, Target{Name: name, Pos: d.pos(item)})
		}
	}
	return out
}

// defaults decodes the arguments that ops have where a call gives none.
func (d *document) defaults(n *yaml.Node) []*OpDefaults {
	var out []*OpDefaults
	for _, e := range d.entries(n, "defaults") {
		path := "defaults." + e.key
		o := &OpDefaults{Op: e.key, Pos: d.pos(e.node), Path: path}
		for _, a := range d.entries(e.value, path) {
			if x := d.listExpr(a.value, path+"."+a.key); x != nil {
				o.Args = append(o.Args, Arg{Name: a.key, NamePos: d.pos(a.node), Value: x})
			}
		}
		out = append(out, o)
	}
	return out
}

// listExpr is a scalar's expression, or a flow list of them: kernel: [3, 5].
func (d *document) listExpr(n *yaml.Node, path string) Expr {
	n = real(n)
	if n.Kind != yaml.SequenceNode || n.Style&yaml.FlowStyle == 0 {
		return d.expr(n, path)
	}
	l := &List{}
	l.At = d.pos(n)
	for _, item := range n.Content {
		x := d.expr(item, path)
		if x == nil {
			return nil
		}
		l.Items = append(l.Items, x)
	}
	return l
}

// listName is kindName that tells an empty list from others.
func listName(n *yaml.Node) string {
	if n = real(n); n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		return "an empty one"
	}
	return kindName(n)
}
