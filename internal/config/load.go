package config

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"gotrain/internal/diag"
)

var (
	topKeys   = []string{"name", "seed", "include", "vars", "data", "defaults", "blocks", "model", "loss", "metrics", "predict", "optimizer", "optimizers", "schedule", "checkpoint", "trainer"}
	dataKeys  = []string{"source", "batch", "dir", "split", "samples", "shuffle", "path", "pairs"}
	dataLater = []string{"augment", "transform", "target", "columns", "size", "range", "masks", "tokenizer", "context", "missing"}
)

// Load decodes a file with overrides applied. The Config is as full as what was
// understood, so that a later phase can report its own faults in the same run; it is nil
// only where the file is no YAML map at all.
func Load(file string, src []byte, overrides []Override) (*Config, diag.List) {
	var diags diag.List
	d := parse(file, src, &diags)
	if d.root != nil {
		d.include()
	}
	if d.root == nil {
		return nil, diags
	}
	vars := d.apply(overrides)
	c := &Config{
		File: file, Source: src, Name: defaultName(file),
		Checkpoint: &Checkpoint{Monitor: "val/loss", Mode: "min", Keep: 1},
		Trainer:    map[string]*Scalar{}, Sections: map[string]diag.Pos{},
	}
	top := map[string]entry{}
	for _, e := range d.entries(d.root, "the config") {
		switch {
		case !slices.Contains(topKeys, e.key):
			d.unknownKey(e.node, "", e.key, topKeys)
		case real(e.value).ShortTag() == "!!null":
			d.failf("missing-value", e.node, e.key, "section %q is empty", e.key)
		default:
			top[e.key] = e
			c.Sections[e.key] = d.pos(e.node)
		}
	}
	if e, ok := top["vars"]; ok {
		c.Vars = d.vars(e.value, vars)
	}
	d.reportStrayVars(c, vars)
	values := map[string]Value{}
	for _, v := range c.Vars {
		values[v.Name] = v.Value
	}
	d.constants = func(name string) (Value, bool) { v, ok := values[name]; return v, ok }
	d.sections(c, top)
	c.resolved = d.encode()
	c.origins = d.listOrigins(d.root, "")
	return c, diags
}

// reportStrayVars reports flags for vars that the file has not.
func (d *document) reportStrayVars(c *Config, overrides []Override) {
	for _, o := range overrides {
		if !slices.Contains(c.VarNames(), o.Path[1]) {
			g := d.diags.Errorf("unknown-flag", diag.Pos{}, "there is no var %q", o.Path[1])
			g.Origin = o.Origin
		}
	}
}

func (d *document) sections(c *Config, top map[string]entry) {
	has := func(key string) (*yaml.Node, bool) { e, ok := top[key]; return e.value, ok }
	if n, ok := has("name"); ok {
		c.Name = d.name(n, c.Name)
	}
	if n, ok := has("seed"); ok {
		c.Seed = int64(d.wholeFrom(n, "seed", 0, 1<<53, 0))
	}
	if n, ok := has("data"); ok {
		c.Data = d.data(n)
	}
	if n, ok := has("defaults"); ok {
		c.Defaults = d.defaults(n)
	}
	if n, ok := has("blocks"); ok {
		for _, def := range d.definitions(n, "blocks") {
			if def.Net == nil {
				d.diags.Errorf("bad-signature", def.Pos, "block %q takes nothing", strings.Join(def.Names, ", ")).Hint = "a block is name(x): …; a value belongs in model"
				continue
			}
			c.Blocks = append(c.Blocks, def.Net)
		}
	}
	if n, ok := has("model"); ok {
		c.Model = d.definitions(n, "model")
	}
	if n, ok := has("loss"); ok {
		c.Loss = d.terms(n, "loss")
	}
	if n, ok := has("metrics"); ok {
		c.Metrics = d.terms(n, "metrics")
	}
	if n, ok := has("predict"); ok {
		c.Predict = d.terms(n, "predict")
	}
	if n, ok := has("optimizer"); ok {
		c.Optimizer = d.optimizer(n, "optimizer")
	}
	if n, ok := has("optimizers"); ok {
		c.Optimizers = d.optimizers(c, n)
	}
	if n, ok := has("schedule"); ok {
		c.Schedule = d.schedule(n)
	}
	if n, ok := has("trainer"); ok {
		d.trainer(c, n)
	}
	if n, ok := has("checkpoint"); ok {
		d.checkpoint(c, n)
	}
	c.settleEarlyStop()
}

// Resolved is the config with every override applied, as YAML.
func (c *Config) Resolved() []byte { return c.resolved }

func (d *document) encode() []byte {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(d.root); err != nil {
		return d.src // what cannot be encoded is shown as it was given
	}
	return out.Bytes()
}

// defaultName is the file's base name without its extension; of a run folder's
// resolved.yaml, that of the run.
func defaultName(file string) string {
	base := filepath.Base(file)
	if base == "resolved.yaml" {
		return filepath.Base(filepath.Dir(filepath.Dir(file)))
	}
	if base = strings.TrimSuffix(base, filepath.Ext(base)); base == "-" || base == "" {
		return "stdin"
	}
	return base
}

// name checks a run's name: it becomes a folder.
func (d *document) name(n *yaml.Node, old string) string {
	v := real(n)
	if v.Kind == yaml.ScalarNode && strings.Contains(v.Value, "${") {
		text, ok := d.embedded(v, "name", d.constants)
		if !ok {
			return old
		}
		v = &yaml.Node{Kind: yaml.ScalarNode, Value: plainText(text)}
	}
	if v.Kind != yaml.ScalarNode || v.Value == "" || strings.ContainsAny(v.Value, "/\\\x00") || v.Value == "." || v.Value == ".." {
		d.failf("bad-value", n, "name", "name is a word that can be a folder's, and this is %s", kindName(n))
		return old
	}
	return v.Value
}

// wholeFrom decodes a whole number between lo and hi; or, with a fault, def.
func (d *document) wholeFrom(n *yaml.Node, path string, lo, hi int64, def int) int {
	v, ok := d.scalar(n, path, d.constants)
	if !ok {
		return def
	}
	i, ok := v.(int64)
	if !ok {
		d.failf("wrong-type", n, path, "%s: expected a whole number, found %s", path, kindName(n)).Hint = numberHint(n)
		return def
	}
	if i < lo || i > hi {
		d.failf("bad-value", n, path, "%s: expected a number from %d to %d, found %d", path, lo, hi, i)
		return def
	}
	return int(i)
}

func (d *document) boolean(e entry, path string) (v, ok bool) {
	x, ok := d.scalar(e.value, path, noVars)
	if !ok {
		return false, false
	}
	if v, ok = x.(bool); !ok {
		d.failf("wrong-type", e.value, path, "%s: expected true or false, found %s", path, kindName(e.value)).Hint = truthHint(e.value)
	}
	return v, ok
}

func (d *document) word(e entry, path string) string {
	n := real(e.value)
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		d.failf("wrong-type", n, path, "%s: expected a word, found %s", path, kindName(n))
		return ""
	}
	return d.text(n, path)
}

// text is a scalar as a text, whatever YAML would make of it, its ${…} evaluated.
func (d *document) text(n *yaml.Node, path string) string {
	if !strings.Contains(n.Value, "${") {
		return n.Value
	}
	v, ok := d.embedded(n, path, d.constants)
	if !ok {
		return ""
	}
	return plainText(v)
}

const maxBatch = 1 << 20

// absolute writes a path in full in the tree: the resolved config is read from elsewhere.
func (d *document) absolute(n *yaml.Node, path string) {
	if full, err := filepath.Abs(path); err == nil {
		n = real(n)
		n.Value, n.Style = full, 0
	}
}

func (d *document) data(n *yaml.Node) *Data {
	keys := d.section(n, "data", dataKeys, dataLater)
	out := &Data{Pos: d.pos(n), Batch: 32, Shuffle: true}
	if e, ok := keys["source"]; ok {
		out.Source, out.SourcePos = d.word(e, "data.source"), d.pos(e.value)
	} else if real(n).Kind == yaml.MappingNode {
		d.failf("missing-value", n, "data", "data has no source").Hint = "for example: data: {source: mnist, batch: 128}"
	}
	if e, ok := keys["batch"]; ok {
		out.BatchPos = d.pos(e.value)
		out.Batch = d.wholeFrom(e.value, "data.batch", 1, maxBatch, out.Batch)
	}
	if e, ok := keys["dir"]; ok {
		out.Dir = d.word(e, "data.dir")
		out.Dir = d.beside(real(e.value), out.Dir)
		d.absolute(e.value, out.Dir)
	}
	if e, ok := keys["path"]; ok {
		out.Paths, out.PathPos = d.paths(e), d.pos(e.value)
	}
	if e, ok := keys["pairs"]; ok {
		out.Pairs, out.PairsPos = d.word(e, "data.pairs"), d.pos(e.value)
	}
	if e, ok := keys["shuffle"]; ok {
		if v, ok := d.boolean(e, "data.shuffle"); ok {
			out.Shuffle = v
		}
	}
	if e, ok := keys["split"]; ok {
		out.Split, out.SplitPos = d.counts(e, "data.split", []string{"val", "test"}), d.pos(e.node)
	}
	if e, ok := keys["samples"]; ok {
		out.Samples = d.counts(e, "data.samples", []string{"train", "val"})
	}
	return out
}

// counts decodes a map of numbers of samples.
func (d *document) counts(e entry, path string, known []string) map[string]int {
	out := map[string]int{}
	for key, c := range d.section(e.value, path, known, []string{"seed"}) {
		if real(c.value).ShortTag() == "!!float" {
			d.failf("not-built-yet", c.value, path+"."+key, "a share is part of the language but not built yet").Hint = "a number of samples works"
			continue
		}
		if n := d.wholeFrom(c.value, path+"."+key, 1, 1<<31-1, 0); n > 0 {
			out[key] = n
		}
	}
	return out
}

func (d *document) scalarOf(e entry, path string) *Scalar {
	v, ok := d.scalar(e.value, path, d.constants)
	if !ok {
		return nil
	}
	n := real(e.value)
	return &Scalar{Value: v, Text: n.Value, Pos: d.pos(n), Origin: d.origins[n]}
}

func itoa(n int) string { return fmt.Sprint(n) }
