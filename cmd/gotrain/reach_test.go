package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheLanguagesReach: the examples that show the language check. What is missing is told
// to be not built yet, in a golden that then goes, and nothing else is found wrong.
func TestTheLanguagesReach(t *testing.T) {
	files, err := filepath.Glob("../../internal/config/testdata/reach/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatal(err, files)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			code := run([]string{"gotrain", "check", path, "--json"}, strings.NewReader(""), &out, &errOut)
			if code != exitOK {
				var got struct {
					Problems []struct{ Code, Severity, Text string }
				}
				if err := json.Unmarshal(out.Bytes(), &got); err != nil {
					t.Fatal(err, out.String())
				}
				for _, p := range got.Problems {
					if p.Severity == "error" && p.Code != "not-built-yet" {
						t.Errorf("%s: %s", p.Code, p.Text)
					}
				}
			}
			errOut.Reset()
			run([]string{"gotrain", "check", path}, strings.NewReader(""), &out, &errOut)
			golden := filepath.Join("testdata", "reach", name+".txt")
			printed := strings.ReplaceAll(errOut.String(), filepath.Dir(path)+string(filepath.Separator), "")
			if *update {
				if err := os.MkdirAll(filepath.Dir(golden), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, []byte(printed), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if printed != string(want) {
				t.Errorf("%s differs: run make golden and read the diff\n%s", golden, printed)
			}
		})
	}
}
