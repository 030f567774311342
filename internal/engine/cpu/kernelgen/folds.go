package main

import (
	"log"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// foldVectors are the partial results of a row, so that an addition need not wait for the
// one before.
const foldVectors = 4

// folder is one way to reduce, and what it starts from.
type folder struct {
	name  string
	start float64
	fold  func(c *constants, a, b vec) vec
}

var folders = []folder{
	{"sum", 0, func(c *constants, a, b vec) vec { return c.add(a, b) }},
	{"max", math.Inf(-1), (*constants).greatest}, // NaN where either is
}

func folds(s *isa) {
	for _, f := range folders {
		foldRow(s, f)
		foldColumns(s, f)
	}
}

// foldRow writes the fold of x: vector j goes to partial result j mod 4, and those are
// folded pairwise.
func foldRow(s *isa, f folder) {
	TEXT(f.name+"Row"+s.name, NOSPLIT, "func(x []float32) float32")
	Pragma("noescape")
	c := &constants{s, map[uint32]vec{}}
	x, n := Load(Param("x").Base(), GP64()), Load(Param("x").Len(), GP64())
	part := make([]vec, foldVectors)
	for i := range part {
		part[i] = c.reg(f.start)
	}
	at := GP64()
	XORQ(at, at)
	place := func(u int) Mem { return Mem{Base: x, Index: at, Scale: 4, Disp: u * s.bytes()} }
	strides(s, n, at, foldVectors, func(vectors int) {
		for u := range vectors {
			v := s.vec()
			VMOVUPS(place(u), v)
			VMOVAPS(f.fold(c, part[u], v), part[u])
		}
	})
	mask := s.tailMask(n)
	VMOVAPS(c.choose(mask, f.fold(c, part[0], s.loadPart(place(0), mask)), part[0]), part[0])
	Label("end")
	for step := foldVectors / 2; step > 0; step /= 2 {
		for i := range step {
			VMOVAPS(f.fold(c, part[i], part[i+step]), part[i])
		}
	}
	narrow := func(of func() vec) *constants {
		return &constants{&isa{vec: of, wide: s.wide, name: s.name}, map[uint32]vec{}}
	}
	low := reg.Register(part[0])
	if s.wide {
		high := YMM()
		VEXTRACTF64X4(Imm(1), part[0], high)
		low = f.fold(narrow(YMM), part[0].AsY().(vec), high)
	}
	high, xmm := XMM(), narrow(XMM)
	if s.wide {
		VEXTRACTF32X4(Imm(1), low, high)
	} else {
		VEXTRACTF128(Imm(1), low, high)
	}
	r := f.fold(xmm, low.(vec).AsX().(vec), high)
	for _, swap := range []uint64{0x4e, 0xb1} { // halves, then neighbours
		other := XMM()
		VPERMILPS(Imm(swap), r, other)
		r = f.fold(xmm, r, other)
	}
	result, err := ReturnIndex(0).Resolve()
	if err != nil {
		log.Fatal(err)
	}
	VMOVSS(r, result.Addr)
	VZEROUPPER()
	RET()
}

// foldColumns writes d[i] = the fold of x[i], x[stride+i], …, row after row.
func foldColumns(s *isa, f folder) {
	TEXT(f.name+"Columns"+s.name, NOSPLIT, "func(d, x []float32, rows, stride int)")
	Pragma("noescape")
	c := &constants{s, map[uint32]vec{}}
	d, n := Load(Param("d").Base(), GP64()), Load(Param("d").Len(), GP64())
	x, rows := Load(Param("x").Base(), GP64()), Load(Param("rows"), GP64())
	stride := Load(Param("stride"), GP64())
	SHLQ(U8(2), stride)
	at := GP64()
	XORQ(at, at)
	column := func(label string, vectors int, load func(base reg.Register, u int) vec) []vec {
		row, left := GP64(), GP64()
		MOVQ(x, row)
		MOVQ(rows, left)
		sums := make([]vec, vectors)
		for u := range sums {
			sums[u] = c.reg(f.start)
		}
		Label(label)
		for u := range sums {
			VMOVAPS(f.fold(c, sums[u], load(row, u)), sums[u])
		}
		ADDQ(stride, row)
		DECQ(left)
		JNZ(LabelRef(label))
		return sums
	}
	place := func(base reg.Register, u int) Mem { return Mem{Base: base, Index: at, Scale: 4, Disp: u * s.bytes()} }
	strides(s, n, at, foldVectors, func(vectors int) {
		label := "rows"
		if vectors == 1 {
			label = "row"
		}
		for u, sum := range column(label, vectors, func(base reg.Register, u int) vec {
			v := s.vec()
			VMOVUPS(place(base, u), v)
			return v
		}) {
			VMOVUPS(sum, place(d, u))
		}
	})
	mask := s.tailMask(n)
	sums := column("rest", 1, func(base reg.Register, _ int) vec { return s.loadPart(place(base, 0), mask) })
	s.storePart(sums[0], place(d, 0), mask)
	Label("end")
	VZEROUPPER()
	RET()
}
