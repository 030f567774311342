package config

// Level is the operators that bind alike, for the reference.
type Level struct {
	Symbols []string
	Doc     string
}

// The operators that the parser climbs, and what it takes each level for.
var (
	pipes       = []string{"->"}
	comparisons = []string{"<", "<=", ">", ">=", "==", "!="}
	sums        = []string{"+", "-"}
	products    = []string{"*", "/", "@"}
	powers      = []string{"**", "^"}
)

// Precedence lists the operators, loosest first.
func Precedence() []Level {
	return []Level{
		{pipes, "x -> f(a) is f(x, a); of a chain, the left first"},
		{comparisons, "1 where it holds, else 0; true or false of constants; they do not chain"},
		{sums, "the left first"},
		{products, "the left first; @ is the matrix product"},
		{[]string{"-"}, "before its operand"},
		{powers, "the right first, and tighter than a minus before it: -x**2 is -(x**2)"},
		{[]string{".", "[]", "()"}, "constants of a value; elements and slices; calls"},
	}
}
