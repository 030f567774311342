package diag

import (
	"bytes"
	"strings"
	"testing"
)

// What a file holds must not command the terminal it is shown on.
func TestPrintedTextCannotMoveTheCursor(t *testing.T) {
	var l List
	d := l.Errorf("x", Pos{"a\x1b.yaml", 1, 1, 3}, "bad \x1b[2J and \u202e")
	d.Hint, d.Notes = "\x07", []string{"\r"}
	l.Errorf("x", Pos{}, "%s", strings.Repeat("a", 100_000)).Origin = "--\x1b[31m"
	var out bytes.Buffer
	Fprint(&out, l, func(string) []byte { return []byte("a\x1b[31m\tb\u0085\u2066") }, false)
	if strings.ContainsAny(out.String(), "\x1b\x07\r\t\u0085\u202e\u2066") || out.Len() > 6000 {
		t.Errorf("%q", out.String())
	}
}

func TestSuggestIsBounded(t *testing.T) {
	if s := Suggest(strings.Repeat("optimizer", 100_000), []string{"optimizer", strings.Repeat("x", 100_000)}); s != "" {
		t.Error(s)
	}
}

// A report of many lines, as of weights that do not fit a model, is printed as it is.
func TestPrintedTextMayHaveLines(t *testing.T) {
	var l List
	text := "the weights do not fit:\n" + strings.Repeat("  encoder.dense.weight: not in the file\n", 50)
	l.Errorf("x", Pos{}, "%s", text)
	var out bytes.Buffer
	Fprint(&out, l, nil, false)
	if !strings.Contains(out.String(), strings.TrimSpace(text)) {
		t.Errorf("%s", out.String())
	}
}
