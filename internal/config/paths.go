package config

import yaml "go.yaml.in/yaml/v4"

// paths decodes data.path: a file, or a map of files by field. Paths of the file are
// relative to it, those of the command line to the folder it was given in.
func (d *document) paths(e entry) []NamedPath {
	if real(e.value).Kind != yaml.MappingNode {
		return []NamedPath{d.path(e, "", "data.path")}
	}
	var out []NamedPath
	for _, f := range d.entries(e.value, "data.path") {
		out = append(out, d.path(f, f.key, "data.path."+f.key))
	}
	return out
}

func (d *document) path(e entry, name, key string) NamedPath {
	p := NamedPath{Name: name, Written: d.word(e, key), Pos: d.pos(e.value)}
	if p.Written != "" {
		p.Path = d.beside(real(e.value), p.Written)
		d.absolute(e.value, p.Path)
	}
	return p
}
