package cpu

// gemmPortable is the micro-kernel in Go: 4×3 sums are what fits in sixteen registers
// beside the operands.
var gemmPortable = GemmKernel{MR: 4, NR: 3, Run: gemm4x3}

func gemm4x3(k int, a, b, c []float32, ldc int, add bool) {
	var c00, c01, c02, c10, c11, c12, c20, c21, c22, c30, c31, c32 float32
	a, b = a[:4*k], b[:3*k]
	for len(a) >= 4 && len(b) >= 3 {
		b0, b1, b2 := b[0], b[1], b[2]
		x := a[0]
		c00 += float32(x * b0)
		c01 += float32(x * b1)
		c02 += float32(x * b2)
		x = a[1]
		c10 += float32(x * b0)
		c11 += float32(x * b1)
		c12 += float32(x * b2)
		x = a[2]
		c20 += float32(x * b0)
		c21 += float32(x * b1)
		c22 += float32(x * b2)
		x = a[3]
		c30 += float32(x * b0)
		c31 += float32(x * b1)
		c32 += float32(x * b2)
		a, b = a[4:], b[3:]
	}
	store3(c, c00, c01, c02, add)
	store3(c[ldc:], c10, c11, c12, add)
	store3(c[2*ldc:], c20, c21, c22, add)
	store3(c[3*ldc:], c30, c31, c32, add)
}

func store3(c []float32, x, y, z float32, add bool) {
	c = c[:3]
	if add {
		x, y, z = c[0]+x, c[1]+y, c[2]+z
	}
	c[0], c[1], c[2] = x, y, z
}
