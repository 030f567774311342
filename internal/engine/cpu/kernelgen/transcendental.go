package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// ln 2 in two parts: products of the first with a whole number are exact.
const (
	ln2High = 0.693359375
	ln2Low  = -2.12194440e-4
)

// The polynomials are Cephes' expf and logf (Moshier), and N. Juffa's erff.
var (
	expPolynomial = []float64{1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1}
	logPolynomial = []float64{7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1}
	erfNear       = []float64{-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1}
	erfFarOdd     = []float64{-1.72853470e-5, 3.83197126e-4}
	erfFarEven    = []float64{-3.88396438e-3, 2.42546219e-2}
	erfFar        = []float64{-1.06777877e-1, -6.34846687e-1, -1.28717512e-1}

	expConstants = append([]float64{math.Log2E, -ln2High, -ln2Low, 1}, expPolynomial...)
	logConstants = append([]float64{1, -0.5, ln2High, ln2Low}, logPolynomial...)
)

const erfBound = 0.927734375 // from here on erf is 1 - exp of a polynomial

// reduced gives n = round(x/ln 2) and expm1(x - n ln 2), for x in the range of exp.
func (c *constants) reduced(x vec) (n, p vec) {
	n = c.round(c.mul(x, c.f(math.Log2E)), 0)
	r := c.copy(x)
	fma(n, c.f(-ln2High), r)
	fma(n, c.f(-ln2Low), r)
	p = c.horner(r, expPolynomial...)
	VFMADD213PS(r, c.mul(r, r), p)
	return n, p
}

// scaled is x·2ⁿ for whole n; a result below the normal numbers is rounded or 0.
func (c *constants) scaled(x, n vec) vec {
	if c.isa.wide {
		r := c.isa.vec()
		VSCALEFPS(n, x, r)
		return r
	}
	// In two factors, each of which has an exponent.
	i, half := YMM(), YMM()
	VCVTPS2DQ(n, i)
	VPSRAD(U8(1), i, half)
	VPSUBD(half, i, i)
	return c.mul(c.mul(x, c.power(half)), c.power(i))
}

// power is 2ⁱ of an integer, as bits: the exponent's bias is 127.
func (c *constants) power(i vec) vec {
	r := YMM()
	VPADDD(c.bits(127), i, r)
	VPSLLD(U8(23), r, r)
	return r
}

// exp overflows to +Inf above 88.72 and is 0 below -104. Within 1.1 ulp.
func (c *constants) exp(x []vec) vec {
	n, p := c.reduced(c.clamp(x[0], -104, 89))
	return c.scaled(c.add(p, c.f(1)), n)
}

// expm1 is accurate near 0. 2ⁿ is halved, so that it does not overflow where the result
// does not.
func (c *constants) expm1(x []vec) vec {
	n, p := c.reduced(c.clamp(x[0], -104, 89))
	s := c.scaled(c.reg(0.5), n)
	q := c.sub(s, c.f(0.5))
	VFMADD213PS(q, s, p)
	return c.add(p, p)
}

// tanh x = e/(e+2) with e = expm1(2x).
func (c *constants) tanh(x []vec) vec {
	e := c.expm1([]vec{c.clamp(c.add(x[0], x[0]), -20, 20)})
	return c.div(e, c.add(e, c.f(2)))
}

func (c *constants) sigmoid(x []vec) vec {
	e := c.exp([]vec{c.xor(x[0], c.bits(signBit))})
	return c.div(c.reg(1), c.add(e, c.f(1)))
}

// log is -Inf at 0, NaN below. Within 1 ulp.
func (c *constants) log(x vec) vec {
	m, e := c.split(x)
	low := c.cmp(less, m, c.f(math.Sqrt2/2))
	m = c.choose(low, c.add(m, m), m)
	e = c.choose(low, c.sub(e, c.f(1)), e)
	m = c.sub(m, c.f(1))
	z := c.mul(m, m)
	p := c.horner(m, logPolynomial...)
	p = c.mul(c.mul(p, m), z)
	fma(e, c.f(ln2Low), p)
	fma(z, c.f(-0.5), p)
	p = c.add(p, m)
	fma(e, c.f(ln2High), p)
	p = c.choose(c.cmp(equal, x, c.f(0)), c.f(math.Inf(-1)), p)
	p = c.choose(c.cmp(equal, x, c.f(math.Inf(1))), x, p)
	return c.choose(c.cmp(notGreaterEq, x, c.f(0)), c.bits(0x7fc00000), p)
}

// split writes x as m·2ᵉ with m in [1/2, 1), for positive finite x.
func (c *constants) split(x vec) (m, e vec) {
	m, e = c.isa.vec(), c.isa.vec()
	if c.isa.wide {
		VGETMANTPS(Imm(2), x, m)
		VGETEXPPS(x, e)
		return m, c.add(e, c.f(1))
	}
	const least = 0x00800000 // the least normal number
	small := c.cmp(less, x, c.bits(least))
	whole := c.choose(small, c.mul(x, c.f(1<<23)), x)
	VPSRLD(U8(23), whole, e)
	VPSUBD(c.bits(126), e, e)
	VCVTDQ2PS(e, e)
	e = c.choose(small, c.sub(e, c.f(23)), e)
	m = c.or(c.and(whole, c.bits(0x007fffff)), c.bits(0x3f000000))
	return m, e
}

// log1p x = log u + (x - (u-1))/u with u = 1+x: the second term is what rounding lost.
func (c *constants) log1p(x []vec) vec {
	u := c.add(x[0], c.f(1))
	lost := c.div(c.sub(x[0], c.sub(u, c.f(1))), u)
	l := c.log(u)
	finite := c.cmp(less, c.and(l, c.bits(absMask)), c.f(math.Inf(1)))
	return c.choose(finite, c.add(l, lost), l)
}

func (c *constants) erf(x []vec) vec {
	a := c.and(x[0], c.bits(absMask))
	s := c.mul(x[0], x[0])
	r := c.horner(a, erfFarOdd...)
	VFMADD213PS(c.horner(a, erfFarEven...), s, r)
	for _, k := range erfFar {
		VFMADD213PS(c.f(k), a, r)
	}
	VFMADD213PS(c.xor(a, c.bits(signBit)), a, r)
	far := c.sub(c.reg(1), c.exp([]vec{r}))
	far = c.or(far, c.and(x[0], c.bits(signBit)))
	near := c.horner(s, erfNear...)
	VFMADD213PS(x[0], x[0], near)
	return c.choose(c.cmp(greater, a, c.f(erfBound)), far, near)
}
