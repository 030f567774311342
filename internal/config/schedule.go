package config

import yaml "go.yaml.in/yaml/v4"

func (d *document) schedule(n *yaml.Node) *Schedule {
	out := &Schedule{Pos: d.pos(n), Args: map[string]*Scalar{}}
	named := false
	for _, e := range d.entries(n, "schedule") {
		if e.key == "name" {
			out.Name, out.NamePos, named = d.word(e, "schedule.name"), d.pos(e.value), true
			continue
		}
		if s := d.scalarOf(e, "schedule."+e.key); s != nil {
			out.Args[e.key] = s
		}
	}
	if !named && real(n).Kind == yaml.MappingNode {
		d.failf("missing-value", n, "schedule", "schedule has no name").Hint = "for example: schedule: {name: cosine, warmup: 5 epochs}"
	}
	return out
}
