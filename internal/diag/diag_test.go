package diag

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	keys := []string{"optimizer", "trainer", "data", "lr", "dense", "relu", "max_epochs", "image", "limit_train_batches"}
	for name, want := range map[string]string{
		"optimiser": "optimizer", "trianer": "trainer", "dat": "data", "Dense": "dense", "linear": "dense", "learning_rate": "lr",
		"max-epochs": "max_epochs", "maxepoch": "max_epochs", "imgae": "image", "limit_train_batch": "limit_train_batches",
		"zzz": "", "": "", "x": "", "conv": "", "den": "dense", "opt": "optimizer", "de": "",
	} {
		if got := Suggest(name, keys); got != want {
			t.Errorf("%q: suggests %q, want %q", name, got, want)
		}
	}
}

func sample() List {
	var l List
	d := l.Errorf("unknown-flag", Pos{}, "unknown flag")
	d.Origin, d.Hint = "--latnt", "did you mean --latent?"
	l.Warnf("unused", Pos{"a.yaml", 3, 1, 4}, "nothing uses %q", "late")
	l.Errorf("unknown-name", Pos{"a.yaml", 2, 6, 5}, "unknown name %q", "βeta").Notes = []string{"add it:", "  βeta: 1"}
	return l
}

func TestPrinted(t *testing.T) {
	l := sample()
	l.Sort()
	var out bytes.Buffer
	Fprint(&out, l, func(string) []byte { return []byte("model:\n  z: βetaX\nlate: 1\n") }, false)
	want := `a.yaml:2:6  unknown name "βeta"
        z: βetaX
           ^^^^^
      add it:
        βeta: 1
a.yaml:3:1  warning: nothing uses "late"
      late: 1
      ^^^^
--latnt     unknown flag         did you mean --latent?
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestSummary(t *testing.T) {
	l := sample()
	if got := l.Summary(); got != "2 problems." {
		t.Errorf("%q", got)
	}
}

func TestPrintedPositionsMayBeWrong(t *testing.T) {
	var l List
	l.Errorf("x", Pos{"a.yaml", 99, 1, 1}, "beyond the file")
	l.Errorf("x", Pos{"a.yaml", 1, 500, 50}, "beyond the line")
	var out bytes.Buffer
	Fprint(&out, l, func(string) []byte { return []byte("short") }, true)
	Fprint(&out, l, func(string) []byte { return nil }, true)
	if !strings.Contains(out.String(), "beyond the line") {
		t.Error(out.String())
	}
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	if err := FprintJSON(&out, sample()); err != nil {
		t.Fatal(err)
	}
	type item struct {
		Code, Severity, Text, Origin, Hint string
		Pos                                struct {
			File      string
			Line, Col int
		}
	}
	var got struct{ Problems, Warnings []item }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Problems) != 2 || got.Problems[0].Origin != "--latnt" || got.Problems[1].Pos.Line != 2 {
		t.Errorf("%s", out.String())
	}
	if len(got.Warnings) != 1 || got.Warnings[0].Severity != "warning" || got.Warnings[0].Code != "unused" {
		t.Errorf("%s", out.String())
	}
	out.Reset()
	if err := FprintJSON(&out, List{}); err != nil || out.String() != `{"problems":[],"warnings":[]}`+"\n" {
		t.Errorf("%s %v", out.String(), err)
	}
}

func TestErrIsNilWithoutErrors(t *testing.T) {
	var l List
	l.Warnf("x", Pos{}, "only a warning")
	if err := l.Err(); err != nil {
		t.Error(err)
	}
	l.Errorf("x", Pos{}, "first")
	l.Errorf("x", Pos{}, "second")
	var list *ListError
	if err := l.Err(); !errors.As(err, &list) || err.Error() != "first (and 1 more problems)" {
		t.Errorf("%v", err)
	}
}
