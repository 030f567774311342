package formula

import "math"

// Derive returns, for each input, the formula of its gradient over the inputs of f
// followed by one more: the gradient of the result. An entry is nil where the result
// does not depend on that input.
//
// At the kinks the choices are PyTorch's: max(x, y) and min(x, y) give a tie to y (so
// relu, max(x, 0), has slope 0 at 0), |x| has slope 0 at 0; comparisons and floor have
// slope 0 everywhere.
func Derive(f *Formula) []*Formula {
	grads := make([]*Formula, f.Inputs)
	for arg := range grads {
		switch g, ok := f.Gradients[arg]; {
		case ok:
			grads[arg] = g
		case f.Reads(arg):
			grads[arg] = derive(f, arg)
		}
	}
	return grads
}

func derive(f *Formula, arg int) *Formula {
	return New(f.Inputs+1, func(b *Builder, in []Ref) Ref {
		at := f.inline(b, in)
		const none = Ref(-1)
		grad := make([]Ref, len(f.Nodes))
		for i := range grad {
			grad[i] = none
		}
		grad[f.Out] = in[f.Inputs]
		sum := b.Const(0)
		for i := len(f.Nodes) - 1; i >= 0; i-- {
			n := f.Nodes[i]
			if grad[i] == none {
				continue
			}
			if n.Op == In && n.Arg == arg {
				sum = b.Add(sum, grad[i])
			}
			var args [3]Ref
			for j, a := range n.Args[:n.Op.Arity()] {
				args[j] = at[a]
			}
			for j, d := range partials(b, n.Op, args, at[i], grad[i]) {
				if a := n.Args[j]; grad[a] == none {
					grad[a] = d
				} else {
					grad[a] = b.Add(grad[a], d)
				}
			}
		}
		return sum
	})
}

// partials gives d times the derivative of op by each operand, at x, y, z with result out.
func partials(b *Builder, op Op, args [3]Ref, out, d Ref) []Ref {
	x, y, z := args[0], args[1], args[2]
	zero := b.Const(0)
	switch op {
	case In, Const:
		return nil
	case Add:
		return []Ref{d, d}
	case Sub:
		return []Ref{d, b.Neg(d)}
	case Mul:
		return []Ref{b.Mul(d, y), b.Mul(d, x)}
	case Div:
		q := b.Div(d, y)
		return []Ref{q, b.Neg(b.Mul(q, out))}
	case Neg:
		return []Ref{b.Neg(d)}
	case Abs:
		return []Ref{b.Select(b.Less(zero, x), d, b.Select(b.Less(x, zero), b.Neg(d), zero))}
	case Min:
		c := b.Less(x, y)
		return []Ref{b.Select(c, d, zero), b.Select(c, zero, d)}
	case Max:
		c := b.Less(y, x)
		return []Ref{b.Select(c, d, zero), b.Select(c, zero, d)}
	case FMA:
		_ = z
		return []Ref{b.Mul(d, y), b.Mul(d, x), d}
	case Sqrt:
		return []Ref{b.Div(b.Mul(d, b.Const(0.5)), out)}
	case Rsqrt:
		return []Ref{b.Mul(b.Mul(d, b.Const(-0.5)), b.Mul(out, b.Square(out)))}
	case Exp:
		return []Ref{b.Mul(d, out)}
	case Log:
		return []Ref{b.Div(d, x)}
	case Log1p:
		return []Ref{b.Div(d, b.Add(x, b.Const(1)))}
	case Expm1:
		return []Ref{b.Mul(d, b.Add(out, b.Const(1)))}
	case Tanh:
		return []Ref{b.Mul(d, b.Sub(b.Const(1), b.Square(out)))}
	case Sigmoid:
		return []Ref{b.Mul(d, b.Mul(out, b.Sub(b.Const(1), out)))}
	case Erf: // 2/√π e^(-x²)
		return []Ref{b.Mul(d, b.Mul(b.Const(2/math.Sqrt(math.Pi)), b.Exp(b.Neg(b.Square(x)))))}
	case Sin:
		return []Ref{b.Mul(d, b.Cos(x))}
	case Cos:
		return []Ref{b.Neg(b.Mul(d, b.Sin(x)))}
	case Floor:
		return []Ref{zero}
	case Pow: // y x^(y-1); x^y ln x, 0 where x is 0
		dx := b.Mul(d, b.Mul(y, b.Pow(x, b.Sub(y, b.Const(1)))))
		dy := b.Mul(d, b.Select(b.Equal(x, zero), zero, b.Mul(out, b.Log(x))))
		return []Ref{dx, dy}
	case Less, LessEq, Equal:
		return []Ref{zero, zero}
	case Select:
		return []Ref{zero, b.Select(x, d, zero), b.Select(x, zero, d)}
	}
	panic("formula: derive of " + op.String())
}
