package config

import (
	"fmt"
	"math"

	"gotrain/internal/diag"
)

// EvalConst evaluates an expression of constants: numbers, texts, truth values and lists.
// Whole numbers stay whole under + - * and a whole power from 0; "/" always gives a
// fraction. lookup gives the names' values.
func EvalConst(e Expr, lookup func(name string) (Value, bool)) (Value, diag.List) {
	c := constants{lookup: lookup}
	v, ok := c.eval(e)
	if !ok {
		return nil, c.diags
	}
	return v, c.diags
}

type constants struct {
	lookup func(string) (Value, bool)
	diags  diag.List
}

func (c *constants) failf(e Expr, format string, args ...any) (Value, bool) {
	c.diags.Errorf("bad-constant", e.Pos(), format, args...)
	return nil, false
}

func (c *constants) eval(e Expr) (Value, bool) {
	switch x := e.(type) {
	case *Number:
		if x.IsInt {
			return int64(x.Value), true
		}
		return x.Value, true
	case *Str:
		return x.Value, true
	case *Bool:
		return x.Value, true
	case *Name:
		if v, ok := c.lookup(x.Ident); ok {
			return v, true
		}
		return c.failf(e, "%q is no constant", x.Ident)
	case *List:
		return c.list(x)
	case *Unary:
		return c.negate(x)
	case *Binary:
		return c.binary(x)
	case *Compare:
		return c.compare(x)
	case *Index:
		return c.index(x)
	case *Call:
		if x.Fn == "if" {
			return c.choose(x)
		}
	}
	return c.failf(e, "%s is no constant", String(e))
}

func (c *constants) list(x *List) (Value, bool) {
	out := make([]Value, len(x.Items))
	for i, item := range x.Items {
		v, ok := c.eval(item)
		if !ok {
			return nil, false
		}
		out[i] = v
	}
	return out, true
}

func (c *constants) negate(x *Unary) (Value, bool) {
	v, ok := c.eval(x.X)
	if !ok {
		return nil, false
	}
	switch n := v.(type) {
	case int64:
		return -n, true
	case float64:
		return -n, true
	}
	return c.failf(x, "- needs a number, found %v", v)
}

func (c *constants) binary(x *Binary) (Value, bool) {
	a, okA := c.eval(x.X)
	b, okB := c.eval(x.Y)
	if !okA || !okB {
		return nil, false
	}
	if x.Op == "@" {
		return c.failf(x, "@ is for tensors")
	}
	i, wholeI := a.(int64)
	j, wholeJ := b.(int64)
	if wholeI && wholeJ && x.Op != "/" && !(x.Op == "**" && j < 0) {
		if v, fits := whole(x.Op, i, j); fits {
			return v, true
		}
		return c.failf(x, "%d %s %d does not fit a whole number", i, x.Op, j)
	}
	f, okF := asFloat(a)
	g, okG := asFloat(b)
	if !okF || !okG {
		return c.failf(x, "%s needs two numbers, found %v and %v", x.Op, a, b)
	}
	var v float64
	switch x.Op {
	case "+":
		v = f + g
	case "-":
		v = f - g
	case "*":
		v = f * g
	case "/":
		v = f / g
	case "**":
		v = math.Pow(f, g)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return c.failf(x, "%v %s %v is not a finite number", a, x.Op, b)
	}
	return v, true
}

// whole computes with whole numbers; fits is false beyond 2⁵³, where float64 is not exact.
func whole(op string, i, j int64) (v int64, fits bool) {
	const limit = 1 << 53
	f := 0.0
	switch op {
	case "+":
		v, f = i+j, float64(i)+float64(j)
	case "-":
		v, f = i-j, float64(i)-float64(j)
	case "*":
		v, f = i*j, float64(i)*float64(j)
	case "**":
		f = math.Pow(float64(i), float64(j))
		v = 1
		for range min(j, 64) {
			v *= i
		}
		if i*i <= 1 && j > 0 { // 0, 1 and -1 to any power
			v = int64(f)
		}
	default:
		return 0, false
	}
	return v, math.Abs(f) <= limit
}

func asFloat(v Value) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

func (c *constants) compare(x *Compare) (Value, bool) {
	a, okA := c.eval(x.X)
	b, okB := c.eval(x.Y)
	if !okA || !okB {
		return nil, false
	}
	if x.Op == "==" || x.Op == "!=" {
		return equal(a, b) == (x.Op == "=="), true
	}
	f, okF := asFloat(a)
	g, okG := asFloat(b)
	if !okF || !okG {
		return c.failf(x, "%s needs two numbers, found %v and %v", x.Op, a, b)
	}
	return map[string]bool{"<": f < g, "<=": f <= g, ">": f > g, ">=": f >= g}[x.Op], true
}

// equal compares constants; 1 equals 1.0, lists compare item by item.
func equal(a, b Value) bool {
	if f, ok := asFloat(a); ok {
		g, ok := asFloat(b)
		return ok && f == g
	}
	if l, ok := a.([]Value); ok {
		m, ok := b.([]Value)
		if !ok || len(l) != len(m) {
			return false
		}
		for i := range l {
			if !equal(l[i], m[i]) {
				return false
			}
		}
		return true
	}
	if _, ok := b.([]Value); ok {
		return false
	}
	return a == b
}

func (c *constants) index(x *Index) (Value, bool) {
	v, ok := c.eval(x.X)
	if !ok {
		return nil, false
	}
	items, isList := v.([]Value)
	if !isList || len(x.Subs) != 1 || x.Subs[0].Slice {
		return c.failf(x, "only a list can be indexed, by one number")
	}
	i, ok := c.eval(x.Subs[0].Lo)
	if !ok {
		return nil, false
	}
	k, isInt := i.(int64)
	if isInt && k < 0 {
		k += int64(len(items))
	}
	if !isInt || k < 0 || k >= int64(len(items)) {
		return c.failf(x, "index %v of a list of %d", i, len(items))
	}
	return items[k], true
}

func (c *constants) choose(x *Call) (Value, bool) {
	if len(x.Args) != 3 {
		return c.failf(x, "if takes a condition and two values")
	}
	v, ok := c.eval(x.Args[0].Value)
	if !ok {
		return nil, false
	}
	cond, isBool := v.(bool)
	if !isBool {
		return c.failf(x.Args[0].Value, "if needs a condition, found %s", fmt.Sprint(v))
	}
	if cond {
		return c.eval(x.Args[1].Value)
	}
	return c.eval(x.Args[2].Value)
}
