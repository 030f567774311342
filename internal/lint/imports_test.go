package lint

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "gotrain/"

// pkg is what `go list` says of a package.
type pkg struct {
	ImportPath, Dir                    string
	GoFiles                            []string
	Imports, TestImports, XTestImports []string
}

// list gives the packages of the module under a set of build tags.
func list(t *testing.T, tags string) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", tags, "-json=ImportPath,Dir,GoFiles,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		pkgs = append(pkgs, p)
	}
}

// mayImport holds the project packages that each package may import: the arrows of
// ARCHITECTURE.md. A package that is not here may import none.
var mayImport = map[string][]string{
	"cmd/gotrain":                {"*"},
	"internal/config":            {"internal/diag"},
	"internal/graph":             {"internal/config", "internal/diag", "internal/formula", "internal/rng"},
	"internal/graph/optest":      {"internal/config", "internal/diag", "internal/graph", "internal/rng"},
	"internal/engine":            {"internal/graph", "internal/formula"},
	"internal/engine/cpu":        {"internal/engine", "internal/graph", "internal/formula", "internal/rng"},
	"internal/engine/null":       {"internal/engine"},
	"internal/engine/enginetest": {"internal/engine", "internal/graph", "internal/graph/optest", "internal/formula", "internal/rng"},
	"internal/cuda":              {"internal/engine"},
	"internal/data":              {"internal/config", "internal/diag", "internal/rng", "internal/units"},
	"internal/train":             {"internal/ckpt", "internal/config", "internal/data", "internal/ddp", "internal/diag", "internal/engine", "internal/graph", "internal/logger", "internal/schedule", "internal/units"},
	"internal/schedule":          {"internal/config", "internal/diag"},
	"internal/ckpt":              {}, // knows names, shapes and bytes only
	"internal/logger":            {"internal/units"},
	"internal/ddp":               {},
	"internal/diag":              {},
	"internal/formula":           {},
	"internal/rng":               {},
	"internal/units":             {},
	"internal/lint":              {"internal/diag"},
}

func TestImportsFollowTheArchitecture(t *testing.T) {
	for _, p := range list(t, "gpu") {
		allowed, known := mayImport[p.ImportPath]
		if !known {
			t.Errorf("%s is in no rule: add its arrows to mayImport and to ARCHITECTURE.md", p.ImportPath)
			continue
		}
		if slices.Contains(allowed, "*") {
			continue
		}
		for _, imp := range p.Imports {
			rel, ours := strings.CutPrefix(imp, module)
			if ours && !slices.Contains(allowed, rel) {
				t.Errorf("%s imports %s: only %v may it import, so that the layers hold", p.ImportPath, rel, allowed)
			}
		}
	}
}

func TestGorgoniaStaysInItsRooms(t *testing.T) {
	rooms := []string{"internal/graph", "internal/cuda"}
	for _, p := range list(t, "gpu") {
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, "gorgonia.org/") && !slices.Contains(rooms, p.ImportPath) {
				t.Errorf("%s imports %s: gorgonia is the symbolic layer, seen by %v alone", p.ImportPath, imp, rooms)
			}
		}
	}
}

func TestCudaOnlyUnderItsTag(t *testing.T) {
	for _, p := range list(t, "") {
		for _, imp := range p.Imports {
			if imp == module+"internal/cuda" || imp == "gorgonia.org/cu" {
				t.Errorf("%s imports %s without the tag gpu: the default build has no GPU code", p.ImportPath, imp)
			}
		}
	}
}

// TestNoExitNoInit parses the sources: os.Exit only in cmd/gotrain, init functions nowhere.
func TestNoExitNoInit(t *testing.T) {
	for _, p := range list(t, "gpu") {
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch x := n.(type) {
				case *ast.FuncDecl:
					if x.Recv == nil && x.Name.Name == "init" {
						t.Errorf("%s: an init function: state is made where it is asked for", fset.Position(x.Pos()))
					}
				case *ast.SelectorExpr:
					if id, ok := x.X.(*ast.Ident); ok && id.Name == "os" && x.Sel.Name == "Exit" && p.ImportPath != "cmd/gotrain" {
						t.Errorf("%s: os.Exit outside cmd/gotrain: return an error", fset.Position(x.Pos()))
					}
				}
				return true
			})
		}
	}
}

// gorgonia's own code is switched on by these tags: ours must not have their names.
var taken = []string{"cuda", "debug", "native", "noasm", "avx", "sse", "fastmath", "inplacetranspose"}

func TestNoTakenBuildTag(t *testing.T) {
	out, err := exec.Command("git", "-C", "../..", "grep", "-hE", "^//go:build ", "--", "*.go").Output()
	if err != nil && len(out) == 0 {
		t.Skip("no build constraints in the tree, or no git")
	}
	for line := range strings.Lines(string(out)) {
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" !&|()\n", r) }) {
			if slices.Contains(taken, word) {
				t.Errorf("build tag %q switches on gorgonia's own code: %s", word, line)
			}
		}
	}
}
