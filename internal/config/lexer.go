package config

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"gotrain/internal/diag"
)

// tokenKind is what a token is.
type tokenKind uint8

const (
	endToken tokenKind = iota
	numberToken
	nameToken
	stringToken
	symbolToken
)

// token is one word of an expression. Text is as written; for strings, the content.
type token struct {
	kind  tokenKind
	text  string
	start int // byte offsets in the source
	end   int
}

// symbols, longest first.
var symbols = []string{"->", "**", "<=", ">=", "==", "!=", "+", "-", "*", "/", "@", "^", "(", ")", "[", "]", ",", "=", "<", ">", ".", ":"}

// maxFaults is how many strange characters are reported of one expression.
const maxFaults = 20

// meant are characters that text copied from elsewhere has in place of ours.
var meant = map[rune]string{
	'−': "-", '–': "-", '×': "*", '·': "*", '⋅': "*", '÷': "/", '→': "->", '≤': "<=", '≥': ">=", '≠': "!=", '“': `"`, '”': `"`, '‘': "'", '’': "'",
	'|': "->", '{': "[", '}': "]",
}

// lexer cuts an expression into tokens.
type lexer struct {
	src    string
	place  func(start, end int) diag.Pos
	diags  *diag.List
	tokens []token
}

func (l *lexer) run() {
	for i := 0; i < len(l.src) && len(l.tokens) <= maxTokens && len(l.diags.Items) < maxFaults; {
		r, size := utf8.DecodeRuneInString(l.src[i:])
		switch {
		case unicode.IsSpace(r):
			i += size
		case r == '_' || unicode.IsLetter(r):
			i = l.word(i)
		case r >= '0' && r <= '9' || r == '.' && i+1 < len(l.src) && isDigit(l.src[i+1]):
			i = l.number(i)
		case r == '"' || r == '\'':
			i = l.quoted(i, byte(r))
		default:
			i = l.symbol(i, r, size)
		}
	}
	l.add(endToken, "", len(l.src), len(l.src))
}

func (l *lexer) add(kind tokenKind, text string, start, end int) {
	l.tokens = append(l.tokens, token{kind, text, start, end})
}

func (l *lexer) word(start int) int {
	i := start
	for i < len(l.src) {
		r, size := utf8.DecodeRuneInString(l.src[i:])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		i += size
	}
	l.add(nameToken, l.src[start:i], start, i)
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// number takes digits, one dot, an exponent, or 0x and hexadecimal digits. What it took is
// judged when it is converted.
func (l *lexer) number(start int) int {
	i := start
	if strings.HasPrefix(l.src[i:], "0x") || strings.HasPrefix(l.src[i:], "0o") {
		for i += 2; i < len(l.src) && (isDigit(l.src[i]) || unicode.Is(unicode.ASCII_Hex_Digit, rune(l.src[i]))); i++ {
		}
		l.add(numberToken, l.src[start:i], start, i)
		return i
	}
	for i < len(l.src) && isDigit(l.src[i]) {
		i++
	}
	if i < len(l.src) && l.src[i] == '.' && !(i+1 < len(l.src) && unicode.IsLetter(rune(l.src[i+1])) && l.src[i+1] != 'e' && l.src[i+1] != 'E') {
		for i++; i < len(l.src) && isDigit(l.src[i]); i++ {
		}
	}
	if i < len(l.src) && (l.src[i] == 'e' || l.src[i] == 'E') {
		j := i + 1
		if j < len(l.src) && (l.src[j] == '+' || l.src[j] == '-') {
			j++
		}
		if j < len(l.src) && isDigit(l.src[j]) {
			for i = j; i < len(l.src) && isDigit(l.src[i]); i++ {
			}
		}
	}
	l.add(numberToken, l.src[start:i], start, i)
	return i
}

// quoted takes a string to its closing quote, with \ before a quote or itself.
func (l *lexer) quoted(start int, quote byte) int {
	var text strings.Builder
	for i := start + 1; i < len(l.src); i++ {
		switch c := l.src[i]; {
		case c == quote:
			l.add(stringToken, text.String(), start, i+1)
			return i + 1
		case c == '\\' && i+1 < len(l.src) && (l.src[i+1] == quote || l.src[i+1] == '\\'):
			i++
			text.WriteByte(l.src[i])
		default:
			text.WriteByte(c)
		}
	}
	l.diags.Errorf("syntax", l.place(start, len(l.src)), "a quoted text is not closed").Hint = fmt.Sprintf("add %c", quote)
	l.add(stringToken, text.String(), start, len(l.src))
	return len(l.src)
}

func (l *lexer) symbol(i int, r rune, size int) int {
	for _, s := range symbols {
		if strings.HasPrefix(l.src[i:], s) {
			l.add(symbolToken, s, i, i+len(s))
			return i + len(s)
		}
	}
	g := l.diags.Errorf("syntax", l.place(i, i+size), "%q has no meaning here", r)
	if to := meant[r]; to != "" {
		g.Hint = "write " + to
	}
	return i + size
}
