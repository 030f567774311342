package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gotrain/internal/config"
)

var (
	fence    = regexp.MustCompile("(?ms)^```(\\w+) ?([^\n]*)\n(.*?)^```$")
	fileMark = regexp.MustCompile(`^# (\S+\.yaml)\n`)
)

// TestTheLanguagesPage: each example of docs/language.md is as it is marked: a whole config
// checks, a wrong one has the fault named, and a file is there for others to include.
func TestTheLanguagesPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/language.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	checked := 0
	for _, m := range fence.FindAllStringSubmatch(string(page), -1) {
		if m[1] != "yaml" {
			continue
		}
		name := "example.yaml"
		if f := fileMark.FindStringSubmatch(m[3]); f != nil {
			name = f[1]
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(m[3]), 0o666); err != nil {
			t.Fatal(err)
		}
		kind, want, _ := strings.Cut(m[2], " ")
		switch kind {
		case "file":
			continue
		case "whole":
		case "wrong":
			if want == "" {
				t.Errorf("a wrong example names no diagnostic:\n%s", m[3])
			}
		default:
			t.Errorf("an example is neither whole, wrong nor a file:\n%s", m[3])
			continue
		}
		checked++
		var out, errOut bytes.Buffer
		code := run([]string{"gotrain", "check", path, "--json"}, strings.NewReader(""), &out, &errOut)
		var got struct {
			Problems []struct{ Code, Severity, Text string }
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		var found []string
		for _, p := range got.Problems {
			found = append(found, p.Code+": "+p.Text)
		}
		switch {
		case want == "" && (code != exitOK || len(found) > 0):
			t.Errorf("exit code %d of\n%s%s", code, m[3], strings.Join(found, "\n"))
		case want != "" && (code != exitUser || len(found) == 0 || !strings.HasPrefix(found[0], want+": ")):
			t.Errorf("exit code %d, not %s, of\n%s%s", code, want, m[3], strings.Join(found, "\n"))
		}
	}
	if checked < 5 {
		t.Errorf("%d examples were found", checked)
	}
}

// TestLightningsPageKnowsEveryFlag: docs/from-lightning.md names each flag, and says of
// those not built yet that they are not, and of no other one.
func TestLightningsPageKnowsEveryFlag(t *testing.T) {
	page, err := os.ReadFile("../../docs/from-lightning.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range config.TrainerFlags {
		var said []string
		for _, line := range strings.Split(string(page), "\n") {
			if strings.Contains(line, "`"+f.Name+"`") {
				said = append(said, line)
			}
		}
		if len(said) == 0 {
			t.Errorf("the page does not name %s", f.Name)
			continue
		}
		if f.Later && !strings.Contains(strings.Join(said, "\n"), "not built yet") {
			t.Errorf("%s is not built yet, and the page does not say so", f.Name)
		}
	}
	_, flags := config.Later()
	row := regexp.MustCompile("(?m)^\\| (`[^|]+) \\| not built yet \\|$").FindSubmatch(page)
	if row == nil {
		t.Fatal("the page has no row of what is not built yet")
	}
	for _, m := range regexp.MustCompile("`(\\w+)`").FindAllSubmatch(row[1], -1) {
		if !slices.Contains(flags, string(m[1])) {
			t.Errorf("the page says that %s is not built yet, and it is", m[1])
		}
	}
}
