package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotrain/internal/diag"
)

// TestDiagnosticsHaveGoldens runs both examples of each row of the table of diagnostics:
// the wrong one gives the code and what its golden holds, the right one no error.
func TestDiagnosticsHaveGoldens(t *testing.T) {
	var goldens []string
	for _, c := range diag.Codes() {
		if c.Title == "" || c.Text == "" {
			t.Errorf("%s: a row of diag.Codes has a Title and a Text", c.Name)
		}
		if len(c.Examples) == 0 {
			t.Errorf("%s: a row of diag.Codes has Examples: a wrong and a right config, or command line, that a test can run", c.Name)
		}
		for i, e := range c.Examples {
			name := c.Name
			if i > 0 {
				name += fmt.Sprintf("_%d", i+1)
			}
			goldens = append(goldens, name+".txt")
			t.Run(name, func(t *testing.T) { checkExample(t, c, e, filepath.Join("testdata", "diagnostics", name+".txt")) })
		}
	}
	entries, err := os.ReadDir(filepath.Join("testdata", "diagnostics"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(goldens, e.Name()) {
			t.Errorf("testdata/diagnostics/%s is of no row of diag.Codes: remove it", e.Name())
		}
	}
}

func checkExample(t *testing.T, c diag.Code, e diag.Example, golden string) {
	golden, err := filepath.Abs(golden)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	wrong, right := e.Configs()
	wrongCommand, rightCommand := e.Commands()
	for _, before := range e.Before {
		if code, _, errOut := runOn(t, right, before); code != exitOK {
			t.Fatalf("gotrain %s on the right config: exit code %d\n%s", before, code, errOut)
		}
	}
	if code, _, errOut := runOn(t, right, rightCommand); code != exitOK || strings.Contains(errOut, "warning") {
		t.Errorf("the right example of %s (gotrain %s): exit code %d\n%s", c.Name, rightCommand, code, errOut)
	}
	for _, setting := range e.Env {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv(name, value)
	}
	code, _, printed := runOn(t, wrong, wrongCommand)
	if code != exitOK && code != exitUser && code != exitEnvironment {
		t.Errorf("the wrong example of %s: exit code %d\n%s", c.Name, code, printed)
	}
	type found struct{ Code string }
	var got struct{ Problems, Warnings []found }
	isIt := func(d found) bool { return d.Code == c.Name }
	given := strings.Contains(printed, "warning: ")
	if code != exitOK || wrongCommand == "check FILE" { // of other verbs, warnings alone are on standard error
		_, asJSON, _ := runOn(t, wrong, wrongCommand+" --json")
		if err := json.Unmarshal([]byte(asJSON), &got); err != nil {
			t.Fatalf("--json: %v\n%s", err, asJSON)
		}
		given = slices.ContainsFunc(got.Problems, isIt) || slices.ContainsFunc(got.Warnings, isIt)
	}
	if !given {
		t.Errorf("the wrong example of %s (gotrain %s) does not give it, but\n%s", c.Name, wrongCommand, printed)
	}
	if *update {
		if err := os.WriteFile(golden, []byte(printed), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v: `go test ./cmd/gotrain -run Diagnostics -update` writes it: read it then", err)
	}
	if printed != string(want) {
		t.Errorf("%s differs: run make golden and read the diff\n%s", golden, printed)
	}
}

// runOn runs gotrain with a command line in which FILE is config.yaml, which holds src.
func runOn(t *testing.T, src, command string) (code int, out, errOut string) {
	t.Helper()
	if err := os.WriteFile("config.yaml", []byte(src), 0o666); err != nil {
		t.Fatal(err)
	}
	argv := append([]string{"gotrain"}, strings.Fields(strings.ReplaceAll(command, "FILE", "config.yaml"))...)
	var o, e bytes.Buffer
	code = run(argv, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}
