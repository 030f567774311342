package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileRows is how many rows of sums fit in the registers beside two vectors of B and one
// or two of A: 14×32 with AVX-512, 6×16 with AVX2.
func (s *isa) tileRows() int {
	if s.wide {
		return 14
	}
	return 6
}

// gemmTiles writes a micro-kernel for every number of rows and for one and two vectors.
func gemmTiles(s *isa) {
	for rows := 1; rows <= s.tileRows(); rows++ {
		for vectors := 1; vectors <= 2; vectors++ {
			gemmTile(s, rows, vectors)
		}
	}
	transpose(s)
}

// transpose writes the transpose of a square block of as many rows as a vector has lanes.
// Strides are in bytes.
func transpose(s *isa) {
	TEXT("transpose"+s.name, NOSPLIT, "func(src *float32, srcRow int, dst *float32, dstRow int)")
	Pragma("noescape")
	Doc("transpose" + s.name + fmt.Sprintf(" transposes a block of %d×%d.", s.lanes, s.lanes))
	src, srcRow := Load(Param("src"), GP64()), Load(Param("srcRow"), GP64())
	dst, dstRow := Load(Param("dst"), GP64()), Load(Param("dstRow"), GP64())
	rows := make([]vec, s.lanes)
	for i := range rows {
		rows[i] = s.vec()
		VMOVUPS(Mem{Base: src}, rows[i])
		if i < s.lanes-1 {
			ADDQ(srcRow, src)
		}
	}
	// Pairs of rows, then quads: lane group L of quads[4g+c] has column 4L+c of rows 4g to 4g+3.
	pairs, quads := make([]vec, s.lanes), make([]vec, s.lanes)
	for i := 0; i < s.lanes; i += 2 {
		pairs[i], pairs[i+1] = s.vec(), s.vec()
		VUNPCKLPS(rows[i+1], rows[i], pairs[i])
		VUNPCKHPS(rows[i+1], rows[i], pairs[i+1])
	}
	for i := 0; i < s.lanes; i += 4 {
		for q := range 4 {
			quads[i+q] = s.vec()
		}
		VUNPCKLPD(pairs[i+2], pairs[i], quads[i])
		VUNPCKHPD(pairs[i+2], pairs[i], quads[i+1])
		VUNPCKLPD(pairs[i+3], pairs[i+1], quads[i+2])
		VUNPCKHPD(pairs[i+3], pairs[i+1], quads[i+3])
	}
	columns := make([]vec, s.lanes)
	for c := range 4 {
		if !s.wide {
			columns[c], columns[4+c] = s.vec(), s.vec()
			VPERM2F128(Imm(0x20), quads[4+c], quads[c], columns[c])
			VPERM2F128(Imm(0x31), quads[4+c], quads[c], columns[4+c])
			continue
		}
		group := s.groups([4]vec{quads[c], quads[4+c], quads[8+c], quads[12+c]})
		columns[c], columns[4+c], columns[8+c], columns[12+c] = group[0], group[1], group[2], group[3]
	}
	for i, column := range columns {
		VMOVUPS(column, Mem{Base: dst})
		if i < s.lanes-1 {
			ADDQ(dstRow, dst)
		}
	}
	VZEROUPPER()
	RET()
}

// gemmTile writes C (+)= A·B for a tile of C that stays in registers over all of k. Strides
// are in bytes: A's element (i, p) is at a + i·aRow + p·aCol, so the same code reads A plain,
// transposed or packed.
func gemmTile(s *isa, rows, vectors int) {
	TEXT(fmt.Sprintf("gemm%s_%dx%d", s.name, rows, vectors*s.lanes), NOSPLIT,
		"func(k int, a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow int, add int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("gemm%s_%dx%d is a gemmTile of %d rows and %d columns.", s.name, rows, vectors*s.lanes, rows, vectors*s.lanes))
	restore := flushing()
	k := Load(Param("k"), GP64())
	aRow, aCol := Load(Param("aRow"), GP64()), Load(Param("aCol"), GP64())
	b, bRow := Load(Param("b"), GP64()), Load(Param("bRow"), GP64())
	// A pointer for every third row; the two after it are reached by the index.
	bases := []reg.Register{Load(Param("a"), GP64())}
	for len(bases)*3 < rows {
		p := GP64()
		LEAQ(Mem{Base: bases[len(bases)-1], Index: aRow, Scale: 2}, p)
		ADDQ(aRow, p)
		bases = append(bases, p)
	}
	at := func(row int) Mem {
		m := Mem{Base: bases[row/3]}
		if row%3 > 0 {
			m.Index, m.Scale = aRow, uint8(row%3)
		}
		return m
	}
	sums := make([][]vec, rows)
	for i := range sums {
		for range vectors {
			sums[i] = append(sums[i], s.zero())
		}
	}
	y := make([]vec, vectors)
	for j := range y {
		y[j] = s.vec()
	}
	x := []vec{s.vec(), s.vec()} // two, so that a broadcast need not wait for the products before
	if s.wide && rows*vectors+vectors+2 > 32 || !s.wide && rows*vectors+vectors+2 > 16 {
		x = x[:1]
	}
	TESTQ(k, k)
	JZ(LabelRef("store"))
	Label("step")
	for j := range y {
		VMOVUPS(Mem{Base: b, Disp: s.bytes() * j}, y[j])
	}
	for i := range rows {
		xi := x[i%len(x)]
		VBROADCASTSS(at(i), xi)
		for j := range y {
			VFMADD231PS(y[j], xi, sums[i][j])
		}
	}
	ADDQ(bRow, b)
	for _, p := range bases {
		ADDQ(aCol, p)
	}
	DECQ(k)
	JNZ(LabelRef("step"))
	Label("store")
	c, cRow, add := Load(Param("c"), GP64()), Load(Param("cRow"), GP64()), Load(Param("add"), GP64())
	TESTQ(add, add)
	JZ(LabelRef("set"))
	each := func(do func(i, j int, m Mem)) {
		p := GP64()
		MOVQ(c, p)
		for i := range rows {
			for j := range y {
				do(i, j, Mem{Base: p, Disp: s.bytes() * j})
			}
			if i < rows-1 {
				ADDQ(cRow, p)
			}
		}
	}
	each(func(i, j int, m Mem) { VADDPS(m, sums[i][j], sums[i][j]) })
	Label("set")
	each(func(i, j int, m Mem) { VMOVUPS(sums[i][j], m) })
	restore()
	VZEROUPPER()
	RET()
}

// groups transposes four vectors' groups of four lanes.
func (s *isa) groups(q [4]vec) [4]vec {
	shuffle := func(order uint64, a, b vec) vec {
		r := s.vec()
		VSHUFF32X4(Imm(order), b, a, r)
		return r
	}
	const firstHalves, lastHalves, even, odd = 0x44, 0xee, 0x88, 0xdd
	a, b := shuffle(firstHalves, q[0], q[1]), shuffle(lastHalves, q[0], q[1])
	x, y := shuffle(firstHalves, q[2], q[3]), shuffle(lastHalves, q[2], q[3])
	return [4]vec{shuffle(even, a, x), shuffle(odd, a, x), shuffle(even, b, y), shuffle(odd, b, y)}
}
