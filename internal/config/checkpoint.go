package config

import (
	"math"

	yaml "go.yaml.in/yaml/v4"
)

var earlyStopKeys = []string{"monitor", "mode", "patience", "min_delta"}

// patience is Lightning's: so many validations without a better value.
const patience = 3

// earlyStop decodes trainer.early_stop. A monitor or mode that it leaves out is the
// checkpoint's: see settleEarlyStop.
func (d *document) earlyStop(n *yaml.Node) *EarlyStop {
	out := &EarlyStop{Pos: d.pos(n), Patience: Span{N: patience}}
	keys := d.section(n, "trainer.early_stop", earlyStopKeys, nil)
	if e, ok := keys["monitor"]; ok {
		out.Monitor, out.Pos, out.Origin = d.word(e, "trainer.early_stop.monitor"), d.pos(e.value), d.origins[real(e.value)]
	}
	if e, ok := keys["mode"]; ok {
		d.mode(&out.Mode, e, "trainer.early_stop.mode")
		out.ModeGiven = true
	}
	if e, ok := keys["patience"]; ok {
		if s, ok := d.span(e.value, "trainer.early_stop.patience", NoUnit, NoUnit, Epochs, Steps); ok {
			out.Patience = s
		}
	}
	if e, ok := keys["min_delta"]; ok {
		v, ok := d.scalar(e.value, "trainer.early_stop.min_delta", d.constants)
		f, isNumber := asFloat(v)
		if ok && !(isNumber && f >= 0 && f <= math.MaxFloat64) {
			d.failf("bad-value", real(e.value), "trainer.early_stop.min_delta", "min_delta: expected a number from 0, found %s", kindName(e.value))
		}
		out.MinDelta = f
	}
	return out
}

// settleEarlyStop gives early_stop what it leaves to the checkpoint.
func (c *Config) settleEarlyStop() {
	e := c.EarlyStop
	if e == nil {
		return
	}
	if e.Monitor == "" {
		e.Monitor, e.Origin = c.Checkpoint.Monitor, c.Checkpoint.Origin
	}
	if e.Mode == "" {
		e.Mode = "min"
		if e.Monitor == c.Checkpoint.Monitor {
			e.Mode, e.ModeGiven = c.Checkpoint.Mode, c.Checkpoint.ModeGiven
		}
	}
}

var checkpointKeys = []string{"monitor", "mode", "keep", "every", "init_from"}

func (d *document) checkpoint(c *Config, n *yaml.Node) {
	keys := d.section(n, "checkpoint", checkpointKeys, nil)
	d.monitor(c, keys, "checkpoint")
	if e, ok := keys["keep"]; ok {
		c.Checkpoint.Keep = d.wholeFrom(e.value, "checkpoint.keep", 1, 1000, 1)
	}
	if e, ok := keys["every"]; ok {
		c.Checkpoint.Every, _ = d.span(e.value, "checkpoint.every", Steps, Steps, Seconds)
	}
	if e, ok := keys["init_from"]; ok {
		c.InitFrom = d.initFrom(e)
	}
}

var initFromKeys = []string{"file", "only"}

// initFrom decodes a file of weights, or a map of it and of which of them to take; nil where
// that is faulty.
func (d *document) initFrom(e entry) *InitFrom {
	const path = "checkpoint.init_from"
	file, at := e, path
	faults := len(d.diags.Items)
	out := &InitFrom{}
	if real(e.value).Kind == yaml.MappingNode {
		keys := d.section(e.value, path, initFromKeys, nil)
		if only, ok := keys["only"]; ok {
			before := len(d.diags.Items)
			out.Only = d.updates(only, path+".only")
			if len(out.Only) == 0 && len(d.diags.Items) == before {
				d.failf("missing-value", real(only.value), path+".only", "only names no weights").Hint = `name a net or a glob, only: "encoder.*", or leave it out to take all`
			}
		}
		var ok bool
		if file, ok = keys["file"]; !ok {
			d.failf("missing-value", real(e.value), path, "init_from has no file").Hint = `for example: init_from: {file: other.safetensors, only: "encoder.*"}`
			return nil
		}
		at += ".file"
	}
	out.File, out.Pos, out.Origin = d.path(file, "", at).Path, d.pos(real(file.value)), d.origins[real(file.value)]
	if out.File == "" && len(d.diags.Items) == faults {
		d.failf("missing-value", real(file.value), at, "init_from has no file").Hint = "leave it out to start from new weights"
	}
	if len(d.diags.Items) > faults {
		return nil
	}
	return out
}

// monitor decodes monitor and mode, of checkpoint or, for short, of trainer. A mode belongs
// to its monitor: a flag that changes the one alone would keep the worst as the best.
func (d *document) monitor(c *Config, keys map[string]entry, section string) {
	e, ok := keys["monitor"]
	if ok {
		c.Checkpoint.Monitor, c.Checkpoint.Pos = d.word(e, section+".monitor"), d.pos(e.value)
		c.Checkpoint.Origin = d.origins[real(e.value)]
	}
	m, hasMode := keys["mode"]
	if hasMode {
		d.mode(&c.Checkpoint.Mode, m, section+".mode")
		c.Checkpoint.ModeGiven = true
	}
	set := ok && c.Checkpoint.Origin != ""
	if modeFromFile := c.modeInFile || hasMode && d.origins[real(m.value)] == ""; set && modeFromFile && !(hasMode && d.origins[real(m.value)] != "") {
		g := d.failf("mode-needed", real(e.value), section+".monitor", "the file's mode, %s, is for its own monitor", c.Checkpoint.Mode)
		g.Hint = "say which is better of " + c.Checkpoint.Monitor + ": --checkpoint.mode min or max"
	}
	c.modeInFile = c.modeInFile || hasMode && d.origins[real(m.value)] == ""
}

func (d *document) mode(into *string, e entry, path string) {
	switch w := d.word(e, path); w {
	case "min", "max":
		*into = w
	case "":
	default:
		d.failf("bad-value", e.value, path, "mode is min or max, found %q", w)
	}
}
