package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"gotrain/internal/diag"
)

// maxNesting bounds how deep an expression may nest, so that a hostile one costs nothing.
const maxNesting = 200

// maxTokens bounds how long an expression may be: a chain a + b + … is as deep a tree as
// it is long, and later phases walk trees.
const maxTokens = 10_000

// ParseExpr parses one expression whose text starts at a place of a file and lies on one
// line. The expression is nil where there is none to be had.
func ParseExpr(text string, at diag.Pos) (Expr, diag.List) {
	before := make([]int, len(text)+1) // runes before each byte
	n := 0
	for i := range len(text) {
		before[i] = n
		if i+1 == len(text) || utf8.RuneStart(text[i+1]) {
			n++
		}
	}
	before[len(text)] = n
	return parseExpr(text, func(start, end int) diag.Pos {
		at := at
		at.Col += before[start]
		at.Width = max(before[end]-before[start], 1)
		return at
	})
}

// parseExpr parses text; place maps byte ranges of it to places of the file.
func parseExpr(text string, place func(start, end int) diag.Pos) (Expr, diag.List) {
	var diags diag.List
	l := &lexer{src: text, place: place, diags: &diags}
	l.run()
	if len(l.tokens) > maxTokens && !diags.HasErrors() {
		t := l.tokens[maxTokens]
		diags.Errorf("too-large", place(t.start, t.end), "the expression has more than %d words", maxTokens).Hint = "a repeat, a net or a block says it shorter"
	}
	if diags.HasErrors() { // what does not read as words gives only further faults as a tree
		return nil, diags
	}
	p := &parser{tokens: l.tokens, place: place, diags: &diags, src: text}
	if p.peek().kind == endToken {
		diags.Errorf("syntax", place(0, 0), "an expression is missing")
		return nil, diags
	}
	e := p.pipe(false)
	if !p.failed && p.peek().kind != endToken {
		p.failf(p.peek(), "unexpected %s after the expression", p.show(p.peek()))
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return e, diags
}

// parser is recursive descent by the table of language.md, loosest first: ->, comparisons,
// + -, * / @, unary -, **, calls and members. The first fault ends it: what follows a
// fault is rarely what was meant.
type parser struct {
	tokens []token
	at     int
	src    string
	place  func(start, end int) diag.Pos
	diags  *diag.List
	failed bool
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != endToken {
		p.at++
	}
	return t
}

// last is where the token before this one ends.
func (p *parser) last() int {
	if p.at == 0 {
		return 0
	}
	return p.tokens[p.at-1].end
}

func (p *parser) is(symbol string) bool {
	t := p.peek()
	return t.kind == symbolToken && t.text == symbol
}

func (p *parser) accept(symbol string) bool {
	if p.is(symbol) {
		p.at++
		return true
	}
	return false
}

func (p *parser) failf(t token, format string, args ...any) {
	if !p.failed {
		p.failed = true
		p.diags.Errorf("syntax", p.place(t.start, t.end), format, args...)
	}
}

func (p *parser) expect(symbol, where string, open token) {
	if p.failed || p.accept(symbol) {
		return
	}
	t := p.peek()
	p.failf(t, "expected %q to close %s, found %s", symbol, where, p.show(t))
	if t.kind == endToken {
		d := &p.diags.Items[len(p.diags.Items)-1]
		d.Hint = fmt.Sprintf("%q opens at column %d", open.text, p.place(open.start, open.end).Col)
		if d.Code == "syntax" {
			d.Code = "unbalanced"
		}
	}
}

func (p *parser) show(t token) string {
	switch t.kind {
	case endToken:
		return "the end"
	case stringToken:
		return "a text"
	}
	return strconv.Quote(t.text)
}

// enter counts nesting; it gives false, with a fault, where there is too much.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxNesting {
		p.failf(p.peek(), "the expression nests deeper than %d", maxNesting)
		return false
	}
	return !p.failed
}

func (p *parser) span(start int) node { return node{p.place(start, p.last())} }

// pipe parses `head -> step -> step`. A step alone, with no head, is what repeat takes; it
// looks like any expression.
func (p *parser) pipe(inRepeat bool) Expr {
	defer func() { p.depth-- }()
	if !p.enter() {
		return nil
	}
	start := p.peek().start
	if inRepeat {
		if e := p.binding(); e != nil {
			return e
		}
	}
	head := p.comparison()
	if p.failed || !p.is("->") {
		return head
	}
	pipe := &Pipe{Head: head}
	for !p.failed && p.accept("->") {
		if s := p.comparison(); s != nil {
			pipe.Steps = append(pipe.Steps, s)
		}
	}
	pipe.node = p.span(start)
	return pipe
}

// binding parses `k in list`, the first argument of repeat.
func (p *parser) binding() Expr {
	name, in := p.peek(), p.tokens[min(p.at+1, len(p.tokens)-1)]
	if name.kind != nameToken || in.kind != nameToken || in.text != "in" {
		return nil
	}
	p.at += 2
	list := p.comparison()
	return &In{node: p.span(name.start), Var: name.text, List: list}
}

func (p *parser) comparison() Expr {
	start := p.peek().start
	x := p.sum()
	for n := 0; !p.failed; n++ {
		t := p.peek()
		if t.kind != symbolToken || !slices.Contains(comparisons, t.text) {
			return x
		}
		if n > 0 {
			p.failf(t, "comparisons do not chain: a < b < c is not written so")
			return nil
		}
		p.at++
		y := p.sum()
		x = &Compare{node: p.span(start), Op: t.text, X: x, Y: y}
	}
	return nil
}

func (p *parser) sum() Expr     { return p.leftAssociative(p.product, sums) }
func (p *parser) product() Expr { return p.leftAssociative(p.unary, products) }

func (p *parser) leftAssociative(operand func() Expr, ops []string) Expr {
	start := p.peek().start
	x := operand()
	for !p.failed {
		t := p.peek()
		if t.kind != symbolToken || !slices.Contains(ops, t.text) {
			return x
		}
		p.at++
		y := operand()
		x = &Binary{node: p.span(start), Op: t.text, X: x, Y: y}
	}
	return nil
}

func (p *parser) unary() Expr {
	defer func() { p.depth-- }()
	if !p.enter() {
		return nil
	}
	t := p.peek()
	if p.accept("-") {
		x := p.unary()
		return &Unary{node: p.span(t.start), Op: "-", X: x}
	}
	return p.power()
}

// power is right-associative and tighter than a minus before it, looser than one after:
// -x**-2 is -(x**(-2)).
func (p *parser) power() Expr {
	start := p.peek().start
	x := p.postfix()
	if t := p.peek(); p.failed || t.kind != symbolToken || !slices.Contains(powers, t.text) {
		return x
	}
	p.at++
	y := p.unary()
	return &Binary{node: p.span(start), Op: "**", X: x, Y: y}
}

func (p *parser) postfix() Expr {
	start := p.peek().start
	x := p.primary()
	for !p.failed {
		t := p.peek()
		switch {
		case p.accept("."):
			name := p.next()
			if name.kind != nameToken {
				p.failf(name, "expected a name after the dot, found %s", p.show(name))
				return nil
			}
			x = &Member{node: p.span(start), X: x, Name: name.text}
		case p.accept("["):
			subs := p.subscripts(t)
			x = &Index{node: p.span(start), X: x, Subs: subs}
		default:
			return x
		}
	}
	return nil
}

func (p *parser) subscripts(open token) []Sub {
	var subs []Sub
	for !p.failed {
		var s Sub
		part := func() Expr {
			if p.is(":") || p.is(",") || p.is("]") {
				return nil
			}
			return p.comparison()
		}
		s.Lo = part()
		if p.accept(":") {
			s.Slice = true
			s.Hi = part()
			if p.accept(":") {
				s.Step = part()
			}
		} else if s.Lo == nil {
			p.failf(p.peek(), "expected an index, found %s", p.show(p.peek()))
			return nil
		}
		subs = append(subs, s)
		if !p.accept(",") {
			break
		}
	}
	p.expect("]", "the index", open)
	return subs
}

func (p *parser) primary() Expr {
	t := p.next()
	switch {
	case t.kind == numberToken:
		return p.literal(t)
	case t.kind == stringToken:
		return &Str{node: p.span(t.start), Value: t.text}
	case t.kind == nameToken:
		return p.nameOrCall(t)
	case t.text == "(" && t.kind == symbolToken:
		e := p.pipe(false)
		p.expect(")", "the parenthesis", t)
		return e
	case t.text == "[" && t.kind == symbolToken:
		l := &List{}
		for !p.failed && !p.is("]") {
			if e := p.pipe(false); e != nil {
				l.Items = append(l.Items, e)
			}
			if !p.accept(",") {
				break
			}
		}
		p.expect("]", "the list", t)
		l.node = p.span(t.start)
		return l
	}
	p.failf(t, "expected a value, found %s", p.show(t))
	return nil
}

func (p *parser) nameOrCall(t token) Expr {
	n := p.span(t.start)
	switch {
	case t.text == "true" || t.text == "false":
		return &Bool{node: n, Value: t.text == "true"}
	case t.text == "_":
		return &Hole{n}
	case !p.is("("):
		return &Name{node: n, Ident: t.text}
	}
	open := p.next()
	c := &Call{Fn: t.text, FnPos: n.At}
	for !p.failed && !p.is(")") {
		c.Args = append(c.Args, p.argument(t.text == "repeat" && len(c.Args) == 0, c.Args))
		if !p.accept(",") {
			break
		}
	}
	p.expect(")", "the call of "+t.text, open)
	c.node = p.span(t.start)
	return c
}

func (p *parser) argument(inRepeat bool, before []Arg) Arg {
	t := p.peek()
	after := p.tokens[min(p.at+1, len(p.tokens)-1)]
	if t.kind == nameToken && after.kind == symbolToken && after.text == "=" {
		p.at += 2
		return Arg{Name: t.text, NamePos: p.place(t.start, t.end), Value: p.pipe(false)}
	}
	if len(before) > 0 && before[len(before)-1].Name != "" {
		p.failf(t, "a positional argument after a named one")
	}
	return Arg{Value: p.pipe(inRepeat)}
}

// literal converts a number by YAML 1.2's core schema.
func (p *parser) literal(t token) Expr {
	n := p.span(t.start)
	if after := p.peek(); after.kind == nameToken && after.start == t.end {
		p.failf(after, "%q right after the number %s", after.text, t.text)
		return nil
	}
	if i, err := strconv.ParseInt(t.text, 0, 64); err == nil && !leadingZero(t.text) {
		return &Number{node: n, Value: float64(i), IsInt: math.Abs(float64(i)) <= 1<<53}
	}
	f, err := strconv.ParseFloat(t.text, 64)
	if err != nil || math.IsInf(f, 0) {
		p.failf(t, "%s is no number that fits", t.text)
		return nil
	}
	return &Number{node: n, Value: f, IsInt: leadingZero(t.text) && f <= 1<<53}
}

// leadingZero tells 010, which is ten in YAML 1.2 and eight in Go.
func leadingZero(s string) bool {
	return len(s) > 1 && s[0] == '0' && isDigit(s[1]) && allDigits(s)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}
