package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// Philox4x32-10 (Salmon et al., 2011).
const (
	philoxRounds             = 10
	philoxMul0, philoxMul1   = 0xD2511F53, 0xCD9E8D57
	philoxWeyl0, philoxWeyl1 = 0x9E3779B9, 0xBB67AE85
	wordsOfBlock             = 4
)

// The polynomials of sine and cosine on ±π/4 are Cephes' (Moshier).
var (
	sinPolynomial = []float64{-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1}
	cosPolynomial = []float64{2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2}
)

// random writes the draws of a row: a lane is a block of four words.
func random(s *isa) {
	drawing(s, "uniform", (*constants).unit)
	drawing(s, "words", func(_ *constants, words vec) vec { return words })
	loop(s, primitive{"BoxMuller", 1, 1, nil, func(c *constants, x []vec) vec { return c.boxMuller(x[0]) }})
}

// drawing writes the words of whole vectors of blocks, each vector through of, in the order
// of the row.
func drawing(s *isa, name string, of func(c *constants, words vec) vec) {
	TEXT(name+s.name, NOSPLIT, "func(groups int, dst *float32, from *uint32)")
	Pragma("noescape")
	c := &constants{s, map[uint32]vec{}}
	groups, dst := Load(Param("groups"), GP64()), Load(Param("dst"), GP64())
	from := Load(Param("from"), GP64())
	broadcast := func(word int) vec {
		x := s.vec()
		VPBROADCASTD(Mem{Base: from, Disp: 4 * word}, x)
		return x
	}
	const block, index, epoch, key0Word, key1Word = 0, 1, 2, 3, 4
	lane := s.vec() // the block of each lane
	VPADDD(s.count(), broadcast(block), lane)
	Label("group")
	words := [wordsOfBlock]vec{c.copy(lane), broadcast(index), broadcast(epoch), s.zero()}
	key0, key1 := broadcast(key0Word), broadcast(key1Word)
	for range philoxRounds {
		high0, low0 := c.product(words[0], philoxMul0)
		high1, low1 := c.product(words[2], philoxMul1)
		words = [wordsOfBlock]vec{c.xorBits(c.xorBits(high1, words[1]), key0), low1, c.xorBits(c.xorBits(high0, words[3]), key1), low0}
		VPADDD(c.bits(philoxWeyl0), key0, key0)
		VPADDD(c.bits(philoxWeyl1), key1, key1)
	}
	for i, v := range s.byBlock(words) {
		VMOVUPS(of(c, v), Mem{Base: dst, Disp: i * s.bytes()})
	}
	VPADDD(c.bits(uint32(s.lanes)), lane, lane)
	ADDQ(U32(uint32(wordsOfBlock*s.bytes())), dst)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

var tables = map[string]Mem{}

// count is 0, 1, 2, … by lane.
func (s *isa) count() Mem {
	return s.table("count", func(lane int) uint32 { return uint32(lane) })
}

// table is a vector of what a lane has.
func (s *isa) table(name string, of func(lane int) uint32) Mem {
	if m, ok := tables[name]; ok {
		return m
	}
	m := GLOBL(name+s.name, RODATA|NOPTR)
	for i := range s.lanes {
		DATA(4*i, U32(of(i)))
	}
	tables[name] = m
	return m
}

func (c *constants) xorBits(a, b vec) vec {
	r := c.isa.vec()
	if c.isa.wide {
		VPXORD(b, a, r)
	} else {
		VPXOR(b, a, r)
	}
	return r
}

// product is x·m as two words. VPMULUDQ multiplies the even lanes.
func (c *constants) product(x vec, m uint32) (high, low vec) {
	even, odd := c.isa.vec(), c.isa.vec()
	low, high = c.isa.vec(), c.isa.vec()
	VPMULLD(c.bits(m), x, low)
	VPMULUDQ(c.bits(m), x, even)
	VPSRLQ(U8(32), x, odd)
	VPMULUDQ(c.bits(m), odd, odd)
	VPSRLQ(U8(32), even, even)
	if c.isa.wide {
		const odds = 0xaaaa
		bits, k := GP32(), K()
		MOVL(U32(odds), bits)
		KMOVW(bits, k)
		VPBLENDMD(odd, even, k, high)
	} else {
		VPBLENDD(U8(0xaa), odd, even, high)
	}
	return high, low
}

// unit maps a word to (0, 1) as rng.Unit does, exactly.
func (c *constants) unit(w vec) vec {
	r := c.isa.vec()
	VPSRLD(U8(9), w, r)
	VCVTDQ2PS(r, r)
	return c.mul(c.add(r, c.f(0.5)), c.f(1.0/(1<<23)))
}

// boxMuller makes, of words as they were drawn, two normal numbers of each two words u, v beside each other: √(-2 ln u)
// times the cosine and the sine of 2πv. The cosine is the sine a quarter turn later.
func (c *constants) boxMuller(words vec) vec {
	u, v := c.isa.vec(), c.isa.vec()
	VMOVSLDUP(words, u)
	VMOVSHDUP(words, v)
	radius := c.mul(c.log(c.unit(u)), c.f(-2))
	VSQRTPS(radius, radius)
	// v is q quarter turns and a rest within an eighth, exactly.
	v = c.unit(v)
	q := c.round(c.mul(v, c.f(4)), 0)
	t := c.mul(c.sub(v, c.mul(q, c.f(0.25))), c.f(2*math.Pi))
	t2 := c.mul(t, t)
	sin := c.mul(c.horner(t2, sinPolynomial...), c.mul(t2, t))
	sin = c.add(sin, t)
	cos := c.mul(c.horner(t2, cosPolynomial...), c.mul(t2, t2))
	fma(t2, c.f(-0.5), cos)
	cos = c.add(cos, c.f(1))
	quarters, odd := c.isa.vec(), c.isa.vec()
	VCVTPS2DQ(q, quarters)
	VPADDD(c.isa.laterQuarter(), quarters, quarters)
	VPSLLD(U8(31), quarters, odd)
	r := c.choose(c.cmpSign(odd), cos, sin)
	VPSLLD(U8(30), quarters, quarters)
	return c.mul(c.xor(r, c.and(quarters, c.bits(signBit))), radius)
}

// laterQuarter is 1 in the even lanes, which have the cosine.
func (s *isa) laterQuarter() Mem {
	return s.table("quarter", func(lane int) uint32 { return uint32(1 - lane%2) })
}

// byBlock lays four vectors, a lane a block, as blocks of four words in a row.
func (s *isa) byBlock(w [wordsOfBlock]vec) [wordsOfBlock]vec {
	pair := func(a, b vec) (low, high vec) {
		low, high = s.vec(), s.vec()
		VUNPCKLPS(b, a, low)
		VUNPCKHPS(b, a, high)
		return low, high
	}
	quad := func(a, b vec) (low, high vec) {
		low, high = s.vec(), s.vec()
		VUNPCKLPD(b, a, low)
		VUNPCKHPD(b, a, high)
		return low, high
	}
	low0, high0 := pair(w[0], w[1])
	low1, high1 := pair(w[2], w[3])
	var q [4]vec // lane group L of q[i] is block 4L+i
	q[0], q[1] = quad(low0, low1)
	q[2], q[3] = quad(high0, high1)
	if s.wide {
		return s.groups(q)
	}
	half := func(order uint64, a, b vec) vec {
		r := s.vec()
		VPERM2F128(Imm(order), b, a, r)
		return r
	}
	const firsts, seconds = 0x20, 0x31
	return [4]vec{half(firsts, q[0], q[1]), half(firsts, q[2], q[3]), half(seconds, q[0], q[1]), half(seconds, q[2], q[3])}
}
