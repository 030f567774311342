package config

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gotrain/internal/diag"
)

func parseOne(t *testing.T, text string) Expr {
	t.Helper()
	e, diags := ParseExpr(text, diag.Pos{File: "x", Line: 1, Col: 1})
	if err := diags.Err(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

// structure writes a tree with every grouping shown.
func structure(e Expr) string {
	switch x := e.(type) {
	case *Unary:
		return "(-" + structure(x.X) + ")"
	case *Binary:
		return "(" + structure(x.X) + x.Op + structure(x.Y) + ")"
	case *Compare:
		return "(" + structure(x.X) + x.Op + structure(x.Y) + ")"
	case *Pipe:
		s := "(" + structure(x.Head)
		for _, step := range x.Steps {
			s += "->" + structure(step)
		}
		return s + ")"
	case *Call:
		var args []string
		for _, a := range x.Args {
			s := structure(a.Value)
			if a.Name != "" {
				s = a.Name + "=" + s
			}
			args = append(args, s)
		}
		return x.Fn + "(" + strings.Join(args, ",") + ")"
	case *Member:
		return structure(x.X) + "." + x.Name
	}
	return String(e)
}

func TestPrecedence(t *testing.T) {
	for text, want := range map[string]string{
		"1 + 2*3":                       "(1+(2*3))",
		"-x**2":                         "(-(x**2))",
		"2**-1":                         "(2**(-1))",
		"2**3**2":                       "(2**(3**2))",
		"x^2":                           "(x**2)",
		"a - b - c":                     "((a-b)-c)",
		"W @ x + b":                     "((W@x)+b)",
		"a + b < c*2":                   "((a+b)<(c*2))",
		"x -> f(a) -> g":                "(x->f(a)->g)",
		"x -> _ + (n(_) -> att(h))":     "(x->(_+(n(_)->att(h))))",
		"f(x -> g, k=3)":                "f((x->g),k=3)",
		"image.shape":                   "image.shape",
		"-a.b":                          "(-a.b)",
		"mu + exp(0.5*logvar) * r(mu)":  "(mu+(exp((0.5*logvar))*r(mu)))",
		"if(x.shape == y.shape, x, 2)":  "if((x.shape==y.shape),x,2)",
		"repeat(k in [2, 4], stage(k))": "repeat(k in [2, 4],stage(k))",
		"β*kl_normal(mu, reduce=sum)":   "(β*kl_normal(mu,reduce=sum))",
	} {
		if got := structure(parseOne(t, text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]Value{
		"1": int64(1), "1.0": 1.0, "1e-3": 1e-3, ".5": 0.5, "0x1F": int64(31), "010": int64(10), "1E4": 1e4, "3.": 3.0,
		"2*3": int64(6), "1/2": 0.5, "2**10": int64(1024), "2**-1": 0.5, "-1**2": int64(-1), "7 - 10": int64(-3),
		"1 < 2": true, "1 == 1.0": true, `"a" == "a"`: true, "[1, 2][1]": int64(2), "if(1 < 2, 3, 4)": int64(3),
	} {
		v, diags := EvalConst(parseOne(t, text), noVars)
		if err := diags.Err(); err != nil || v != want {
			t.Errorf("%s = %v (%v), want %v", text, v, err, want)
		}
	}
	for _, text := range []string{"1/0", "10**400", "2**60", "x", "[1][3]", "1 + true", "10.0**308 * 10"} {
		if _, diags := EvalConst(parseOne(t, text), noVars); !diags.HasErrors() {
			t.Errorf("%s: no fault", text)
		}
	}
}

func TestSyntaxFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":          "an expression is missing",
		"f(x":       `expected ")" to close the call of f`,
		"a +":       "expected a value, found the end",
		"a b":       `unexpected "b"`,
		"f(k=1, x)": "positional argument after a named one",
		"a < b < c": "comparisons do not chain",
		"'abc":      "not closed",
		"x $ y":     "has no meaning here",
		"1e999":     "no number that fits",
		"3x":        "right after the number",
		"x[]":       "expected an index",
		"x.":        "expected a name",
		strings.Repeat("(", 300) + "x" + strings.Repeat(")", 300): "nests deeper",
		strings.Repeat("-", 5000) + "x":                           "nests deeper",
		strings.Repeat("-", 100000) + "x":                         "more than 10000 words",
	} {
		_, diags := ParseExpr(text, diag.Pos{File: "x", Line: 1, Col: 1})
		if !diags.HasErrors() || !strings.Contains(diags.Items[0].Text, want) {
			t.Errorf("%.30q: %v, want %q", text, diags.Items, want)
		}
	}
}

func TestPositionsOfNodes(t *testing.T) {
	e, _ := ParseExpr("αβ + f(x, k=y)", diag.Pos{File: "x", Line: 4, Col: 10})
	call := e.(*Binary).Y.(*Call)
	if p := call.Pos(); p.Col != 15 || p.Width != 9 || p.Line != 4 {
		t.Errorf("call at %+v, want column 15, width 9", p)
	}
	if p := call.Args[1].NamePos; p.Col != 20 {
		t.Errorf("argument name at column %d, want 20", p.Col)
	}
}

// exprs generates trees.
func exprs(depth int) *rapid.Generator[Expr] {
	names := rapid.SampledFrom([]string{"x", "mu", "α_1", "image"})
	leaf := rapid.OneOf(
		rapid.Custom(func(t *rapid.T) Expr { return &Name{Ident: names.Draw(t, "name")} }),
		rapid.Custom(func(t *rapid.T) Expr {
			return &Number{Value: float64(rapid.IntRange(0, 1<<40).Draw(t, "int")), IsInt: true}
		}),
		rapid.Custom(func(t *rapid.T) Expr { return &Number{Value: rapid.Float64Range(0, 1e300).Draw(t, "float")} }),
		rapid.Custom(func(t *rapid.T) Expr { return &Str{Value: rapid.StringMatching(`[a-z "\\']*`).Draw(t, "text")} }),
		rapid.Just(Expr(&Hole{})),
	)
	if depth == 0 {
		return leaf
	}
	sub := exprs(depth - 1)
	return rapid.OneOf(leaf,
		rapid.Custom(func(t *rapid.T) Expr { return &Unary{Op: "-", X: sub.Draw(t, "x")} }),
		rapid.Custom(func(t *rapid.T) Expr {
			return &Binary{Op: rapid.SampledFrom([]string{"+", "-", "*", "/", "@", "**"}).Draw(t, "op"), X: sub.Draw(t, "x"), Y: sub.Draw(t, "y")}
		}),
		rapid.Custom(func(t *rapid.T) Expr {
			return &Compare{Op: rapid.SampledFrom([]string{"<", "<=", ">", ">=", "==", "!="}).Draw(t, "op"), X: sub.Draw(t, "x"), Y: sub.Draw(t, "y")}
		}),
		rapid.Custom(func(t *rapid.T) Expr {
			c := &Call{Fn: names.Draw(t, "fn")}
			for range rapid.IntRange(0, 3).Draw(t, "n") {
				c.Args = append(c.Args, Arg{Value: sub.Draw(t, "arg")})
			}
			for range rapid.IntRange(0, 2).Draw(t, "m") {
				c.Args = append(c.Args, Arg{Name: names.Draw(t, "key"), Value: sub.Draw(t, "arg")})
			}
			return c
		}),
		rapid.Custom(func(t *rapid.T) Expr {
			p := &Pipe{Head: sub.Draw(t, "head")}
			for range rapid.IntRange(1, 3).Draw(t, "n") {
				p.Steps = append(p.Steps, sub.Draw(t, "step"))
			}
			return p
		}),
		rapid.Custom(func(t *rapid.T) Expr {
			l := &List{}
			for range rapid.IntRange(0, 3).Draw(t, "n") {
				l.Items = append(l.Items, sub.Draw(t, "item"))
			}
			return l
		}),
		rapid.Custom(func(t *rapid.T) Expr { return &Member{X: sub.Draw(t, "x"), Name: names.Draw(t, "name")} }),
		rapid.Custom(func(t *rapid.T) Expr {
			return &Index{X: sub.Draw(t, "x"), Subs: []Sub{{Lo: sub.Draw(t, "lo")}, {Slice: true, Hi: sub.Draw(t, "hi")}}}
		}),
	)
}

func TestPrintedExpressionsParseBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := String(exprs(3).Draw(t, "expr"))
		e, diags := ParseExpr(text, diag.Pos{File: "x", Line: 1, Col: 1})
		if err := diags.Err(); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if again := String(e); again != text {
			t.Fatalf("%s\nprints again as\n%s", text, again)
		}
	})
}

func FuzzParseExpr(f *testing.F) {
	for _, s := range []string{"x -> dense(3) -> relu", "-x**2 + [1, 2][0]", "repeat(k in [1], f(k, a=_))", `f("a\"b", 'c')`, "x[:, 1:2:3].y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, diags := ParseExpr(text, diag.Pos{File: "x", Line: 1, Col: 1})
		if (e == nil) != diags.HasErrors() {
			t.Fatalf("%q: an expression and faults, or neither", text)
		}
		if e == nil {
			return
		}
		printed := String(e)
		again, diags := ParseExpr(printed, diag.Pos{File: "x", Line: 1, Col: 1})
		if diags.HasErrors() || String(again) != printed {
			t.Fatalf("%q prints as %q, which does not parse back: %v", text, printed, diags.Items)
		}
	})
}
