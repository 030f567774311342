package cpu

import (
	"math"

	"gotrain/internal/formula"
)

// loop applies one primitive to all of d; a, b and c are as long as d where the primitive
// has them, nil otherwise. d may be one of them.
//
// Products and sums are rounded to float32 one by one: without the conversions some
// architectures would fuse them and give other results. What has no float32 form in the
// library goes through float64, which leaves at most a last-bit error.
type loop func(d, a, b, c []float32)

type loopTable [formula.NumOps]loop

var portableLoops = loopTable{
	formula.In: func(d, a, _, _ []float32) { copy(d, a) },
	formula.Add: func(d, a, b, _ []float32) {
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = a[i] + b[i]
		}
	},
	formula.Sub: func(d, a, b, _ []float32) {
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = a[i] - b[i]
		}
	},
	formula.Mul: func(d, a, b, _ []float32) {
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = a[i] * b[i]
		}
	},
	formula.Div: func(d, a, b, _ []float32) {
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = a[i] / b[i]
		}
	},
	formula.Neg: func(d, a, _, _ []float32) {
		a = a[:len(d)]
		for i := range d {
			d[i] = -a[i]
		}
	},
	formula.Abs: func(d, a, _, _ []float32) {
		a = a[:len(d)]
		for i := range d {
			d[i] = math.Float32frombits(math.Float32bits(a[i]) &^ (1 << 31))
		}
	},
	formula.Min: func(d, a, b, _ []float32) {
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = min(a[i], b[i])
		}
	},
	formula.Max: func(d, a, b, _ []float32) {
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = max(a[i], b[i])
		}
	},
	formula.FMA: func(d, a, b, c []float32) {
		a, b, c = a[:len(d)], b[:len(d)], c[:len(d)]
		for i := range d {
			d[i] = float32(a[i]*b[i]) + c[i]
		}
	},
	formula.Sqrt: func(d, a, _, _ []float32) {
		a = a[:len(d)]
		for i := range d {
			d[i] = float32(math.Sqrt(float64(a[i])))
		}
	},
	formula.Rsqrt: func(d, a, _, _ []float32) {
		a = a[:len(d)]
		for i := range d {
			d[i] = float32(1 / math.Sqrt(float64(a[i])))
		}
	},
	formula.Floor: func(d, a, _, _ []float32) {
		a = a[:len(d)]
		for i := range d {
			d[i] = float32(math.Floor(float64(a[i])))
		}
	},
	formula.Pow: func(d, a, b, _ []float32) {
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = float32(math.Pow(float64(a[i]), float64(b[i])))
		}
	},
	formula.Less: func(d, a, b, _ []float32) {
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = truth(a[i] < b[i])
		}
	},
	formula.LessEq: func(d, a, b, _ []float32) {
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = truth(a[i] <= b[i])
		}
	},
	formula.Equal: func(d, a, b, _ []float32) {
		a, b = a[:len(d)], b[:len(d)]
		for i := range d {
			d[i] = truth(a[i] == b[i])
		}
	},
	formula.Select: func(d, a, b, c []float32) {
		a, b, c = a[:len(d)], b[:len(d)], c[:len(d)]
		for i := range d {
			if a[i] != 0 {
				d[i] = b[i]
			} else {
				d[i] = c[i]
			}
		}
	},
	formula.Exp:     through64(math.Exp),
	formula.Log:     through64(math.Log),
	formula.Log1p:   through64(math.Log1p),
	formula.Expm1:   through64(math.Expm1),
	formula.Tanh:    through64(math.Tanh),
	formula.Sigmoid: through64(func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }),
	formula.Erf:     through64(math.Erf),
	formula.Sin:     through64(math.Sin),
	formula.Cos:     through64(math.Cos),
}

func truth(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

// through64 is a loop whose call costs far more than reaching it by a pointer.
func through64(f func(float64) float64) loop {
	return func(d, a, _, _ []float32) {
		a = a[:len(d)]
		for i := range d {
			d[i] = float32(f(float64(a[i])))
		}
	}
}

// primitiveCost weighs a primitive against an addition, for the size of tasks.
func primitiveCost(op formula.Op) int {
	switch op {
	case formula.In, formula.Const:
		return 0
	case formula.Exp, formula.Log, formula.Log1p, formula.Expm1, formula.Tanh, formula.Sigmoid, formula.Erf, formula.Sin, formula.Cos:
		return 16
	case formula.Pow:
		return 64
	case formula.Div, formula.Sqrt, formula.Rsqrt:
		return 4
	}
	return 1
}
