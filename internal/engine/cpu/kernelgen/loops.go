package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// primitive is one loop: what it computes of its operands' vectors.
type primitive struct {
	name   string
	arity  int
	unroll int       // vectors a turn
	load   []float64 // constants to keep in registers
	f      func(c *constants, x []vec) vec
}

// primitives are the loops that a vector unit is good at. Sine, cosine and powers are not
// among them: no layer, loss or optimizer of the catalogue computes them in a hot place.
var primitives = []primitive{
	{"Add", 2, 4, nil, func(c *constants, x []vec) vec { return c.add(x[0], x[1]) }},
	{"Sub", 2, 4, nil, func(c *constants, x []vec) vec { return c.sub(x[0], x[1]) }},
	{"Mul", 2, 4, nil, func(c *constants, x []vec) vec { return c.mul(x[0], x[1]) }},
	{"Div", 2, 2, nil, func(c *constants, x []vec) vec { return c.div(x[0], x[1]) }},
	{"Min", 2, 4, nil, func(c *constants, x []vec) vec { return c.least(x[0], x[1]) }},
	{"Max", 2, 4, nil, func(c *constants, x []vec) vec { return c.greatest(x[0], x[1]) }},
	{"FMA", 3, 4, nil, func(c *constants, x []vec) vec {
		r := c.copy(x[2])
		fma(x[0], x[1], r)
		return r
	}},
	{"Neg", 1, 4, nil, func(c *constants, x []vec) vec { return c.xor(x[0], c.bits(signBit)) }},
	{"Abs", 1, 4, nil, func(c *constants, x []vec) vec { return c.and(x[0], c.bits(absMask)) }},
	{"Sqrt", 1, 2, nil, func(c *constants, x []vec) vec { r := c.isa.vec(); VSQRTPS(x[0], r); return r }},
	{"Rsqrt", 1, 2, []float64{1}, func(c *constants, x []vec) vec {
		r := c.isa.vec()
		VSQRTPS(x[0], r)
		return c.div(c.reg(1), r)
	}},
	{"Floor", 1, 4, nil, func(c *constants, x []vec) vec { return c.round(x[0], 1) }},
	{"Less", 2, 4, []float64{1}, func(c *constants, x []vec) vec { return c.one(c.cmp(less, x[0], x[1])) }},
	{"LessEq", 2, 4, []float64{1}, func(c *constants, x []vec) vec { return c.one(c.cmp(lessEq, x[0], x[1])) }},
	{"Equal", 2, 4, []float64{1}, func(c *constants, x []vec) vec { return c.one(c.cmp(equal, x[0], x[1])) }},
	{"Select", 3, 4, []float64{0}, func(c *constants, x []vec) vec {
		return c.choose(c.cmp(equal, x[0], c.f(0)), x[2], x[1])
	}},
	{"Exp", 1, 2, expConstants, (*constants).exp},
	{"Expm1", 1, 2, expConstants, (*constants).expm1},
	{"Tanh", 1, 2, expConstants, (*constants).tanh},
	{"Sigmoid", 1, 2, expConstants, (*constants).sigmoid},
	{"Log", 1, 1, logConstants, func(c *constants, x []vec) vec { return c.log(x[0]) }},
	{"Log1p", 1, 1, logConstants, (*constants).log1p},
	{"Erf", 1, 1, nil, (*constants).erf},
}

func loops(s *isa) {
	for _, p := range primitives {
		loop(s, p)
	}
	folds(s)
	random(s)
}

// loop writes d[i] = f(a[i], b[i], c[i]) for all of d.
func loop(s *isa, p primitive) {
	TEXT("loop"+s.name+p.name, NOSPLIT, "func(d, a, b, c []float32)")
	Pragma("noescape")
	restore := flushing()
	c := &constants{s, map[uint32]vec{}}
	c.load(p.load...)
	d, n := Load(Param("d").Base(), GP64()), Load(Param("d").Len(), GP64())
	src := make([]reg.Register, p.arity)
	for i, name := range []string{"a", "b", "c"}[:p.arity] {
		src[i] = Load(Param(name).Base(), GP64())
	}
	at := GP64()
	XORQ(at, at)
	place := func(base reg.Register, u int) Mem { return Mem{Base: base, Index: at, Scale: 4, Disp: u * s.bytes()} }
	turn := func(vectors int) {
		for u := range vectors {
			x := make([]vec, p.arity)
			for i := range x {
				x[i] = s.vec()
				VMOVUPS(place(src[i], u), x[i])
			}
			VMOVUPS(p.f(c, x), place(d, u))
		}
	}
	strides(s, n, at, p.unroll, turn)
	tail := s.tailMask(n)
	x := make([]vec, p.arity)
	for i := range x {
		x[i] = s.loadPart(place(src[i], 0), tail)
	}
	s.storePart(p.f(c, x), place(d, 0), tail)
	Label("end")
	restore()
	VZEROUPPER()
	RET()
}

// strides writes the loops over whole vectors, unroll at a turn and then one, and leaves
// in n what is left, or goes to "end".
func strides(s *isa, n, at reg.Register, unroll int, turn func(vectors int)) {
	if unroll > 1 {
		CMPQ(n, U32(uint32(unroll*s.lanes)))
		JLT(LabelRef("single"))
		Label("several")
		turn(unroll)
		ADDQ(U32(uint32(unroll*s.lanes)), at)
		SUBQ(U32(uint32(unroll*s.lanes)), n)
		CMPQ(n, U32(uint32(unroll*s.lanes)))
		JGE(LabelRef("several"))
	}
	Label("single")
	CMPQ(n, U32(uint32(s.lanes)))
	JLT(LabelRef("part"))
	turn(1)
	ADDQ(U32(uint32(s.lanes)), at)
	SUBQ(U32(uint32(s.lanes)), n)
	JMP(LabelRef("single"))
	Label("part")
	TESTQ(n, n)
	JE(LabelRef("end"))
}

// tailMask is a mask of the first n lanes, for n below the vector's length.
func (s *isa) tailMask(n reg.Register) reg.Register {
	if s.wide {
		bits, k := GP64(), K()
		MOVQ(U32(1), bits)
		SHLXQ(n, bits, bits)
		DECQ(bits)
		KMOVW(bits.As32(), k)
		return k
	}
	base, m := GP64(), YMM()
	LEAQ(lanesTable(), base)
	back := GP64()
	MOVQ(n, back)
	NEGQ(back)
	VMOVUPS(Mem{Base: base, Index: back, Scale: 4, Disp: 32}, m)
	return m
}

var lanes *Mem

// lanesTable is a vector of set lanes, then one of clear ones: from n lanes before its middle
// on, the first n are set.
func lanesTable() Mem {
	if lanes == nil {
		m := GLOBL("lanesAVX2", RODATA|NOPTR)
		for i := range 16 {
			v := uint32(0)
			if i < 8 {
				v = 0xffffffff
			}
			DATA(4*i, U32(v))
		}
		lanes = &m
	}
	return *lanes
}

// loadPart loads the lanes of a mask, zeros elsewhere.
func (s *isa) loadPart(m Mem, mask reg.Register) vec {
	x := s.vec()
	if s.wide {
		VMOVUPS_Z(m, mask, x)
	} else {
		VMASKMOVPS(m, mask, x)
	}
	return x
}

func (s *isa) storePart(x vec, m Mem, mask reg.Register) {
	if s.wide {
		VMOVUPS(x, mask, m)
	} else {
		VMASKMOVPS(x, mask, m)
	}
}
