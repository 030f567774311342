package cpu

import (
	"golang.org/x/sys/cpu"

	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// avx512 needs AVX-512 F, BW, DQ and VL, and BMI2.
var avx512 = Kernels{
	Name: "avx512",
	Gemm: GemmKernel{
		MR: 14, NR: 32, Depth: 1024, Block: 16, Transpose: transposeAVX512,
		Tiles: [][2]gemmTile{
			{gemmAVX512_1x16, gemmAVX512_1x32},
			{gemmAVX512_2x16, gemmAVX512_2x32},
			{gemmAVX512_3x16, gemmAVX512_3x32},
			{gemmAVX512_4x16, gemmAVX512_4x32},
			{gemmAVX512_5x16, gemmAVX512_5x32},
			{gemmAVX512_6x16, gemmAVX512_6x32},
			{gemmAVX512_7x16, gemmAVX512_7x32},
			{gemmAVX512_8x16, gemmAVX512_8x32},
			{gemmAVX512_9x16, gemmAVX512_9x32},
			{gemmAVX512_10x16, gemmAVX512_10x32},
			{gemmAVX512_11x16, gemmAVX512_11x32},
			{gemmAVX512_12x16, gemmAVX512_12x32},
			{gemmAVX512_13x16, gemmAVX512_13x32},
			{gemmAVX512_14x16, gemmAVX512_14x32},
		},
	},
	Loop: withPortable(loopTable{
		formula.Add:     loopAVX512Add,
		formula.Sub:     loopAVX512Sub,
		formula.Mul:     loopAVX512Mul,
		formula.Div:     loopAVX512Div,
		formula.Min:     loopAVX512Min,
		formula.Max:     loopAVX512Max,
		formula.FMA:     loopAVX512FMA,
		formula.Neg:     loopAVX512Neg,
		formula.Abs:     loopAVX512Abs,
		formula.Sqrt:    loopAVX512Sqrt,
		formula.Rsqrt:   loopAVX512Rsqrt,
		formula.Floor:   loopAVX512Floor,
		formula.Less:    loopAVX512Less,
		formula.LessEq:  loopAVX512LessEq,
		formula.Equal:   loopAVX512Equal,
		formula.Select:  loopAVX512Select,
		formula.Exp:     loopAVX512Exp,
		formula.Expm1:   loopAVX512Expm1,
		formula.Tanh:    loopAVX512Tanh,
		formula.Sigmoid: loopAVX512Sigmoid,
		formula.Log:     loopAVX512Log,
		formula.Log1p:   loopAVX512Log1p,
		formula.Erf:     loopAVX512Erf,
	}),
	Fold: foldTable{
		graph.Sum: {sumRowAVX512, sumColumnsAVX512},
		graph.Max: {maxRowAVX512, maxColumnsAVX512},
	},
	Random:   RandomKernel{Group: 64, Uniform: uniformAVX512, Words: wordsAVX512, BoxMuller: loopAVX512BoxMuller},
	Straight: straightAVX512,
}

// avx2 needs AVX2, FMA and BMI2.
var avx2 = Kernels{
	Name: "avx2",
	Gemm: GemmKernel{
		MR: 6, NR: 16, Depth: 1024, Block: 8, Transpose: transposeAVX2,
		Tiles: [][2]gemmTile{
			{gemmAVX2_1x8, gemmAVX2_1x16},
			{gemmAVX2_2x8, gemmAVX2_2x16},
			{gemmAVX2_3x8, gemmAVX2_3x16},
			{gemmAVX2_4x8, gemmAVX2_4x16},
			{gemmAVX2_5x8, gemmAVX2_5x16},
			{gemmAVX2_6x8, gemmAVX2_6x16},
		},
	},
	Loop: withPortable(loopTable{
		formula.Add:     loopAVX2Add,
		formula.Sub:     loopAVX2Sub,
		formula.Mul:     loopAVX2Mul,
		formula.Div:     loopAVX2Div,
		formula.Min:     loopAVX2Min,
		formula.Max:     loopAVX2Max,
		formula.FMA:     loopAVX2FMA,
		formula.Neg:     loopAVX2Neg,
		formula.Abs:     loopAVX2Abs,
		formula.Sqrt:    loopAVX2Sqrt,
		formula.Rsqrt:   loopAVX2Rsqrt,
		formula.Floor:   loopAVX2Floor,
		formula.Less:    loopAVX2Less,
		formula.LessEq:  loopAVX2LessEq,
		formula.Equal:   loopAVX2Equal,
		formula.Select:  loopAVX2Select,
		formula.Exp:     loopAVX2Exp,
		formula.Expm1:   loopAVX2Expm1,
		formula.Tanh:    loopAVX2Tanh,
		formula.Sigmoid: loopAVX2Sigmoid,
		formula.Log:     loopAVX2Log,
		formula.Log1p:   loopAVX2Log1p,
		formula.Erf:     loopAVX2Erf,
	}),
	Fold: foldTable{
		graph.Sum: {sumRowAVX2, sumColumnsAVX2},
		graph.Max: {maxRowAVX2, maxColumnsAVX2},
	},
	Random:   RandomKernel{Group: 32, Uniform: uniformAVX2, Words: wordsAVX2, BoxMuller: loopAVX2BoxMuller},
	Straight: straightAVX2,
}

// withPortable fills the gaps of a table with the loops that run everywhere.
func withPortable(t loopTable) loopTable {
	for op, l := range portableLoops {
		if t[op] == nil {
			t[op] = l
		}
	}
	return t
}

// vectorSets are the sets that this machine can run beside the portable one, the best
// first.
func vectorSets() []*Kernels {
	var sets []*Kernels
	if x := cpu.X86; x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL && x.HasBMI2 {
		sets = append(sets, &avx512)
	}
	if x := cpu.X86; x.HasAVX2 && x.HasFMA && x.HasBMI2 {
		sets = append(sets, &avx2)
	}
	return sets
}
