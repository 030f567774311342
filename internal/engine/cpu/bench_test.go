package cpu

import (
	"context"
	"fmt"
	"testing"

	"gotrain/internal/engine"
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
