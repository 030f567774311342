package config

import (
	"strings"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"

	"gotrain/internal/diag"
)

// place maps bytes of a scalar's value to places of the file. YAML gives only where a
// scalar starts; its value has lost quotes, escapes, line breaks and indentation. So the
// raw text is walked beside the value, each character of the value finding its own.
func (d *document) place(n *yaml.Node) func(start, end int) diag.Pos {
	if _, flag := d.origins[n]; flag || n.Line == 0 {
		return func(int, int) diag.Pos { return diag.Pos{} }
	}
	at := d.align(n)
	lastCol := map[int]int{} // of each line, the last column with text of the scalar
	for i, r := range n.Value {
		if !unicode.IsSpace(r) {
			lastCol[at[i].Line] = max(lastCol[at[i].Line], at[i].Col)
		}
	}
	return func(start, end int) diag.Pos {
		start, end = min(start, len(n.Value)), min(end, len(n.Value))
		p, last := at[start], 0
		if start < end {
			if q := at[end-1]; q.Line == p.Line {
				last = q.Col
			} else { // what goes on over lines is underlined on its first
				last = lastCol[p.Line]
			}
		}
		p.Width = max(last-p.Col+1, 1)
		return p
	}
}

// align gives the place of each byte of a scalar's value, and of its end.
func (d *document) align(n *yaml.Node) []diag.Pos {
	w := &walker{lines: d.runes(), line: n.Line - 1, col: n.Column - 1}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 { // the header: | or >-
		w.line, w.col = w.line+1, 0
	}
	at := make([]diag.Pos, len(n.Value)+1)
	here := func() diag.Pos { return diag.Pos{File: d.file, Line: w.line + 1, Col: w.col + 1, Width: 1} }
	for i, r := range n.Value {
		if unicode.IsSpace(r) {
			at[i] = here()
			if w.peek() == r {
				w.skip()
			}
		} else {
			w.find(r)
			at[i] = here()
			w.skip()
		}
		for k := 1; k < utf8.RuneLen(r); k++ {
			at[i+k] = at[i]
		}
	}
	at[len(n.Value)] = here()
	return at
}

// runes gives the lines as runes, made once.
func (d *document) runes() [][]rune {
	if d.runeLines == nil {
		d.runeLines = make([][]rune, len(d.lines))
		for i, l := range d.lines {
			d.runeLines[i] = []rune(l)
		}
	}
	return d.runeLines
}

// walker is a place in the raw text.
type walker struct {
	lines     [][]rune
	line, col int  // from 0; col in runes
	lost      bool // a character was not found: it goes no further
}

// peek is the rune here; 0 at the end of a line.
func (w *walker) peek() rune {
	if w.line >= len(w.lines) || w.col >= len(w.lines[w.line]) {
		return 0
	}
	return w.lines[w.line][w.col]
}

func (w *walker) skip() {
	if !w.lost {
		w.col++
	}
}

// find goes on to r, over white space, quotes and escapes; it stays where r is not near.
func (w *walker) find(r rune) {
	if w.lost {
		return
	}
	saved := *w
	const near = 200 // lines of white space or comments within one scalar
	for lines := 0; lines < near && w.line < len(w.lines); {
		switch c := w.peek(); {
		case c == r:
			return
		case c == 0:
			w.line, w.col = w.line+1, 0
			lines++
		case unicode.IsSpace(c) || strings.ContainsRune(`"'\`, c):
			w.skip()
		default:
			saved.lost = true
			*w = saved
			return
		}
	}
	saved.lost = true
	*w = saved
}
