package config

import (
	"strconv"
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
	w := &walker{lines: d.in(n).runes(), line: n.Line - 1, col: n.Column - 1, escapes: n.Style&yaml.DoubleQuotedStyle != 0}
	if n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		w.properties()
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 { // the header: | or >-
		w.line, w.col = w.line+1, 0
	}
	at := make([]diag.Pos, len(n.Value)+1)
	here := func() diag.Pos { return diag.Pos{File: d.in(n).file, Line: w.line + 1, Col: w.col + 1, Width: 1} }
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
func (s *source) runes() [][]rune {
	if s.runeLines == nil {
		s.runeLines = make([][]rune, len(s.lines))
		for i, l := range s.lines {
			s.runeLines[i] = []rune(l)
		}
	}
	return s.runeLines
}

// walker is a place in the raw text.
type walker struct {
	lines     [][]rune
	line, col int  // from 0; col in runes
	escapes   bool // a \ starts an escape
	lost      bool // a character was not found: it goes no further
}

// peek is the rune here; 0 at the end of a line.
func (w *walker) peek() rune {
	r, _ := w.unit()
	return r
}

// unit is the rune here, an escape decoded, and how many runes it is written in.
func (w *walker) unit() (r rune, width int) {
	if w.line >= len(w.lines) || w.col >= len(w.lines[w.line]) {
		return 0, 0
	}
	rest := w.lines[w.line][w.col:]
	if rest[0] != '\\' || !w.escapes {
		return rest[0], 1
	}
	if len(rest) == 1 { // the line goes on
		return ' ', 1
	}
	if digits := escapeDigits[rest[1]]; digits > 0 && len(rest) >= 2+digits {
		code, err := strconv.ParseUint(string(rest[2:2+digits]), 16, 32)
		if err == nil {
			return rune(code), 2 + digits
		}
	}
	if c, ok := escapeRunes[rest[1]]; ok {
		return c, 2
	}
	return rest[1], 2
}

// The escapes of YAML's double quotes: those with hexadecimal digits, and those that are
// not the character itself.
var (
	escapeDigits = map[rune]int{'x': 2, 'u': 4, 'U': 8}
	escapeRunes  = map[rune]rune{
		'0': 0, 'a': '\a', 'b': '\b', 't': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r', 'e': 0x1b,
		'N': 0x85, '_': 0xa0, 'L': 0x2028, 'P': 0x2029,
	}
)

func (w *walker) skip() {
	if _, n := w.unit(); !w.lost {
		w.col += max(n, 1)
	}
}

// properties goes on over an anchor and a tag, to the text that they stand before.
func (w *walker) properties() {
	for w.line < len(w.lines) {
		switch c := w.peek(); {
		case c == 0, c == '#':
			w.line, w.col = w.line+1, 0
		case unicode.IsSpace(c):
			w.skip()
		case c == '&' || c == '!':
			for c := w.peek(); c != 0 && !unicode.IsSpace(c); c = w.peek() {
				w.skip()
			}
		default:
			return
		}
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
		case unicode.IsSpace(c) || strings.ContainsRune(`"'`, c):
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
