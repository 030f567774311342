package cpu

import (
	"context"
	"fmt"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// BenchmarkMatMul measures the products of a VAE's step: forward, weight gradient and
// input gradient.
func BenchmarkMatMul(b *testing.B) {
	for _, s := range []struct {
		m, n, k int
		op      graph.MatMul
	}{
		{128, 400, 784, graph.MatMul{}},
		{784, 400, 128, graph.MatMul{TransA: true}},
		{128, 784, 400, graph.MatMul{}},
		{128, 400, 784, graph.MatMul{TransB: true}},
		{128, 40, 400, graph.MatMul{}},
		{512, 512, 512, graph.MatMul{}},
	} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%dx%dx%d/threads=%d", s.op, s.m, s.n, s.k, threads), func(b *testing.B) {
				x := &graph.Value{ID: 0, Name: "x", Shape: graph.Shape{s.m, s.k}}
				y := &graph.Value{ID: 1, Name: "y", Shape: graph.Shape{s.k, s.n}}
				if s.op.TransA {
					x.Shape = graph.Shape{s.k, s.m}
				}
				if s.op.TransB {
					y.Shape = graph.Shape{s.n, s.k}
				}
				z := &graph.Value{ID: 2, Op: s.op, In: []*graph.Value{x, y}, Shape: graph.Shape{s.m, s.n}}
				p := &graph.Program{Name: "bench", Values: []*graph.Value{x, y, z}, Inputs: []*graph.Value{x, y}, Outputs: []graph.Output{{Name: "z", Value: z}}}
				feed := engine.Feed{Float: map[string][]float32{"x": ramp(s.m * s.k), "y": ramp(s.k * s.n)}}
				measure(b, p, feed, threads)
			})
		}
	}
}

// BenchmarkConvolution measures the convolutions of configs/lenet-mnist.yaml at batch 64,
// with both gradients and the pooling.
func BenchmarkConvolution(b *testing.B) {
	w := graph.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Pad: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	form := graph.Convolution{Window: w, Groups: 1}
	half := graph.Window{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}, Dilation: [2]int{1, 1}}
	for _, s := range []struct{ in, out, size int }{{1, 16, 28}, {16, 32, 14}} {
		x, k := graph.Shape{64, s.in, s.size, s.size}, graph.Shape{s.out, s.in, 3, 3}
		y, pooled := graph.Shape{64, s.out, s.size, s.size}, graph.Shape{64, s.out, s.size / 2, s.size / 2}
		for _, c := range []struct {
			op       graph.Op
			from, by graph.Shape
			to       graph.Shape
		}{
			{graph.Conv{Convolution: form}, x, k, y},
			{graph.ConvInputGrad{Convolution: form}, y, k, x},
			{graph.ConvWeightGrad{Convolution: form}, x, y, k},
			{graph.MaxPool{Window: half}, y, nil, pooled},
			{graph.MaxPoolGrad{Window: half}, y, pooled, y},
		} {
			b.Run(fmt.Sprintf("%dto%d/%T", s.in, s.out, c.op), func(b *testing.B) {
				p := &graph.Program{Name: "bench"}
				feed := engine.Feed{Float: map[string][]float32{}}
				var in []*graph.Value
				for i, shape := range []graph.Shape{c.from, c.by} {
					if shape == nil {
						continue
					}
					v := &graph.Value{ID: i, Name: fmt.Sprint("x", i), Shape: shape}
					feed.Float[v.Name] = ramp(shape.Size(1))
					in = append(in, v)
				}
				z := &graph.Value{ID: len(in), Op: c.op, In: in, Shape: c.to}
				p.Values, p.Inputs, p.Outputs = append(in[:len(in):len(in)], z), in, []graph.Output{{Name: "z", Value: z}}
				measure(b, p, feed, 1)
			})
		}
	}
}

func ramp(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i%17)/17 - 0.4
	}
	return x
}

func measure(b *testing.B, p *graph.Program, feed engine.Feed, threads int) {
	dev := New(Options{Threads: threads})
	defer dev.Close()
	e, err := engine.Compile(dev, engine.NewStore(dev), p, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Step(context.Background(), feed); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(e.Stats().FLOPs)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}

// BenchmarkForkJoin is the cost of a job of empty tasks while the workers spin.
func BenchmarkForkJoin(b *testing.B) {
	p := newPool(2)
	defer p.close()
	j := newJob(2, func(int, int) {})
	for b.Loop() {
		if err := p.do(j); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMap measures formulas as tapes: an addition with a bias row, a sigmoid and an
// Adam update.
func BenchmarkMap(b *testing.B) {
	const m, n = 128, 784
	adam := formula.New(4, func(f *formula.Builder, in []formula.Ref) formula.Ref {
		w, g, mom, v := in[0], in[1], in[2], in[3]
		mom = f.Add(f.Mul(f.Const(0.9), mom), f.Mul(f.Const(0.1), g))
		v = f.Add(f.Mul(f.Const(0.999), v), f.Mul(f.Const(0.001), f.Square(g)))
		return f.Sub(w, f.Div(f.Mul(f.Const(1e-3), mom), f.Add(f.Sqrt(v), f.Const(1e-8))))
	})
	for _, c := range []struct {
		name   string
		f      *formula.Formula
		shapes []graph.Shape
	}{
		{"bias", formula.Binary((*formula.Builder).Add), []graph.Shape{{m, n}, {n}}},
		{"sigmoid", formula.Unary((*formula.Builder).Sigmoid), []graph.Shape{{m, n}}},
		{"adam", adam, []graph.Shape{{m, n}, {m, n}, {m, n}, {m, n}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := &graph.Program{Name: "bench"}
			feed := engine.Feed{Float: map[string][]float32{}}
			for i, s := range c.shapes {
				x := &graph.Value{ID: i, Name: fmt.Sprint("x", i), Shape: s}
				p.Values, p.Inputs = append(p.Values, x), append(p.Inputs, x)
				feed.Float[x.Name] = ramp(s.Size(1))
			}
			y := &graph.Value{ID: len(p.Values), Op: graph.Map{F: c.f}, In: p.Inputs, Shape: graph.Shape{m, n}}
			p.Values = append(p.Values, y)
			p.Outputs = []graph.Output{{Name: "y", Value: y}}
			measure(b, p, feed, 1)
			b.ReportMetric(float64(m*n*b.N)/float64(b.Elapsed().Nanoseconds()), "elem/ns")
		})
	}
}

// BenchmarkPeak is the rate of the largest tile on operands in the first-level cache: what
// a product can reach on one thread.
func BenchmarkPeak(b *testing.B) {
	for _, set := range vectorSets() {
		b.Run(set.Name, func(b *testing.B) {
			g := &set.Gemm
			const k = 128
			x, y, z := ramp(g.MR*k), ramp(g.NR*k), make([]float32, g.MR*g.NR)
			tile, width := g.tile(g.MR, g.NR)
			height := g.MR
			for b.Loop() {
				tile(k, &x[0], 4, 4*height, &y[0], 4*width, &z[0], 4*width, 0)
			}
			b.ReportMetric(float64(2*height*width*k*b.N)/1e9/b.Elapsed().Seconds(), "GFLOP/s")
		})
	}
}

// BenchmarkLoop is one primitive over a tile: what a step of a tape costs.
func BenchmarkLoop(b *testing.B) {
	for _, set := range sets() {
		for _, op := range []formula.Op{formula.Add, formula.Div, formula.Exp} {
			b.Run(fmt.Sprintf("%s/%s", set.Name, op), func(b *testing.B) {
				x, y, d := ramp(tileLen), ramp(tileLen), make([]float32, tileLen)
				for b.Loop() {
					set.Loop[op](d, x, y, nil)
				}
				b.ReportMetric(float64(tileLen*b.N)/float64(b.Elapsed().Nanoseconds()), "elements/ns")
			})
		}
	}
}
