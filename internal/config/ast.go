package config

import "gotrain/internal/diag"

// Expr is a node of a parsed expression. The set is closed: the types below.
type Expr interface {
	// Pos is where the node's text starts, and how wide it is.
	Pos() diag.Pos
}

type node struct{ At diag.Pos }

// Pos implements Expr.
func (n node) Pos() diag.Pos { return n.At }

type (
	// Number is a literal; IsInt tells 1 from 1.0.
	Number struct {
		node
		Value float64
		IsInt bool
	}
	// Str is a quoted literal.
	Str struct {
		node
		Value string
	}
	// Bool is true or false.
	Bool struct {
		node
		Value bool
	}
	// Name is a bare word: a local, value, var, field, op, or an enum word.
	Name struct {
		node
		Ident string
	}
	// Hole is "_", the running value of a pipeline.
	Hole struct{ node }
	// List is [a, b].
	List struct {
		node
		Items []Expr
	}
	// Unary is -x.
	Unary struct {
		node
		Op string // "-"
		X  Expr
	}
	// Binary is x op y; Op is one of + - * / @ ** (a "^" is parsed as "**").
	Binary struct {
		node
		Op   string
		X, Y Expr
	}
	// Compare is x op y; Op is one of < <= > >= == !=.
	Compare struct {
		node
		Op   string
		X, Y Expr
	}
	// Call is f(args). Fn is a plain identifier. FnPos is the identifier's own place.
	Call struct {
		node
		Fn    string
		FnPos diag.Pos
		Args  []Arg
	}
	// Member is x.name: a compile-time constant of a value (shape, size, classes, ...).
	Member struct {
		node
		X    Expr
		Name string
	}
	// Index is x[subs].
	Index struct {
		node
		X    Expr
		Subs []Sub
	}
	// Pipe is head -> step -> step. Head is nil for a pipeline that starts with a step
	// (the argument of repeat).
	Pipe struct {
		node
		Head  Expr
		Steps []Expr
	}
	// In is "k in list", the first argument of repeat.
	In struct {
		node
		Var  string
		List Expr
	}
)

// Arg is one argument of a call; Name is empty for a positional one.
type Arg struct {
	Name    string
	NamePos diag.Pos
	Value   Expr
}

// Sub is one subscript: an index (only Lo set, Slice false) or a slice lo:hi:step with any part nil.
type Sub struct {
	Slice        bool
	Lo, Hi, Step Expr
}
