package rng

import (
	"math"
	"testing"
)

// TestKnownAnswers are the published vectors of philox4x32-10 (Random123, kat_vectors).
func TestKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		ctr  [4]uint32
		key  [2]uint32
		want [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{
			[4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
			[2]uint32{0xffffffff, 0xffffffff},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		},
		{
			[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
			[2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
		},
	} {
		if got := Philox(c.ctr, c.key); got != c.want {
			t.Errorf("philox(%x, %x) = %x, want %x", c.ctr, c.key, got, c.want)
		}
	}
}

// TestMoments: a hundred thousand draws have the mean and deviation of their law within
// five standard errors.
func TestMoments(t *testing.T) {
	const n = 100_000
	s := NewStream(3, "moments")
	check := func(name string, x []float32, mean, variance, kurtosis float64) {
		var m1, m2 float64
		for _, v := range x {
			m1 += float64(v)
			m2 += (float64(v) - mean) * (float64(v) - mean)
		}
		m1, m2 = m1/n, m2/n
		if d := math.Abs(m1 - mean); d > 5*math.Sqrt(variance/n) {
			t.Errorf("%s: mean %g, want %g", name, m1, mean)
		}
		if d := math.Abs(m2 - variance); d > 5*variance*math.Sqrt((kurtosis-1)/n) {
			t.Errorf("%s: variance %g, want %g", name, m2, variance)
		}
	}
	x := make([]float32, n)
	s.Normal(x, 0, 0)
	check("normal", x, 0, 1, 3)
	s.Uniform(x, 1, 0)
	check("uniform", x, 0.5, 1.0/12, 1.8)
	for _, v := range x {
		if v <= 0 || v >= 1 {
			t.Fatalf("uniform %g is not in (0, 1)", v)
		}
	}
}

// TestDrawsDependOnTheirAddressAlone: a longer row starts with the shorter one; another
// seed, stream, epoch or index gives others.
func TestDrawsDependOnTheirAddressAlone(t *testing.T) {
	short, long := make([]float32, 5), make([]float32, 50)
	NewStream(1, "z").Normal(short, 2, 3)
	NewStream(1, "z").Normal(long, 2, 3)
	for i := range short {
		if short[i] != long[i] {
			t.Fatal("a draw depends on how many are asked for")
		}
	}
	for name, other := range map[string]func(x []float32){
		"seed":   func(x []float32) { NewStream(2, "z").Normal(x, 2, 3) },
		"stream": func(x []float32) { NewStream(1, "y").Normal(x, 2, 3) },
		"epoch":  func(x []float32) { NewStream(1, "z").Normal(x, 3, 3) },
		"index":  func(x []float32) { NewStream(1, "z").Normal(x, 2, 4) },
	} {
		x := make([]float32, 5)
		other(x)
		if x[0] == short[0] && x[1] == short[1] {
			t.Errorf("another %s gives the same draws", name)
		}
	}
}
