package cpu

import "gotrain/internal/graph"

// fold is one way to reduce.
type fold struct {
	row     func(x []float32) float32                // x is not empty
	columns func(dst, x []float32, rows, stride int) // dst[i] = fold of x[i], x[stride+i], …
}

type foldTable [2]fold

var portableFolds = foldTable{
	graph.Sum: {sumRow, sumColumns},
	graph.Max: {maxRow, maxColumns},
}

// sumBlock is how many elements are added in one line of eight lanes. Blocks are added
// pairwise, so that the error grows with the logarithm of the length.
const sumBlock = 256

func sumRow(x []float32) float32 {
	if len(x) > sumBlock {
		half := (len(x)/2 + sumBlock - 1) / sumBlock * sumBlock
		return sumRow(x[:half]) + sumRow(x[half:])
	}
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for ; len(x) >= 8; x = x[8:] {
		s0 += x[0]
		s1 += x[1]
		s2 += x[2]
		s3 += x[3]
		s4 += x[4]
		s5 += x[5]
		s6 += x[6]
		s7 += x[7]
	}
	s := ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
	for _, v := range x {
		s += v
	}
	return s
}

// sumColumns adds eight rows pairwise before it adds them to dst: an eighth of the
// roundings there, and of the traffic.
func sumColumns(dst, x []float32, rows, stride int) {
	clear(dst)
	n := len(dst)
	for ; rows >= 8; rows -= 8 {
		x0, x1, x2, x3 := x[:n], x[stride:][:n], x[2*stride:][:n], x[3*stride:][:n]
		x4, x5, x6, x7 := x[4*stride:][:n], x[5*stride:][:n], x[6*stride:][:n], x[7*stride:][:n]
		for i := range dst {
			dst[i] += ((x0[i] + x1[i]) + (x2[i] + x3[i])) + ((x4[i] + x5[i]) + (x6[i] + x7[i]))
		}
		x = x[min(8*stride, len(x)):]
	}
	for r := range rows {
		row := x[r*stride:][:n]
		for i := range dst {
			dst[i] += row[i]
		}
	}
}

func maxRow(x []float32) float32 {
	m := x[0]
	for _, v := range x[1:] {
		m = max(m, v) // NaN where either is
	}
	return m
}

func maxColumns(dst, x []float32, rows, stride int) {
	copy(dst, x[:len(dst)])
	for r := 1; r < rows; r++ {
		row := x[r*stride:][:len(dst)]
		for i := range dst {
			dst[i] = max(dst[i], row[i])
		}
	}
}
