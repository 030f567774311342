package cpu

import "unsafe"

// gemmPortable is the micro-kernel in Go: 4×2 sums, their operands and the products under
// way fit in fifteen registers; 4×3 and more do not.
var gemmPortable = GemmKernel{
	MR: 4, NR: 2, Depth: 512, Panels: true,
	Tiles: [][2]gemmTile{{portableEdge(1, 1), portableEdge(1, 2)}, {portableEdge(2, 1), portableEdge(2, 2)}, {portableEdge(3, 1), portableEdge(3, 2)}, {portableEdge(4, 1), tile4x2}},
}

func tile4x2(k int, a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow int, add int) {
	to := unsafe.Slice(c, 3*cRow/4+2)
	if aRow == 4 && aCol == 4*4 && bRow == 4*2 {
		gemm4x2(k, unsafe.Slice(a, 4*k), unsafe.Slice(b, 2*k), to, cRow/4, add != 0)
		return
	}
	strided4x2(k, a, aRow, aCol, b, bRow, to, cRow/4, add != 0)
}

// portableEdge is a tile of fewer rows or columns, an element at a time.
func portableEdge(rows, cols int) gemmTile {
	return func(k int, a *float32, aRow, aCol int, b *float32, bRow int, c *float32, cRow int, add int) {
		for i := range rows {
			to := unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), i*cRow)), cols)
			for j := range to {
				sum := float32(0)
				for p := range k {
					x := *(*float32)(unsafe.Add(unsafe.Pointer(a), i*aRow+p*aCol))
					y := *(*float32)(unsafe.Add(unsafe.Pointer(b), p*bRow+4*j))
					sum += float32(x * y)
				}
				if add != 0 {
					sum = to[j] + sum
				}
				to[j] = sum
			}
		}
	}
}

// gemm4x2 takes four steps of k a turn. The compiler puts a loop's last additions after
// all its products, so a turn of one step would spill half of them: with four it is twice
// as fast. Explicit conversions keep products from being fused with sums.
func gemm4x2(k int, a, b, c []float32, ldc int, add bool) {
	var c00, c01, c10, c11, c20, c21, c30, c31 float32
	a, b = a[:4*k], b[:2*k]
	for len(a) >= 16 && len(b) >= 8 {
		b0, b1 := b[0], b[1]
		x := a[0]
		c00 += float32(x * b0)
		c01 += float32(x * b1)
		x = a[1]
		c10 += float32(x * b0)
		c11 += float32(x * b1)
		x = a[2]
		c20 += float32(x * b0)
		c21 += float32(x * b1)
		x = a[3]
		c30 += float32(x * b0)
		c31 += float32(x * b1)
		b0, b1 = b[2], b[3]
		x = a[4]
		c00 += float32(x * b0)
		c01 += float32(x * b1)
		x = a[5]
		c10 += float32(x * b0)
		c11 += float32(x * b1)
		x = a[6]
		c20 += float32(x * b0)
		c21 += float32(x * b1)
		x = a[7]
		c30 += float32(x * b0)
		c31 += float32(x * b1)
		b0, b1 = b[4], b[5]
		x = a[8]
		c00 += float32(x * b0)
		c01 += float32(x * b1)
		x = a[9]
		c10 += float32(x * b0)
		c11 += float32(x * b1)
		x = a[10]
		c20 += float32(x * b0)
		c21 += float32(x * b1)
		x = a[11]
		c30 += float32(x * b0)
		c31 += float32(x * b1)
		b0, b1 = b[6], b[7]
		x = a[12]
		c00 += float32(x * b0)
		c01 += float32(x * b1)
		x = a[13]
		c10 += float32(x * b0)
		c11 += float32(x * b1)
		x = a[14]
		c20 += float32(x * b0)
		c21 += float32(x * b1)
		x = a[15]
		c30 += float32(x * b0)
		c31 += float32(x * b1)
		a, b = a[16:], b[8:]
	}
	for len(a) >= 4 && len(b) >= 2 {
		b0, b1 := b[0], b[1]
		x := a[0]
		c00 += float32(x * b0)
		c01 += float32(x * b1)
		x = a[1]
		c10 += float32(x * b0)
		c11 += float32(x * b1)
		x = a[2]
		c20 += float32(x * b0)
		c21 += float32(x * b1)
		x = a[3]
		c30 += float32(x * b0)
		c31 += float32(x * b1)
		a, b = a[4:], b[2:]
	}
	store2(c, c00, c01, add)
	store2(c[ldc:], c10, c11, add)
	store2(c[2*ldc:], c20, c21, add)
	store2(c[3*ldc:], c30, c31, add)
}

// strided4x2 reads what is not packed. Strides are in bytes.
func strided4x2(k int, a *float32, aRow, aCol int, b *float32, bRow int, c []float32, ldc int, add bool) {
	var c00, c01, c10, c11, c20, c21, c30, c31 float32
	left, right := unsafe.Pointer(a), unsafe.Pointer(b)
	for p := range k {
		x := unsafe.Add(left, p*aCol)
		y := unsafe.Slice((*float32)(unsafe.Add(right, p*bRow)), 2)
		b0, b1 := y[0], y[1]
		x0, x1 := *(*float32)(x), *(*float32)(unsafe.Add(x, aRow))
		x2, x3 := *(*float32)(unsafe.Add(x, 2*aRow)), *(*float32)(unsafe.Add(x, 3*aRow))
		c00 += float32(x0 * b0)
		c01 += float32(x0 * b1)
		c10 += float32(x1 * b0)
		c11 += float32(x1 * b1)
		c20 += float32(x2 * b0)
		c21 += float32(x2 * b1)
		c30 += float32(x3 * b0)
		c31 += float32(x3 * b1)
	}
	store2(c, c00, c01, add)
	store2(c[ldc:], c10, c11, add)
	store2(c[2*ldc:], c20, c21, add)
	store2(c[3*ldc:], c30, c31, add)
}

func store2(c []float32, x, y float32, add bool) {
	c = c[:2]
	if add {
		x, y = c[0]+x, c[1]+y
	}
	c[0], c[1] = x, y
}
