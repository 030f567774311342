package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"

	yaml "go.yaml.in/yaml/v4"

	"gotrain/internal/diag"
)

// syntax turns the YAML library's fault into a diagnostic.
func (d *document) syntax(err error) {
	var fault *yaml.LoadError
	p := diag.Pos{File: d.file}
	text := err.Error()
	if errors.As(err, &fault) {
		p.Line, p.Col, p.Width = fault.Mark.Line, max(fault.Mark.Column, 1), 1
		text = fault.Message
		if fault.ContextMsg != "" {
			text += " " + fault.ContextMsg
		}
		if fault.ContextMark.Line > 0 && fault.ContextMark.Line != fault.Mark.Line {
			text += fmt.Sprintf(" that starts at line %d", fault.ContextMark.Line)
		}
	}
	if p.Line == 0 {
		p = d.control()
	}
	g := d.diags.Errorf("yaml", p, "no YAML: %s", text)
	if p.Line > 0 && p.Line <= len(d.lines) {
		g.Hint = syntaxHint(d.lines[p.Line-1])
	}
}

// strangeBreak is the place of the first line break of YAML that is no line feed: a lone
// carriage return, U+0085, U+2028 or U+2029.
func (d *document) strangeBreak() diag.Pos {
	if !bytes.ContainsAny(d.src, "\r\u0085\u2028\u2029") {
		return diag.Pos{}
	}
	for i, line := range d.lines {
		if at := strings.IndexByte(line, '\r'); at == len(line)-1 {
			line = line[:max(at, 0)] // of a file with \r\n
		}
		col := 0
		for _, r := range line {
			col++
			if strings.ContainsRune("\r\u0085\u2028\u2029", r) {
				return diag.Pos{File: d.file, Line: i + 1, Col: col, Width: 1}
			}
		}
	}
	return diag.Pos{}
}

// control is the place of the first control character, which YAML refuses without saying
// where.
func (d *document) control() diag.Pos {
	for i, line := range d.lines {
		col := 0
		for _, r := range line {
			col++
			if unicode.IsControl(r) && r != '\t' && r != '\r' {
				return diag.Pos{File: d.file, Line: i + 1, Col: col, Width: 1}
			}
		}
	}
	return diag.Pos{File: d.file}
}
