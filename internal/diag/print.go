package diag

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sort puts diagnostics in the order of a file; those of the command line come last. What
// was found twice, as in a net that is called twice, is told once.
func (l *List) Sort() {
	slices.SortStableFunc(l.Items, func(a, b Diagnostic) int {
		if v, w := a.Pos.IsValid(), b.Pos.IsValid(); v != w {
			if v {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	l.Items = slices.CompactFunc(l.Items, func(a, b Diagnostic) bool {
		return a.Pos.IsValid() && a.Pos == b.Pos && a.Code == b.Code && a.Text == b.Text
	})
}

// count gives the numbers of errors and warnings.
func (l *List) count() (errs, warnings int) {
	for _, d := range l.Items {
		if d.Severity == Error {
			errs++
		} else {
			warnings++
		}
	}
	return errs, warnings
}

// The colours of a terminal.
const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	green  = "\x1b[32m"
	reset  = "\x1b[0m"
)

// maxText is how much of a message is printed: one that quotes a hostile file stays short.
const maxText = 4000

// Fprint writes diagnostics for a person: place, text and hint in columns, the source line
// with carets under it, and notes. source gives a file's text; nil, or a nil
// result, leaves the line out.
func Fprint(w io.Writer, l List, source func(file string) []byte, colour bool) {
	paint := func(c, s string) string {
		if !colour || s == "" {
			return s
		}
		return c + s + reset
	}
	lines := linesOf(source)
	place, text := 0, 0
	for _, d := range l.Items {
		place = max(place, utf8.RuneCountInString(d.place()))
		if n := utf8.RuneCountInString(d.Text); n <= 60 {
			text = max(text, n)
		}
	}
	for _, d := range l.Items {
		c := red
		words := Printable(d.Text)
		if r := []rune(words); len(r) > maxText {
			words = string(r[:maxText]) + "…"
		}
		if d.Severity == Warning {
			c, words = yellow, "warning: "+words
		}
		line := pad(Printable(d.place()), place) + "  " + paint(c, words)
		if d.Hint != "" {
			line += strings.Repeat(" ", max(text-utf8.RuneCountInString(words), 0)+2) + paint(green, Printable(strings.TrimSpace(d.Hint)))
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
		if d.Pos.IsValid() && source != nil {
			excerpt(w, lines(d.Pos.File), d.Pos, paint, c)
		}
		for _, n := range d.Notes {
			fmt.Fprintln(w, "      "+Printable(n))
		}
	}
}

// Summary counts the errors: "2 problems." It is empty where there are none.
func (l *List) Summary() string {
	switch errs, _ := l.count(); errs {
	case 0:
		return ""
	case 1:
		return "1 problem."
	default:
		return fmt.Sprintf("%d problems.", errs)
	}
}

// place is where a diagnostic points: a file's line, a flag, or the command line.
func (d *Diagnostic) place() string {
	switch {
	case d.Pos.IsValid():
		return d.Pos.String()
	case d.Origin != "":
		return d.Origin
	case d.Pos.File != "":
		return d.Pos.File
	}
	return "gotrain"
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
}

// linesOf gives a file's lines, split once however many diagnostics point into it.
func linesOf(source func(file string) []byte) func(file string) []string {
	split := map[string][]string{}
	return func(file string) []string {
		lines, done := split[file]
		if !done {
			if src := source(file); src != nil {
				lines = strings.Split(string(src), "\n")
			}
			split[file] = lines
		}
		return lines
	}
}

// Printable gives each rune that would move the cursor, or reorder the text, as a mark of
// the same width: what a file holds must not command the terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n': // a message may have lines
		case r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return utf8.RuneError
		}
		return r
	}, s)
}

// excerpt writes the source line and carets under what is meant.
func excerpt(w io.Writer, lines []string, p Pos, paint func(c, s string) string, c string) {
	if p.Line > len(lines) {
		return
	}
	line := []rune(strings.TrimRight(lines[p.Line-1], "\r"))
	const shown = 160 // of a very long line, what is near the fault
	from := 0
	if p.Col > shown {
		from = p.Col - shown/2
	}
	from = min(from, len(line))
	text := string(line[from:min(len(line), from+shown)])
	fmt.Fprintln(w, "      "+Printable(text))
	before := strings.Repeat(" ", max(min(p.Col-1, len(line))-from, 0))
	width := max(min(p.Width, len(line)-p.Col+1), 1)
	fmt.Fprintln(w, "      "+before+paint(c, strings.Repeat("^", width)))
}

// FprintJSON writes diagnostics as one JSON object, {"problems": [...], "warnings": [...]}.
func FprintJSON(w io.Writer, l List) error {
	return json.NewEncoder(w).Encode(map[string][]Diagnostic{"problems": l.of(Error), "warnings": l.Warnings()})
}

// Warnings are those of the diagnostics that stop no command; no nil list, since JSON has
// another word for that.
func (l *List) Warnings() []Diagnostic { return l.of(Warning) }

func (l *List) of(s Severity) []Diagnostic {
	out := []Diagnostic{}
	for _, d := range l.Items {
		if d.Severity == s {
			out = append(out, d)
		}
	}
	return out
}
