package main

import (
	"maps"
	"slices"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/graph"
	"gotrain/internal/schedule"
)

// The JSON Schema of a config, for editors: keys, kinds and words, with their help. What
// takes names or shapes to judge is check's.

// object is a JSON object of the schema.
type object = map[string]any

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

func anyOf(of ...object) object {
	all := make([]any, len(of))
	for i, o := range of {
		all[i] = o
	}
	return object{"anyOf": all}
}

func enum(words ...string) object {
	all := make([]any, len(words))
	for i, w := range words {
		all[i] = w
	}
	return object{"enum": all}
}

// The kinds of values outside expressions, each of which may be a ${…} too.
var (
	embedded = ref("embedded")
	text     = object{"type": "string"}
	boolean  = anyOf(object{"type": "boolean"}, embedded)
	number   = anyOf(object{"type": "number"}, embedded)
	integer  = anyOf(object{"type": "integer"}, embedded)
	positive = anyOf(object{"type": "integer", "minimum": 1}, embedded)
	span     = anyOf(object{"type": []any{"string", "integer"}}, embedded)
	constant = anyOf(ref("scalar"), object{"type": "array", "items": ref("scalar")})
	counts   = object{"type": "object", "additionalProperties": positive}
	everyMap = object{"type": "object", "additionalProperties": span}
)

// keySchemas says what each key of a section takes, and its help.
var keySchemas = map[string]struct {
	schema object
	help   string
}{
	"name":       {text, "name of the run and of its folder; the file's name by default"},
	"seed":       {integer, "what every draw and every new weight comes from; 0 by default"},
	"include":    {anyOf(text, object{"type": "array", "items": text}), "files that this one is merged over; key: !drop takes away"},
	"vars":       {object{"type": "object", "propertyNames": ref("name"), "additionalProperties": ref("var")}, "constants that are flags too: --latent 32"},
	"data":       {ref("data"), "what to read"},
	"defaults":   {object{"type": "object", "propertyNames": object{"enum": words(graph.OpNames())}, "additionalProperties": ref("arguments")}, "arguments of ops where a call gives none: conv: {bias: false}"},
	"blocks":     {ref("bodies"), "templates, name(x, k=3): new weights at each use"},
	"model":      {ref("bodies"), "values, and nets name(x): one set of weights each"},
	"loss":       {anyOf(ref("expression"), ref("terms")), "one number per sample, or named terms of which the total is the sum"},
	"metrics":    {ref("terms"), "named expressions, reported per epoch"},
	"predict":    {ref("terms"), "named expressions: what gotrain predict --output NAME writes"},
	"optimizer":  {ref("optimizer"), "how to train"},
	"optimizers": {object{"type": "array", "items": ref("update"), "minItems": 1}, "several, run in order for each batch"},
	"schedule":   {ref("schedule"), "how the learning rate goes"},
	"checkpoint": {ref("checkpoint"), "what is kept"},
	"trainer":    {ref("trainer"), "the trainer flags, under Lightning's names"},

	"data.source":  {object{"enum": words(data.Names())}, "where samples come from"},
	"data.batch":   {positive, "samples in a batch; 32 by default"},
	"data.dir":     {text, "a folder with the source's files, looked into first"},
	"data.split":   {counts, "samples taken from train: {val: 5000}"},
	"data.samples": {counts, "sizes of a drawn source: {train: 10000, val: 1000}"},
	"data.path":    {anyOf(text, object{"type": "object", "additionalProperties": text}), "the file of npz or npy; of npy also a file a field: {x: x.npy}"},
	"data.pairs":   {text, "pairs of labelled pictures, by this field of classes: left, right, same"},
	"data.shuffle": {boolean, "whether train is shuffled each epoch; true by default"},

	"vars.*.default": {constant, "the value where no flag sets it"},
	"vars.*.range":   {object{"type": "array", "items": object{"type": "number"}, "minItems": 2, "maxItems": 2}, "smallest and largest value"},
	"vars.*.choices": {object{"type": "array", "items": ref("scalar"), "minItems": 1}, "the values that there are"},
	"vars.*.log":     {boolean, "a sweep's steps are by factors"},
	"vars.*.help":    {text, "one line for --help"},

	"checkpoint.monitor":   {text, "the curve whose best is kept; val/loss by default"},
	"checkpoint.mode":      {enum("min", "max"), "which is better"},
	"checkpoint.keep":      {positive, "how many of the best are kept; 1 by default"},
	"checkpoint.every":     {span, "how often last is written beside validations: 500 steps, 10m"},
	"checkpoint.init_from": {anyOf(text, ref("init_from")), "weights to start from: a .safetensors file or a checkpoint, whole, or a map of it and which to take"},

	"checkpoint.init_from.file": {text, "the .safetensors file or checkpoint"},
	"checkpoint.init_from.only": {anyOf(text, object{"type": "array", "items": text, "minItems": 1}), "the weights to take: a net, a glob of names (encoder.*), or a list of them; the others are new"},

	"trainer.monitor":              {text, "short for checkpoint.monitor"},
	"trainer.mode":                 {enum("min", "max"), "short for checkpoint.mode"},
	"trainer.log_images":           {everyMap, "predict outputs drawn from time to time: {sample: 1 epoch}"},
	"trainer.early_stop":           {ref("early_stop"), "stop when a curve gets no better"},
	"trainer.early_stop.monitor":   {text, "the curve; checkpoint.monitor by default"},
	"trainer.early_stop.mode":      {enum("min", "max"), "which is better"},
	"trainer.early_stop.patience":  {span, "how long without a better value: validations, or 5 epochs"},
	"trainer.early_stop.min_delta": {number, "by how much it must be better"},
}

func words(names []string) []any {
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = n
	}
	return out
}

// section is the schema of a map with a fixed set of keys.
func section(path string, required ...string) object {
	properties := object{}
	for _, key := range config.Keys()[path] {
		full := key
		if path != "" {
			full = path + "." + key
		}
		k := keySchemas[full]
		properties[key] = described(k.schema, k.help)
	}
	s := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = words(required)
	}
	return s
}

// described is a schema with the help that an editor shows.
func described(s object, help string) object {
	if s == nil {
		return nil
	}
	s = maps.Clone(s)
	s["description"] = help
	return s
}

// flagSchema is what a trainer flag takes in the file. Nothing is as if absent.
func flagSchema(f config.Flag) object {
	kinds := map[config.FlagKind]object{
		config.IntKind:         anyOf(object{"type": []any{"integer", "null"}}, embedded),
		config.BoolKind:        anyOf(object{"type": []any{"boolean", "null"}}, embedded),
		config.BoolOrCountKind: anyOf(object{"type": []any{"boolean", "integer", "null"}}, embedded),
		config.FloatKind:       anyOf(object{"type": []any{"number", "null"}}, embedded),
		config.ListKind:        {"type": []any{"boolean", "string", "array", "null"}, "items": text},
	}
	s, ok := kinds[f.Kind]
	if !ok { // limits and texts: numbers, shares, words, times
		s = object{"type": []any{"string", "number", "boolean", "null"}}
	}
	help := f.Help
	if d := f.DefaultText(); d != "" {
		help += " (default " + d + ")"
	}
	return described(s, help)
}

// named is the schema of a section that names one of several specs and gives its
// arguments; each takes its own only.
func named(docs []graph.OpDoc, more object) object {
	properties := object{}
	var names []string
	var each []any
	for _, d := range docs {
		names = append(names, d.Name)
		keys := append([]string{"name"}, slices.Sorted(maps.Keys(more))...)
		for _, a := range d.Args {
			keys = append(keys, a.Name)
			properties[a.Name] = described(constant, a.Doc)
		}
		each = append(each, object{
			"if":   object{"properties": object{"name": object{"const": d.Name}}, "required": words([]string{"name"})},
			"then": object{"propertyNames": object{"enum": words(keys)}},
		})
	}
	properties["name"] = enum(names...)
	maps.Copy(properties, more)
	return object{"type": "object", "properties": properties, "allOf": each}
}

// updates is the schema of an item of optimizers.
func updates() object {
	s := named(graph.OptimizerDocs(), object{
		"update":   described(constant, "a net, a glob of weights, or a list of them"),
		"minimize": described(ref("expression"), "one number per sample"),
		"every":    described(positive, "batches between its steps; 1 by default"),
		"clamp":    described(number, "weights are kept in ± it"),
	})
	s["required"] = words([]string{"name", "update", "minimize"})
	return s
}

// schema is the whole, draft 2020-12.
func schema() object {
	trainer := section("trainer")
	for _, f := range config.TrainerFlags {
		if !f.Later {
			trainer["properties"].(object)[f.Name] = flagSchema(f)
		}
	}
	var schedules []graph.OpDoc
	for _, s := range schedule.Docs() {
		d := graph.OpDoc{Name: s.Name}
		for _, a := range s.Args {
			d.Args = append(d.Args, graph.ArgDoc{Name: a.Name, Doc: a.Doc})
		}
		schedules = append(schedules, d)
	}
	top := section("")
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = "gotrain config"
	// What a file includes may hold these.
	top["if"] = object{"not": object{"required": words([]string{"include"})}}
	top["then"] = object{"properties": object{
		"data":      object{"required": words([]string{"source"})},
		"optimizer": object{"required": words([]string{"name"})},
		"schedule":  object{"required": words([]string{"name"})},
	}}
	top["$defs"] = object{
		"name":     object{"pattern": `^[\p{L}_][\p{L}\p{M}\p{N}_]*$`},
		"scalar":   object{"type": []any{"string", "number", "boolean"}},
		"embedded": object{"type": "string", "pattern": `\$\{.*\}`},
		"expression": object{
			"description": "an expression, or its steps one a line",
			"type":        []any{"string", "number", "boolean", "array"}, "items": ref("expression"),
		},
		"body":       anyOf(ref("expression"), object{"type": "object", "additionalProperties": ref("expression"), "required": words([]string{"return"})}),
		"bodies":     object{"type": "object", "additionalProperties": ref("body")},
		"terms":      object{"type": "object", "propertyNames": ref("name"), "additionalProperties": ref("expression")},
		"var":        anyOf(constant, section("vars.*", "default")),
		"data":       section("data"),
		"optimizer":  named(graph.OptimizerDocs(), nil),
		"update":     updates(),
		"arguments":  object{"type": "object", "additionalProperties": anyOf(ref("scalar"), object{"type": "array", "items": ref("scalar")})},
		"schedule":   named(schedules, nil),
		"checkpoint": section("checkpoint"),
		"init_from":  section("checkpoint.init_from"),
		"early_stop": section("trainer.early_stop"),
		"trainer":    trainer,
	}
	return top
}
