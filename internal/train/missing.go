package train

import (
	"fmt"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/diag"
)

// Verb is what a user asked for.
type Verb string

// The verbs that run a model.
const (
	FitVerb      Verb = "fit"
	ValidateVerb Verb = "validate"
	TestVerb     Verb = "test"
	PredictVerb  Verb = "predict"
)

// part is a section that a verb cannot do without, and lines that would add it.
type part struct {
	name    string
	missing func(c *config.Config) bool
	why     string
	paste   []string
}

var (
	dataPart = part{
		"data", func(c *config.Config) bool { return c.Data == nil }, "says what to read",
		[]string{"data: {source: digits, batch: 128}    # or: {source: mnist, batch: 128}"},
	}
	lossPart = part{
		"loss", func(c *config.Config) bool { return len(c.Loss) == 0 }, "says what to make small",
		[]string{"loss: cross_entropy(logits, label)    # one number per sample, from values of model: and fields of data:"},
	}
	optimizerPart = part{
		"optimizer", func(c *config.Config) bool { return c.Optimizer == nil }, "says how to train",
		[]string{"optimizer: {name: adam, lr: 1e-3}"},
	}
	scorePart = part{
		"loss or metrics", func(c *config.Config) bool { return len(c.Loss) == 0 && len(c.Metrics) == 0 }, "says what to measure",
		[]string{"metrics:", "  acc: accuracy(logits, label)"},
	}
	predictPart = part{
		"predict", func(c *config.Config) bool { return len(c.Predict) == 0 }, "names what to compute",
		[]string{"predict:", "  output: sigmoid(logits)    # any expression of model: values; `gotrain predict FILE --output output`"},
	}
)

var needs = map[Verb][]part{
	FitVerb:      {dataPart, lossPart, optimizerPart},
	SummaryVerb:  {dataPart, lossPart, optimizerPart},
	ProfileVerb:  {dataPart, lossPart, optimizerPart},
	ValidateVerb: {dataPart, scorePart},
	TestVerb:     {dataPart, scorePart},
	PredictVerb:  {predictPart},
}

// Require names every section that verb needs and the config lacks, with lines to paste.
func Require(verb Verb, c *config.Config) diag.List {
	var l diag.List
	if (verb == FitVerb || verb == SummaryVerb || verb == ProfileVerb) && len(c.Optimizers) > 0 {
		l.Errorf("not-built-yet", c.Sections["optimizers"], "several optimizers are read and checked, and do not train yet").Path = "optimizers"
		return l
	}
	for _, p := range needs[verb] {
		if p.missing(c) {
			d := l.Errorf("missing-section", diag.Pos{File: c.File}, "no %s section: %s needs one, it %s", p.name, verb, p.why)
			d.Hint = "add it, for example:"
			d.Notes = p.paste
		}
	}
	return l
}

// noSplit is the error of a data set without the split that verb runs on.
func noSplit(verb Verb, c *config.Config, split string) error {
	var l diag.List
	d := l.Errorf("missing-split", c.Data.Pos, "data source %q gives no %s split, and %s runs on it", c.Data.Source, split, verb)
	d.Path, d.Hint = "data", "take one from train, for example:"
	size, known := data.SizeOf(*c.Data, data.Options{})
	if known && size.Train < 2 {
		d.Hint = "train has a single sample, of which none can be taken: add data"
		return l.Err()
	}
	parts := []string{fmt.Sprintf("%s: %d", split, tenth(size.Train))}
	for _, other := range []string{"val", "test"} {
		if n := c.Data.Split[other]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", other, n))
		}
	}
	d.Notes = []string{"data:", "  split: {" + strings.Join(parts, ", ") + "}"}
	return l.Err()
}

// tenth is a tenth of n samples to two digits, and at least 1.
func tenth(n int) int {
	n /= 10
	scale := 1
	for n/scale >= 100 {
		scale *= 10
	}
	return max(n/scale*scale, 1)
}
