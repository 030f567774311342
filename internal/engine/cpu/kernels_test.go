package cpu

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gotrain/internal/formula"
	"gotrain/internal/graph"
	"gotrain/internal/rng"
)

// reference is what a primitive is in float64.
func reference(op formula.Op, a, b, c float64) float64 {
	f := &formula.Formula{Inputs: 3, Nodes: []formula.Node{
		{Op: formula.In, Arg: 0}, {Op: formula.In, Arg: 1}, {Op: formula.In, Arg: 2}, {Op: op, Args: [3]formula.Ref{0, 1, 2}},
	}, Out: 3}
	return f.Eval(a, b, c)
}

// ulpBounds are the largest errors of a primitive's loops in units in the last place; those
// that are not named round correctly. docs/accuracy.md has what is measured.
var ulpBounds = map[formula.Op]float64{
	formula.FMA: 2, formula.Rsqrt: 1.5, formula.Exp: 1.5, formula.Expm1: 2, formula.Log: 1.5, formula.Log1p: 2.5,
	formula.Tanh: 3, formula.Sigmoid: 3, formula.Erf: 1.5,
}

// samples are numbers of all sizes and both signs, and those where functions go wrong.
func samples(n int) []float32 {
	special := []float32{
		0, float32(math.Copysign(0, -1)), 1, -1, 0.5, -0.5, 2, math.MaxFloat32, -math.MaxFloat32, 1e-38, -1e-38, 0x1p-126, 1e30, -1e30, 87.3, 88.7,
		88.8, -87.3, -87.4, -103, -105, 17, -17, 0.92773, 0.92774, 20, -20, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
	}
	r := rand.New(rand.NewPCG(1, 2))
	x := slices.Clone(special)
	for len(x) < n {
		size := math.Exp(r.Float64()*60 - 35) // 1e-15 to 1e11
		if r.IntN(2) == 0 {
			size = -size
		}
		x = append(x, float32(size), float32(r.NormFloat64()), float32(10*r.NormFloat64()))
	}
	return x[:n]
}

// TestAccuracy keeps docs/accuracy.md: what TestLoops measures, of the sets of this
// machine.
func TestAccuracy(t *testing.T) {
	const path = "../../../docs/accuracy.md"
	var s strings.Builder
	s.WriteString(`# Accuracy

The largest error of each function in units in the last place (ulp) of float32, by kernel set, over 20,000 numbers of all sizes
and the special values, against float64. Half a unit is correct rounding; it is given where it is missed. Results below 2⁻¹²⁵ may
be 0. Made by ` + "`go test ./internal/engine/cpu -run Accuracy -update`" + `.

| function | AVX-512 | AVX2 | Go |
|---|---|---|---|
`)
	if len(sets()) < 3 {
		t.Skip("this machine has not all kernel sets")
	}
	for op := formula.Add; op < formula.NumOps; op++ {
		if ulpBounds[op] == 0 {
			continue
		}
		fmt.Fprintf(&s, "| %s |", op)
		for _, set := range sets() {
			fmt.Fprintf(&s, " %.2f |", worstUlps(t, set, op))
		}
		s.WriteString("\n")
	}
	s.WriteString("\nAdd, subtract, multiply, divide, square root, floor, comparisons and choices round correctly. Sine, cosine and powers go through\nfloat64 in all sets. A product adds up each element in the order of k, in parts of 1024 (Go: 512); fma rounds once or twice.\n")
	if *update {
		if err := os.WriteFile(path, []byte(s.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != s.String() {
		t.Errorf("%s is not what is measured: run with -update (%v)", path, err)
	}
}

// worstUlps is the largest error of a loop over the samples.
func worstUlps(t *testing.T, set *Kernels, op formula.Op) float64 {
	t.Helper()
	a, b, c := operands()
	got := make([]float32, len(a))
	set.Loop[op](got, a, b, c)
	worst := 0.0
	for i, g := range got {
		want := reference(op, float64(a[i]), float64(b[i]), float64(c[i]))
		err := ulps(g, want)
		if op == formula.FMA && math.Abs(want) < math.Abs(float64(c[i])) {
			err *= math.Abs(want / float64(c[i])) // the product is rounded before the sum, or not
		}
		worst = max(worst, err)
		if err > max(ulpBounds[op], 0.5) {
			t.Fatalf("%s(%g, %g, %g) = %g, want %g: %.2f ulp", op, a[i], b[i], c[i], g, want, err)
		}
	}
	return worst
}

// operands are the samples, and two other orders of them.
func operands() (a, b, c []float32) {
	const n = 20011
	a = samples(n)
	b, c = slices.Clone(a), slices.Clone(a)
	r := rand.New(rand.NewPCG(3, 4))
	r.Shuffle(n, func(i, j int) { b[i], b[j] = b[j], b[i] })
	r.Shuffle(n, func(i, j int) { c[i], c[j] = c[j], c[i] })
	return a, b, c
}

var update = flag.Bool("update", false, "rewrite docs/accuracy.md")

// TestLoops compares every primitive of every kernel set with float64, special values and
// all lengths of a tail included.
func TestLoops(t *testing.T) {
	for _, set := range sets() {
		for op := formula.Add; op < formula.NumOps; op++ {
			t.Run(fmt.Sprintf("%s/%s", set.Name, op), func(t *testing.T) {
				t.Logf("worst %.2f ulp", worstUlps(t, set, op))
				a, b, c := operands()
				got := make([]float32, len(a))
				set.Loop[op](got, a, b, c)
				for length := range 70 {
					part := make([]float32, length+1)
					part[length] = 7
					set.Loop[op](part[:length], a[:length], b[:length], c[:length])
					for i, g := range part[:length] {
						if math.Float32bits(g) != math.Float32bits(got[i]) {
							t.Fatalf("element %d of %d is %g, alone %g", i, length, got[i], g)
						}
					}
					if part[length] != 7 {
						t.Fatalf("a loop over %d elements wrote beyond", length)
					}
				}
			})
		}
	}
}

// ulps is how far got is from want, in units in the last place of want as a normal number.
func ulps(got float32, want float64) float64 {
	switch g := float64(got); {
	case math.IsNaN(want) || math.IsNaN(g):
		if math.IsNaN(want) && math.IsNaN(g) {
			return 0
		}
		return math.Inf(1)
	case math.IsInf(float64(float32(want)), 0):
		if math.IsInf(g, 0) || math.Abs(g) == math.MaxFloat32 {
			return 0
		}
		return math.Inf(1)
	case math.IsInf(g, 0):
		return math.Inf(1)
	case math.Abs(want) < 0x1p-125 && math.Abs(g) <= 0x1p-125:
		return 0 // below the normal numbers a result, or half of one on the way to it, may be 0
	default:
		_, e := math.Frexp(want)
		return math.Abs(g-want) / math.Ldexp(1, e-24)
	}
}

// TestTiles compares every micro-kernel of every set with float64, at every size of the
// matrix's edges, plain, transposed and packed.
func TestTiles(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	random := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	for _, set := range sets() {
		g := &set.Gemm
		for rows := 1; rows <= g.MR; rows++ {
			for _, cols := range []int{g.NR / 2, g.NR} {
				for _, k := range []int{0, 1, 2, 7, 33} {
					tile, width := g.tile(rows, cols)
					height := rows
					a, b := random(height*k+1), random(width*k+1)
					for _, add := range []int{0, 1} {
						c := random(height*width + 5)
						before := slices.Clone(c)
						tile(k, &a[0], 4, 4*height, &b[0], 4*width, &c[0], 4*width, add)
						for i := range height {
							for j := range width {
								want, size := 0.0, 0.0
								if add != 0 {
									want = float64(before[i*width+j])
								}
								for p := range k {
									x := float64(a[p*height+i]) * float64(b[p*width+j])
									want, size = want+x, size+math.Abs(x)
								}
								if got := float64(c[i*width+j]); math.Abs(got-want) > 1e-6*(size+1) {
									t.Fatalf("%s %d×%d, k %d: element (%d, %d) is %g, want %g", set.Name, height, width, k, i, j, got, want)
								}
							}
						}
						if !slices.Equal(c[height*width:], before[height*width:]) {
							t.Fatalf("%s %d×%d wrote beyond its tile", set.Name, height, width)
						}
					}
				}
			}
		}
	}
}

// TestFolds compares the folds of every set with float64.
func TestFolds(t *testing.T) {
	for _, set := range sets() {
		for n := 1; n < 300; n++ {
			x := samples(n + 30)[30:]
			sum, size, most := 0.0, 0.0, math.Inf(-1)
			for _, v := range x {
				sum, size, most = sum+float64(v), size+math.Abs(float64(v)), max(most, float64(v))
			}
			if got := set.Fold[graph.Sum].row(x); math.Abs(float64(got)-sum) > 1e-6*size {
				t.Fatalf("%s: sum of %d is %g, want %g", set.Name, n, got, sum)
			}
			if got := set.Fold[graph.Max].row(x); float64(got) != most {
				t.Fatalf("%s: max of %d is %g, want %g", set.Name, n, got, most)
			}
			x[n/2] = float32(math.NaN())
			if got := set.Fold[graph.Max].row(x); got == got {
				t.Fatalf("%s: max of %d with NaN is %g", set.Name, n, got)
			}
		}
		for _, fn := range []graph.ReduceFn{graph.Sum, graph.Max} {
			for cols := 1; cols < 140; cols++ {
				const rows, extra = 11, 3
				x := samples(30 + rows*(cols+extra))[30:]
				got := make([]float32, cols+1)
				set.Fold[fn].columns(got[:cols], x, rows, cols+extra)
				for j := range cols {
					column := make([]float32, rows)
					size := 0.0
					for i := range rows {
						column[i] = x[i*(cols+extra)+j]
						size += math.Abs(float64(column[i]))
					}
					want := portableFolds[fn].row(column)
					if math.Abs(float64(got[j]-want)) > 1e-6*size {
						t.Fatalf("%s: fold %d of column %d of %d is %g, want %g", set.Name, fn, j, cols, got[j], want)
					}
				}
				if got[cols] != 0 {
					t.Fatalf("%s: a fold of %d columns wrote beyond", set.Name, cols)
				}
			}
		}
	}
}

// TestDraws compares every set's draws with rng's.
func TestDraws(t *testing.T) {
	for _, set := range vectorSets() {
		r, stream := set.Random, rng.NewStream(7, "draws")
		const groups = 40
		n := groups * r.Group
		want, got := make([]float32, n), make([]float32, n+1)
		got[n] = 7
		stream.Uniform(want, 3, 5)
		r.Uniform(groups, &got[0], &[]uint32{0, 5, 3, stream.Key[0], stream.Key[1]}[0])
		if !slices.Equal(got[:n], want) || got[n] != 7 {
			t.Errorf("%s: uniform draws differ", set.Name)
		}
		r.Uniform(1, &got[0], &[]uint32{uint32(r.Group / blockWords), 5, 3, stream.Key[0], stream.Key[1]}[0])
		if !slices.Equal(got[:r.Group], want[r.Group:][:r.Group]) {
			t.Errorf("%s: uniform draws from a later block on differ", set.Name)
		}
		stream.Normal(want, 3, 5)
		r.normal(groups, &got[0], &[]uint32{0, 5, 3, stream.Key[0], stream.Key[1]}[0])
		for i, w := range want {
			if d := math.Abs(float64(got[i] - w)); d > 5e-7*max(1, math.Abs(float64(w))) {
				t.Fatalf("%s: normal draw %d is %g, want %g", set.Name, i, got[i], w)
			}
		}
	}
}

// TestDenormalsAreFlushed: a product whose result is below the normal numbers is zero, and
// arithmetic afterwards is as it was.
func TestDenormalsAreFlushed(t *testing.T) {
	for _, set := range vectorSets() {
		small, d := []float32{1e-30, 1e-30, 1}, make([]float32, 3)
		set.Loop[formula.Mul](d, small, small, nil)
		if d[0] != 0 || d[2] != 1 {
			t.Errorf("%s: 1e-30 times itself is %g", set.Name, d[0])
		}
		tiny := float32(0x1p-130)
		if half := tiny * small[2] / 2; half == 0 {
			t.Errorf("%s: after a kernel, Go's numbers below the normal ones are gone", set.Name)
		}
	}
}
