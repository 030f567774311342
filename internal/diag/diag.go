// Package diag holds what gotrain tells a person about their input: positioned
// diagnostics, collected rather than thrown, printed as text or JSON.
//
// In: positions and texts from any package. Out: a List, its rendering, and the
// nearest valid name for a mistyped one. It imports no other package of the
// project and knows nothing of YAML, graphs or flags.
package diag

import (
	"fmt"
	"slices"
)

// Pos is a place in a source file. The zero Pos means "no place in a file".
type Pos struct {
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`  // from 1
	Col   int    `json:"col,omitempty"`   // in runes, from 1
	Width int    `json:"width,omitempty"` // runes to underline; 0 means unknown, shown as one
}

// IsValid reports whether p names a line of a file.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String gives file:line:col, the form editors make clickable.
func (p Pos) String() string {
	if !p.IsValid() {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Severity orders diagnostics; only errors stop a command.
type Severity uint8

// The severities, most severe first.
const (
	Error Severity = iota
	Warning
)

func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// MarshalText makes severities readable in --json output.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Diagnostic is one thing to tell the user.
type Diagnostic struct {
	Code     string   `json:"code"` // stable kebab-case identifier, e.g. "unknown-key"
	Severity Severity `json:"severity"`
	Pos      Pos      `json:"pos"`
	Origin   string   `json:"origin,omitempty"` // where it comes from when not from a file: "--latnt", "GOTRAIN_GPUS"
	Path     string   `json:"path,omitempty"`   // YAML key path: "model.encoder"
	Text     string   `json:"text"`             // what was found and what was expected
	Hint     string   `json:"hint,omitempty"`   // what to do: `did you mean "image"?`
	Notes    []string `json:"notes,omitempty"`  // further lines, e.g. lines to paste
	// Environment says that what is asked for may be right, and a file is not as it should be.
	Environment bool `json:"environment,omitempty"`
}

// List collects diagnostics. The zero List is ready to use.
type List struct{ Items []Diagnostic }

// Add appends d.
func (l *List) Add(d Diagnostic) { l.Items = append(l.Items, d) }

// Errorf appends an error at p and returns it for further detail (Hint, Notes, Path).
func (l *List) Errorf(code string, p Pos, format string, args ...any) *Diagnostic {
	return l.add(Error, code, p, format, args)
}

// Warnf appends a warning at p and returns it for further detail.
func (l *List) Warnf(code string, p Pos, format string, args ...any) *Diagnostic {
	return l.add(Warning, code, p, format, args)
}

func (l *List) add(s Severity, code string, p Pos, format string, args []any) *Diagnostic {
	l.Items = append(l.Items, Diagnostic{Code: code, Severity: s, Pos: p, Text: fmt.Sprintf(format, args...)})
	return &l.Items[len(l.Items)-1]
}

// Append adds all of other's diagnostics.
func (l *List) Append(other List) { l.Items = append(l.Items, other.Items...) }

// HasErrors reports whether any diagnostic is an error.
func (l *List) HasErrors() bool {
	return slices.ContainsFunc(l.Items, func(d Diagnostic) bool { return d.Severity == Error })
}

// OfEnvironment reports whether there are errors, and all of them are the environment's.
func (l *List) OfEnvironment() bool {
	return l.HasErrors() && !slices.ContainsFunc(l.Items, func(d Diagnostic) bool { return d.Severity == Error && !d.Environment })
}

// Err returns l as an error when it has errors, else nil.
func (l *List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return &ListError{List: *l}
}

// ListError carries a List through an error return; it is the user's to mend, but where the
// List is OfEnvironment.
type ListError struct{ List List }

func (e *ListError) Error() string {
	n := 0
	first := ""
	for _, d := range e.List.Items {
		if d.Severity == Error {
			if n == 0 {
				first = d.Text
			}
			n++
		}
	}
	if n == 1 {
		return first
	}
	return fmt.Sprintf("%s (and %d more problems)", first, n-1)
}

// EnvError is a fault of the environment, not of the user's input: data that cannot be
// had, a full disk, an absent device. Trying again, elsewhere or after Hints, may work.
type EnvError struct {
	Text  string
	Hints []string // commands or steps that would help, one a line
	Err   error    // the cause, may be nil
}

func (e *EnvError) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

func (e *EnvError) Unwrap() error { return e.Err }
