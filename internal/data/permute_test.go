package data

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func checkBijection(t interface {
	Helper()
	Fatalf(string, ...any)
}, seed int64, epoch, n int,
) {
	t.Helper()
	p := newPermutation(seed, epoch, n)
	seen := make([]bool, n)
	for i := range n {
		x := p.at(i)
		if x < 0 || int(x) >= n || seen[x] {
			t.Fatalf("n %d: position %d gives %d, which is out of range or comes twice", n, i, x)
		}
		seen[x] = true
	}
}

func TestPermutationIsABijection(t *testing.T) {
	for n := range 40 {
		checkBijection(t, 1, 0, n)
	}
	for k := 6; k <= 13; k++ {
		for d := -1; d <= 1; d++ {
			checkBijection(t, int64(k), d+1, 1<<k+d)
		}
	}
	checkBijection(t, 0, 0, 60000)
	rapid.Check(t, func(t *rapid.T) {
		checkBijection(t, rapid.Int64().Draw(t, "seed"), rapid.IntRange(0, 1<<31).Draw(t, "epoch"), rapid.IntRange(0, 3000).Draw(t, "n"))
	})
}

// TestPermutationIsFar: the largest sets that an int32 index holds.
func TestPermutationIsFar(t *testing.T) {
	p := newPermutation(1, 1, 1<<31-1)
	seen := map[int32]bool{}
	for i := range 1000 {
		x := p.at(1<<31 - 2 - i)
		if x < 0 || seen[x] {
			t.Fatalf("%d", x)
		}
		seen[x] = true
	}
}

// TestPermutationMixes: over many epochs each sample comes about equally often at each
// position. The bound is chi-square's mean plus five deviations, and the draws are fixed.
func TestPermutationMixes(t *testing.T) {
	for _, n := range []int{2, 5, 10, 33} {
		const epochs = 4000
		count := make([]float64, n*n)
		for e := range epochs {
			p := newPermutation(3, e, n)
			for i := range n {
				count[i*n+int(p.at(i))]++
			}
		}
		chi, mean := 0.0, float64(epochs)/float64(n)
		for _, c := range count {
			chi += (c - mean) * (c - mean) / mean
		}
		free := float64((n - 1) * (n - 1))
		if limit := free + 5*1.4143*math.Sqrt(free); chi > limit {
			t.Errorf("n %d: chi-square %.0f, at most %.0f expected", n, chi, limit)
		}
	}
}

func TestPermutationDependsOnSeedAndEpoch(t *testing.T) {
	a, b, c := newPermutation(1, 0, 1000), newPermutation(1, 1, 1000), newPermutation(2, 0, 1000)
	sameB, sameC := 0, 0
	for i := range 1000 {
		if a.at(i) == b.at(i) {
			sameB++
		}
		if a.at(i) == c.at(i) {
			sameC++
		}
	}
	if sameB > 10 || sameC > 10 { // 1 is expected by chance
		t.Errorf("%d and %d of 1000 positions agree", sameB, sameC)
	}
}

func BenchmarkPermutation(b *testing.B) {
	p := newPermutation(1, 0, 60000)
	for i := 0; b.Loop(); i = (i + 1) % 60000 {
		p.at(i)
	}
}
