package config

import (
	"strconv"
	"strings"
)

// String writes an expression in canonical form, which parses back to the same tree.
func String(e Expr) string {
	var b strings.Builder
	write(&b, e, 0)
	return b.String()
}

// The levels of binding, loosest first; an operand looser than its place gets parentheses.
const (
	pipeLevel = iota
	compareLevel
	sumLevel
	productLevel
	unaryLevel
	powerLevel
	postfixLevel
)

func level(e Expr) int {
	switch x := e.(type) {
	case *Pipe:
		return pipeLevel
	case *In, *Compare:
		return compareLevel
	case *Binary:
		switch x.Op {
		case "+", "-":
			return sumLevel
		case "**":
			return powerLevel
		}
		return productLevel
	case *Unary:
		return unaryLevel
	}
	return postfixLevel
}

func write(b *strings.Builder, e Expr, min int) {
	if l := level(e); l < min {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	switch x := e.(type) {
	case *Number:
		if x.IsInt {
			b.WriteString(strconv.FormatInt(int64(x.Value), 10))
			return
		}
		s := strconv.FormatFloat(x.Value, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		b.WriteString(s)
	case *Str:
		b.WriteByte('"')
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(x.Value))
		b.WriteByte('"')
	case *Bool:
		b.WriteString(strconv.FormatBool(x.Value))
	case *Name:
		b.WriteString(x.Ident)
	case *Hole:
		b.WriteByte('_')
	case *List:
		b.WriteByte('[')
		for i, item := range x.Items {
			comma(b, i)
			write(b, item, pipeLevel)
		}
		b.WriteByte(']')
	case *Unary:
		b.WriteString(x.Op)
		write(b, x.X, unaryLevel)
	case *Binary:
		l := level(x)
		if x.Op == "**" {
			write(b, x.X, postfixLevel)
			b.WriteString("**")
			write(b, x.Y, unaryLevel)
			return
		}
		write(b, x.X, l)
		b.WriteString(" " + x.Op + " ")
		write(b, x.Y, l+1)
	case *Compare:
		write(b, x.X, sumLevel)
		b.WriteString(" " + x.Op + " ")
		write(b, x.Y, sumLevel)
	case *Call:
		b.WriteString(x.Fn)
		b.WriteByte('(')
		for i, a := range x.Args {
			comma(b, i)
			if a.Name != "" {
				b.WriteString(a.Name + "=")
			}
			if in, ok := a.Value.(*In); ok && i == 0 && x.Fn == "repeat" {
				b.WriteString(in.Var + " in ")
				write(b, in.List, compareLevel)
				continue
			}
			write(b, a.Value, pipeLevel)
		}
		b.WriteByte(')')
	case *Member:
		write(b, x.X, postfixLevel)
		b.WriteString("." + x.Name)
	case *Index:
		write(b, x.X, postfixLevel)
		b.WriteByte('[')
		for i, s := range x.Subs {
			comma(b, i)
			writeSub(b, s)
		}
		b.WriteByte(']')
	case *Pipe:
		write(b, x.Head, compareLevel)
		for _, s := range x.Steps {
			b.WriteString(" -> ")
			write(b, s, compareLevel)
		}
	case *In:
		b.WriteString(x.Var + " in ")
		write(b, x.List, compareLevel)
	}
}

func comma(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteString(", ")
	}
}

func writeSub(b *strings.Builder, s Sub) {
	if s.Lo != nil {
		write(b, s.Lo, compareLevel)
	}
	if !s.Slice {
		return
	}
	b.WriteByte(':')
	if s.Hi != nil {
		write(b, s.Hi, compareLevel)
	}
	if s.Step != nil {
		b.WriteByte(':')
		write(b, s.Step, compareLevel)
	}
}
