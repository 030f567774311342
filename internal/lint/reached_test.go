package lint

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// told are the packages of which each place that makes a diagnostic must be reached.
var told = []string{"internal/config", "internal/graph"}

// faultMakers are the functions and literals that make a diagnostic: makers, and those that
// know their code.
var faultMakers = []string{"Errorf", "Warnf", "failf", "fault", "note", "userError", "shapef", "argf"}

// TestEveryDiagnosticIsReached: each place of config and graph that makes a diagnostic is
// reached by a golden: an example of diag.Codes or a file of testdata/faults. One that no
// input reaches is a place that should not exist.
func TestEveryDiagnosticIsReached(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds three test programs with coverage")
	}
	reached := coveredLines(t)
	for _, dir := range told {
		files, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(err, files)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			name := filepath.ToSlash(filepath.Join(dir, filepath.Base(path)))
			for _, at := range faultSites(t, path) {
				if !slices.ContainsFunc(reached[module+name], func(b block) bool { return b.holds(at) }) {
					t.Errorf("%s:%d: no golden reaches this diagnostic. Add a config that gets it to %s/testdata/faults/*.yaml, or an example to internal/diag/codes_*.go, and run make golden; if no input can get there, remove it", name, at.Line, dir)
				}
			}
		}
	}
}

// faultSites finds the places of a file that make a diagnostic; what is inside the makers
// themselves counts too.
func faultSites(t *testing.T, path string) []token.Position {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []token.Position
	ast.Inspect(file, func(n ast.Node) bool {
		name := ""
		switch x := n.(type) {
		case *ast.CallExpr:
			name = lastName(x.Fun)
			if sel, ok := x.Fun.(*ast.SelectorExpr); ok && lastName(sel.X) == "fmt" {
				name = ""
			}
		case *ast.CompositeLit:
			name = lastName(x.Type)
		}
		if slices.Contains(faultMakers, name) {
			out = append(out, fset.Position(n.Pos()))
		}
		return true
	})
	return out
}

// block is a run of statements that is always executed as a whole.
type block struct{ fromLine, fromCol, toLine, toCol int }

func (b block) holds(p token.Position) bool {
	after := p.Line > b.fromLine || p.Line == b.fromLine && p.Column >= b.fromCol
	before := p.Line < b.toLine || p.Line == b.toLine && p.Column < b.toCol
	return after && before
}

// coveredLines runs the tests of the goldens and gives what they executed, by file.
func coveredLines(t *testing.T) map[string][]block {
	profile := filepath.Join(t.TempDir(), "cover")
	var cover, tested []string
	for _, dir := range told {
		cover = append(cover, module+dir)
		tested = append(tested, "./"+dir)
	}
	cmd := exec.Command("go", append([]string{
		"test", "-run", "^(TestFaults|TestDiagnostics|TestDiagnosticsHaveGoldens)$",
		"-coverpkg", strings.Join(cover, ","), "-coverprofile", profile, "./cmd/gotrain",
	}, tested...)...)
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the goldens of the diagnostics: %v\n%s", err, out)
	}
	f, err := os.Open(profile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string][]block{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		file, rest, ok := strings.Cut(lines.Text(), ":")
		var b block
		var statements, count int
		if n, _ := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &b.fromLine, &b.fromCol, &b.toLine, &b.toCol, &statements, &count); ok && n == 6 && count > 0 {
			out[file] = append(out[file], b)
		}
	}
	return out
}
