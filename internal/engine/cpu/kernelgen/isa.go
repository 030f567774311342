package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vec is a vector register of the instruction set at hand.
type vec = reg.VecVirtual

// isa is an instruction set: what differs between AVX-512 and AVX2.
type isa struct {
	name  string
	lanes int // float32 of a vector
	vec   func() vec
	wide  bool // AVX-512: masks, 32 registers
}

var (
	avx512 = &isa{name: "AVX512", lanes: 16, vec: ZMM, wide: true}
	avx2   = &isa{name: "AVX2", lanes: 8, vec: YMM}
)

func (s *isa) bytes() int { return 4 * s.lanes }

// zero is a vector of zeros.
func (s *isa) zero() vec {
	z := s.vec()
	if s.wide {
		VPXORD(z, z, z)
	} else {
		VXORPS(z, z, z)
	}
	return z
}

// constants are the numbers of one function: vectors in memory, which arithmetic reads in
// place, and of AVX-512, which has registers to spare, the first in registers.
type constants struct {
	isa   *isa
	inReg map[uint32]vec
}

const constRegs = 14 // registers for constants at most

var constData = map[string]Mem{}

func (s *isa) vector(bits uint32) Mem {
	name := fmt.Sprintf("k%s%08x", s.name, bits)
	if m, ok := constData[name]; ok {
		return m
	}
	m := GLOBL(name, RODATA|NOPTR)
	for i := range s.lanes {
		DATA(4*i, U32(bits))
	}
	constData[name] = m
	return m
}

// load puts numbers in registers before a loop, while there are any.
func (c *constants) load(numbers ...float64) {
	for _, f := range numbers {
		bits := math.Float32bits(float32(f))
		if _, ok := c.inReg[bits]; ok || !c.isa.wide || len(c.inReg) == constRegs {
			continue
		}
		r := c.isa.vec()
		VMOVUPS(c.isa.vector(bits), r)
		c.inReg[bits] = r
	}
}

// f is a number as an operand.
func (c *constants) f(x float64) Op { return c.bits(math.Float32bits(float32(x))) }

// bits is a pattern as an operand.
func (c *constants) bits(b uint32) Op {
	if r, ok := c.inReg[b]; ok {
		return r
	}
	return c.isa.vector(b)
}

// reg is a number in a register of its own, to be changed.
func (c *constants) reg(x float64) vec {
	r := c.isa.vec()
	VMOVUPS(c.f(x), r)
	return r
}

const (
	signBit = 0x80000000
	absMask = 0x7fffffff
)

// Predicates of VCMPPS.
const (
	equal        = 0x00
	less         = 0x11 // quiet
	lessEq       = 0x12 // quiet
	unordered    = 0x03
	notGreaterEq = 0x19 // quiet; true of NaN
	greater      = 0x1e // quiet
)

// cmp is a mask of where a PREDICATE b.
func (c *constants) cmp(predicate uint8, a vec, b Op) reg.Register {
	if c.isa.wide {
		k := K()
		VCMPPS(Imm(uint64(predicate)), b, a, k)
		return k
	}
	m := c.isa.vec()
	VCMPPS(Imm(uint64(predicate)), b, a, m)
	return m
}

// choose is yes where the mask is set, else no.
func (c *constants) choose(mask reg.Register, yes Op, no vec) vec {
	r := c.isa.vec()
	if c.isa.wide {
		VBLENDMPS(yes, no, mask, r)
	} else {
		VBLENDVPS(mask, yes, no, r)
	}
	return r
}

// one is 1 where the mask is set, else 0.
func (c *constants) one(mask reg.Register) vec {
	r := c.isa.vec()
	if c.isa.wide {
		VMOVUPS_Z(c.f(1), mask, r)
	} else {
		VANDPS(c.f(1), mask, r)
	}
	return r
}

func (c *constants) copy(x vec) vec {
	r := c.isa.vec()
	VMOVAPS(x, r)
	return r
}

// Arithmetic on new registers, in the order that one writes it.
func (c *constants) add(a vec, b Op) vec { r := c.isa.vec(); VADDPS(b, a, r); return r }
func (c *constants) sub(a vec, b Op) vec { r := c.isa.vec(); VSUBPS(b, a, r); return r }
func (c *constants) mul(a vec, b Op) vec { r := c.isa.vec(); VMULPS(b, a, r); return r }
func (c *constants) div(a vec, b Op) vec { r := c.isa.vec(); VDIVPS(b, a, r); return r }
func (c *constants) and(a vec, b Op) vec { r := c.isa.vec(); VANDPS(b, a, r); return r }
func (c *constants) xor(a vec, b Op) vec { r := c.isa.vec(); VXORPS(b, a, r); return r }
func (c *constants) or(a vec, b Op) vec  { r := c.isa.vec(); VORPS(b, a, r); return r }

// fma sets acc to a*b + acc.
func fma(a vec, b Op, acc vec) { VFMADD231PS(b, a, acc) }

// horner evaluates a polynomial at x, the highest power's coefficient first.
func (c *constants) horner(x vec, coefficients ...float64) vec {
	p := c.reg(coefficients[0])
	for _, k := range coefficients[1:] {
		VFMADD213PS(c.f(k), x, p)
	}
	return p
}

// least and greatest pass a NaN of either operand on: the instruction gives its second
// operand where one is NaN.
func (c *constants) least(a, b vec) vec {
	r := c.isa.vec()
	VMINPS(b, a, r)
	return c.choose(c.cmp(unordered, a, a), a, r)
}

func (c *constants) greatest(a, b vec) vec {
	r := c.isa.vec()
	VMAXPS(b, a, r)
	return c.choose(c.cmp(unordered, a, a), a, r)
}

// clamp keeps x in [lo, hi]; NaN stays.
func (c *constants) clamp(x vec, lo, hi float64) vec {
	r := c.reg(hi)
	VMINPS(x, r, r)
	l := c.reg(lo)
	VMAXPS(r, l, l)
	return l
}

// round gives whole numbers: to the nearest, ties to even (0), or down (1).
func (c *constants) round(x vec, mode uint8) vec {
	r := c.isa.vec()
	if c.isa.wide {
		VRNDSCALEPS(Imm(uint64(mode|8)), x, r) // 8: no exception
	} else {
		VROUNDPS(Imm(uint64(mode|8)), x, r)
	}
	return r
}

// cmpSign is a mask of the lanes whose sign bit is set.
func (c *constants) cmpSign(x vec) reg.Register {
	if c.isa.wide {
		k := K()
		VPMOVD2M(x, k)
		return k
	}
	return x // what a blend looks at
}

// flushing makes results below the normal numbers zero until the function it returns is
// called: arithmetic on such numbers is many times slower on some machines, and an
// optimizer's moments come to them after some thousand steps. Operands are read as they
// are: none is made here.
func flushing() (restore func()) {
	state := AllocLocal(8)
	was, is := state, state.Offset(4)
	bits := GP32()
	STMXCSR(was)
	MOVL(was, bits)
	const flushToZero = 1 << 15
	ORL(U32(flushToZero), bits)
	MOVL(bits, is)
	LDMXCSR(is)
	return func() { LDMXCSR(was) }
}
