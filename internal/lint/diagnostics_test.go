package lint

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gotrain/internal/diag"
)

// kebab is how a code is written.
var kebab = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// makers are the functions and literals that take a code, and which of their arguments it is.
var makers = map[string]int{"Errorf": 0, "Warnf": 0, "failf": 0, "fault": 0, "note": 1, "userError": 0}

// use is a place of the code that names a code.
type use struct {
	code string
	at   token.Position
}

// uses finds the codes of a file: arguments of the makers, and what is assigned to Code or
// code.
func uses(fset *token.FileSet, file *ast.File) []use {
	var out []use
	add := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil && kebab.MatchString(text) {
				out = append(out, use{text, fset.Position(lit.Pos())})
			}
		}
	}
	arg := func(fun ast.Expr, args []ast.Expr) {
		at, ok := makers[lastName(fun)]
		if pkg, sel := fun.(*ast.SelectorExpr); sel {
			if id, isName := pkg.X.(*ast.Ident); isName && id.Name == "fmt" {
				return
			}
		}
		if ok && at < len(args) {
			if kv, keyed := args[at].(*ast.KeyValueExpr); keyed {
				add(kv.Value)
			} else {
				add(args[at])
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CallExpr:
			arg(x.Fun, x.Args)
		case *ast.CompositeLit:
			if x.Type != nil {
				arg(x.Type, x.Elts)
			}
		case *ast.AssignStmt:
			for i, to := range x.Lhs {
				if name := lastName(to); (name == "Code" || name == "code") && i < len(x.Rhs) {
					add(x.Rhs[i])
				}
			}
		}
		return true
	})
	return out
}

// lastName is f of f, x.f and y.x.f.
func lastName(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

// TestEveryCodeIsARow: what is told to a user is explained by a row of diag.Codes, and no
// row is of a code that nothing tells.
func TestEveryCodeIsARow(t *testing.T) {
	rows := map[string]bool{}
	for _, c := range diag.Codes() {
		if rows[c.Name] || !kebab.MatchString(c.Name) {
			t.Errorf("diag.Codes: %q stands twice, or is no kebab-case word", c.Name)
		}
		rows[c.Name] = true
	}
	used := map[string]bool{}
	root := filepath.Join("..", "..")
	for _, dir := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				return err
			}
			for _, u := range uses(fset, file) {
				used[u.code] = true
				if !rows[u.code] {
					t.Errorf("%s: the code %q has no row. Add to the internal/diag/codes_*.go of its subject:\n\t{\n\t\tName: %q, Title: \"one line\",\n\t\tText: \"what it means and what to do\",\n\t\tExamples: []Example{{Wrong: \"a config that gets it\", Right: \"the same, mended\"}},\n\t},\nthen run `go test ./cmd/gotrain -run Diagnostics -update` and read cmd/gotrain/testdata/diagnostics/%s.txt",
						u.at, u.code, u.code, u.code)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range rows {
		if !used[name] {
			t.Errorf("the row %q of diag.Codes is of a code that nothing tells: remove it", name)
		}
	}
}
