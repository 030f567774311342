package config

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// placed is a word of an expression and where it was written.
type placed struct {
	word      string
	line, col int // from 1
}

// page writes a file and knows where it is.
type page struct {
	strings.Builder
	line, col int
}

func (p *page) put(s string) {
	p.WriteString(s)
	for _, r := range s {
		if p.col++; r == '\n' {
			p.line, p.col = p.line+1, 1
		}
	}
}

// style is a way in which YAML holds a text: what comes before and after it, and how it
// breaks a line.
type style struct {
	name, open, end string
	breaks          []string
}

var styles = []style{
	{"plain", " ", "\n", []string{" ", "  ", "\n    ", "\n      ", "\n\n    "}},
	{"plain on one line", "   ", "   # words a aa of a comment\n", []string{" ", "   "}},
	{"single quotes", " '", "'\n", []string{" ", "\n    ", "\n  "}},
	{"double quotes", ` "`, "\"\n", []string{" ", "\n    ", " \\\n      ", `\t`, `\x20`, `\u0020`}},
	{"folded", " >\n    ", "\n", []string{" ", "\n    ", "\n      ", "\n\n    ", "\n\n\n      "}},
	{"folded, stripped", " >-\n      ", "\n\n", []string{" ", "\n      "}},
	{"folded, with a comment", " >+   # a aa\n   ", "\n", []string{" ", "\n   "}},
	{"literal", " |\n    ", "\n", []string{" ", "\n    ", "\n       "}},
	{"literal, indented", " |2-\n     ", "\n", []string{" ", "\n    ", "\n     "}},
	{"tagged", " !!str >\n    ", "\n", []string{" ", "\n    "}},
	{"anchored", " &a\n    ", "\n", []string{" ", "\n      "}},
}

// TestPlacesAreExact: in whatever style YAML holds an expression, each of its words is
// found where it stands. Words repeat, begin one another and stand in comments too.
func TestPlacesAreExact(t *testing.T) {
	words := []string{"a", "aa", "ab", "é", "naïve", "x"}
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := styles[r.IntN(len(styles))]
		var want []placed
		p := &page{line: 1, col: 1}
		p.put("model:\n  first: x\n  value:" + s.open)
		for i := range 1 + r.IntN(12) {
			if i > 0 {
				p.put([]string{" +", " ->", "*", " -"}[r.IntN(4)])
				p.put(s.breaks[r.IntN(len(s.breaks))])
			}
			w := words[r.IntN(len(words))]
			want = append(want, placed{w, p.line, p.col})
			p.put(w)
		}
		p.put(s.end)
		p.put("  last: aa\n")
		c, diags := Load("x.yaml", []byte(p.String()), nil)
		if diags.HasErrors() {
			t.Fatalf("%s: %v\n%s", s.name, diags.Items, p.String())
		}
		var got []placed
		for _, n := range namesOf(c.Model[1].Body.Return) {
			got = append(got, placed{n.Ident, n.At.Line, n.At.Col})
			if n.At.Width != len([]rune(n.Ident)) {
				t.Errorf("%s: %q is %d wide\n%s", s.name, n.Ident, n.At.Width, p.String())
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s (seed %d): found\n%v\nwant\n%v\n%s", s.name, seed, got, want, p.String())
		}
	}
}

// namesOf lists the names of sums, products and pipelines in the order of the text.
func namesOf(e Expr) []*Name {
	switch x := e.(type) {
	case *Name:
		return []*Name{x}
	case *Binary:
		return append(namesOf(x.X), namesOf(x.Y)...)
	case *Pipe:
		out := namesOf(x.Head)
		for _, s := range x.Steps {
			out = append(out, namesOf(s)...)
		}
		return out
	}
	return nil
}
