package config

import yaml "go.yaml.in/yaml/v4"

// paths decodes data.path: a file, or a map of files by field. Paths of the file are
// relative to it, those of the command line to the folder it was given in.
func (d *document) paths(e entry) []NamedPath {
	if real(e.value).Kind != yaml.MappingNode {
		return []NamedPath{{Path: d.path(e, "data.path")}}
	}
	var out []NamedPath
	for _, f := range d.entries(e.value, "data.path") {
		out = append(out, NamedPath{f.key, d.path(f, "data.path."+f.key)})
	}
	return out
}

func (d *document) path(e entry, key string) string {
	path := d.word(e, key)
	if path == "" {
		return ""
	}
	path = d.beside(real(e.value), path)
	d.absolute(e.value, path)
	return path
}
