package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gotrain/internal/diag"
)

// TestHostileFilesAnswerSoon: what is large or circular is refused within a second or so.
// Each of these took minutes, or the stack, when places and names cost the square of a
// file's length.
func TestHostileFilesAnswerSoon(t *testing.T) {
	lines := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, src := range map[string]string{
		"sum":         "loss: " + strings.Repeat("1+", 400_000) + "1\n",
		"members":     "loss: x" + strings.Repeat(".a", 400_000) + "\n",
		"embedded":    "optimizer: {name: a, lr: \"${" + strings.Repeat("1+", 400_000) + "1}\"}\n",
		"literal":     "loss: |\n" + strings.Repeat("  x +\n", 100_000) + "  y\n",
		"one key":     strings.Repeat("k", 1_000_000) + ": 1\n",
		"near a name": "model: x\n" + strings.Repeat("optimizer", 100_000) + ": 1\n",
		"keys":        lines(90_000, "k%d: 1\n"),
		"few keys":    lines(9_000, "k%d: 1\n"),
		"faults":      "model:\n" + lines(9_000, "  k%d: x $\n"),
		"strange":     "loss: " + strings.Repeat("$", 500_000) + "\n",
		"number":      "loss: " + strings.Repeat("9", 500_000) + "\n",
		"vars":        "vars:\n" + lines(4_000, "  v%d: 1\n") + "optimizer:\n  name: a\n" + lines(4_000, "  o%d: ${v3999 + true}\n"),
	} {
		start := time.Now()
		_, diags := Load("x.yaml", []byte(src), nil)
		var out strings.Builder
		diag.Fprint(&out, diags, func(string) []byte { return []byte(src) }, false)
		if took := time.Since(start); took > 5*time.Second { // the race detector included
			t.Errorf("%s: took %v", name, took)
		}
		if !diags.HasErrors() {
			t.Errorf("%s: no fault", name)
		}
	}
}

func TestHostileFlags(t *testing.T) {
	for _, text := range []string{"&a [*a]", "[&a x, *a]", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "\x00", "\xff", "{", "!!binary x", "- a\n- b"} {
		for _, path := range [][]string{{"vars", "w"}, {"vars", "s"}, {"optimizer", "betas"}, {"optimizer", "betas", "0"}, {"data", "batch"}, {"loss", "kl"}, {"name"}, {"name", "x"}} {
			c, _ := Load("x.yaml", []byte("name: x\nvars: {w: [1], s: x}\noptimizer: {name: x, betas: [1]}\n"), []Override{{path, text, "--x"}})
			if c == nil {
				t.Errorf("%q at %v: no config", text, path)
			}
		}
	}
}

// TestTextVarsKeepTheirText: a flag for a var of text is not read as a number and back.
func TestTextVarsKeepTheirText(t *testing.T) {
	for text, want := range map[string]string{
		"007": "007", "1e3": "1e3", "0x10": "0x10", "true": "true", "null": "null", "~": "~", "a: b": "a: b", "#x": "#x", "": "", "'q'": "q", `"q"`: "q", "2026-01-01": "2026-01-01", "1.50": "1.50",
	} {
		c := load(t, "vars: {w: x}\n", Override{[]string{"vars", "w"}, text, "--w"})
		again := load(t, string(c.Resolved()))
		if c.Vars[0].Value != want || again.Vars[0].Value != want {
			t.Errorf("%q: %q, and %q when resolved; want %q", text, c.Vars[0].Value, again.Vars[0].Value, want)
		}
	}
}

func TestListsOfFractionsStaySo(t *testing.T) {
	c := load(t, "vars: {w: [0.5]}\n", Override{[]string{"vars", "w"}, "1,2", "--w"})
	again := load(t, string(c.Resolved()), Override{[]string{"vars", "w"}, "0.25", "--w"})
	if v := again.Vars[0].Value.([]Value); len(v) != 1 || v[0] != 0.25 {
		t.Errorf("%v", v)
	}
}

func TestPaths(t *testing.T) {
	for path, want := range map[string]bool{
		"data.batch": true, "data.split.val": true, "optimizer.lr": true, "optimizer.betas.0": true, "trainer.monitor": true, "trainer.log_images.sample": true,
		"checkpoint.init_from": true, "checkpoint.init_from.file": true, "checkpoint.init_from.only.1": true, "loss.kl": true,
		"data": false, "data.batchs": false, "checkpoint.init_from.fil": false, "vars.x": false, "": false, "optimizer.": false, "0.0.0": false, "trainer.max": false,
	} {
		if got := ValidPath(strings.Split(path, ".")); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	for path, want := range map[string]string{"data.btach": "data.batch", "optimiser.lr": "optimizer.lr", "zzz.qqq": ""} {
		if got := SuggestPath(strings.Split(path, ".")); got != want {
			t.Errorf("%s: suggests %q, want %q", path, got, want)
		}
	}
	if ValidPath(nil) || SuggestPath(nil) != "" {
		t.Error("no path is no path")
	}
}

// TestNonsenseIsNotCalledUnbuilt: "not built yet" is said only of what the language has.
func TestNonsenseIsNotCalledUnbuilt(t *testing.T) {
	at := func(string) (diag.Pos, string) { return diag.Pos{}, "test" }
	for _, c := range []struct {
		key  string
		v    any
		code string
	}{
		{"devices", 2, "not-built-yet"},
		{"devices", -1, "not-built-yet"},
		{"devices", []Value{int64(0), int64(1)}, "not-built-yet"},
		{"gpus", 4, "not-built-yet"},
		{"num_nodes", "2", "not-built-yet"},
		{"precision", "bf16-mixed", "not-built-yet"},
		{"devices", "two", "bad-value"},
		{"devices", 0, "bad-value"},
		{"gpus", "x", "bad-value"},
		{"num_nodes", 0, "bad-value"},
		{"precision", "33", "bad-value"},
		{"max_epochs", 2.0, "bad-value"},
	} {
		_, diags := DecodeTrainer(map[string]any{c.key: c.v}, at)
		if len(diags.Items) == 0 || diags.Items[0].Code != c.code {
			t.Errorf("%s = %v: %+v, want %s", c.key, c.v, diags.Items, c.code)
		}
	}
}

// TestLineBreaks: YAML's other line breaks would shift every place after them.
func TestLineBreaks(t *testing.T) {
	for _, b := range []string{"\r", "\u0085", "\u2028", "\u2029"} {
		_, diags := Load("x.yaml", []byte("name: \"x"+b+"y\"\nseed: -1\n"), nil)
		if len(diags.Items) != 1 || diags.Items[0].Code != "encoding" || diags.Items[0].Pos.Col != 9 {
			t.Errorf("%q: %+v", b, diags.Items)
		}
	}
	_, diags := Load("x.yaml", []byte("name: x\r\n\r\nseed: -1\r\n"), nil)
	if len(diags.Items) != 1 || diags.Items[0].Pos.Line != 3 {
		t.Errorf("Windows line ends: %+v", diags.Items)
	}
}

func TestItemsOfAbsentLists(t *testing.T) {
	_, diags := Load("x.yaml", []byte("optimizer: {name: adam}\n"), []Override{{[]string{"optimizer", "betas", "0"}, "0.5", "--optimizer.betas.0"}})
	if len(diags.Items) != 1 || diags.Items[0].Code != "bad-path" {
		t.Errorf("%+v", diags.Items)
	}
}
