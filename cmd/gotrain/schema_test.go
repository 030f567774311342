package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	yaml "go.yaml.in/yaml/v4"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// compiled is the schema that `gotrain schema` prints, read by another program.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	var out, errOut bytes.Buffer
	if code := run([]string{"gotrain", "schema"}, nil, &out, &errOut); code != exitOK {
		t.Fatal(code, errOut.String())
	}
	doc, err := jsonschema.UnmarshalJSON(&out)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("gotrain.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("gotrain.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate judges a config by the schema.
func validate(t *testing.T, s *jsonschema.Schema, src []byte) error {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(src, &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// TestSchemaTakesEveryConfig: those of configs/, and the right example of each diagnostic.
func TestSchemaTakesEveryConfig(t *testing.T) {
	s := compiled(t)
	files, err := filepath.Glob("../../configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	for _, path := range files {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, s, src); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, c := range diag.Codes() {
		for _, e := range c.Examples {
			if err := validate(t, s, []byte(e.Right)); err != nil {
				t.Errorf("the right example of %s: %v\n%s", c.Name, err, e.Right)
			}
		}
	}
}

// TestSchemaRefusesWrongKeysAndKinds: what an editor can mark without knowing shapes.
func TestSchemaRefusesWrongKeysAndKinds(t *testing.T) {
	s := compiled(t)
	for _, src := range []string{
		"optimiser: {name: adam}", "data: {source: mnst}", "data: {batch: 3}", "data: {source: digits, batch: many}", "data: {source: digits, batch: 0}",
		"data: {source: digits, sorce: 1}", "data: {source: digits, shuffle: maybe}", "data: 3", "optimizer: {lr: 1}", "optimizer: {name: adm}",
		"optimizer: {name: adam, momentum: 0.9}", "optimizer: {name: sgd, lrate: 1}", "schedule: {name: cosin}", "schedule: {name: cosine, gamma: 3}",
		"vars: {2x: 1}", "vars: {a: {range: [1, 2]}}", "vars: {a: {default: 1, hlep: x}}", "vars: {a: [[1]]}", "model: [1]", "model: {f(x): {y: x}}",
		"metrics: acc", "defaults: {cnv: {bias: false}}", "optimizers: [{name: adam, update: net}]", "optimizers: {name: adam}", "include: {a: b}", "predict: {my-output: x}", "checkpoint: {mode: least}", "checkpoint: {keep: 0}", "checkpoint: {init_from: {fil: x}}", "checkpoint: {init_from: {file: x, only: []}}", "trainer: {max_epoch: 3}",
		"trainer: {max_epochs: many}", "trainer: {early_stop: {patience: [1]}}", "trainer: {log_images: [a]}", "seed: x", "name: [1]",
	} {
		if validate(t, s, []byte(src)) == nil {
			t.Errorf("%q passes", src)
		}
	}
}

// TestSchemaHasEveryKey: a key of the language without a schema would be an error in every
// editor.
func TestSchemaHasEveryKey(t *testing.T) {
	var keys []string
	for path, names := range config.Keys() {
		for _, name := range names {
			if path != "" {
				name = path + "." + name
			}
			if isFlag := slices.ContainsFunc(config.TrainerFlags, func(f config.Flag) bool { return "trainer."+f.Name == name }); !isFlag {
				keys = append(keys, name)
			}
		}
	}
	for _, key := range keys {
		if _, ok := keySchemas[key]; !ok {
			t.Errorf("%q has no schema: add a row to keySchemas in schema.go", key)
		}
	}
	for key := range keySchemas {
		if !slices.Contains(keys, key) {
			t.Errorf("keySchemas has %q, which is no key of the config", key)
		}
	}
}
