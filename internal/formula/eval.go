package formula

import "math"

// Eval computes the result in float64: the definition every kernel is tested against.
func (f *Formula) Eval(in ...float64) float64 {
	vals := make([]float64, len(f.Nodes))
	for i, n := range f.Nodes {
		switch n.Op {
		case In:
			vals[i] = in[n.Arg]
		case Const:
			vals[i] = n.Value
		default:
			vals[i] = eval(n.Op, vals[n.Args[0]], vals[n.Args[1]], vals[n.Args[2]])
		}
	}
	return vals[f.Out]
}

func eval(op Op, a, b, c float64) float64 {
	switch op {
	case Add:
		return a + b
	case Sub:
		return a - b
	case Mul:
		return a * b
	case Div:
		return a / b
	case Neg:
		return -a
	case Abs:
		return math.Abs(a)
	case Min:
		return min(a, b)
	case Max:
		return max(a, b)
	case FMA:
		return math.FMA(a, b, c)
	case Sqrt:
		return math.Sqrt(a)
	case Rsqrt:
		return 1 / math.Sqrt(a)
	case Exp:
		return math.Exp(a)
	case Log:
		return math.Log(a)
	case Log1p:
		return math.Log1p(a)
	case Expm1:
		return math.Expm1(a)
	case Tanh:
		return math.Tanh(a)
	case Sigmoid:
		return 1 / (1 + math.Exp(-a))
	case Erf:
		return math.Erf(a)
	case Sin:
		return math.Sin(a)
	case Cos:
		return math.Cos(a)
	case Floor:
		return math.Floor(a)
	case Pow:
		return math.Pow(a, b)
	case Less:
		return truth(a < b)
	case LessEq:
		return truth(a <= b)
	case Equal:
		return truth(a == b)
	case Select:
		if a != 0 {
			return b
		}
		return c
	}
	panic("formula: eval of " + op.String())
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
