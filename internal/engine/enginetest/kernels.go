package enginetest

import (
	"fmt"
	"math"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

func testReduce(t *testing.T, dev engine.Device) {
	for _, c := range []struct {
		shape graph.Shape
		axes  []int
	}{
		{graph.Shape{1}, []int{0}},
		{graph.Shape{7}, []int{0}},
		{graph.Shape{100003}, []int{0}},
		{graph.Shape{-1, 1}, []int{1}},
		{graph.Shape{-1, 10}, []int{1}},
		{graph.Shape{-1, 784}, []int{1}},
		{graph.Shape{3, 9001}, []int{1}},
		{graph.Shape{-1, 10}, []int{0}},
		{graph.Shape{-1, 784}, []int{0}},
		{graph.Shape{-300, 5}, []int{0}},
		{graph.Shape{-1, 1, 5}, []int{0, 1}},
		{graph.Shape{-1, 784}, []int{0, 1}},
		{graph.Shape{-1, 3, 4}, []int{0, 2}},
		{graph.Shape{-1, 3, 4}, []int{1}},
		{graph.Shape{2, 3, 4, 5, 6}, []int{0, 2, 4}},
		{graph.Shape{2, 3, 4, 5, 6}, []int{1, 3}},
		{graph.Shape{-1, 3}, nil},
		{graph.Shape{1, 1}, []int{0, 1}},
	} {
		for _, fn := range []graph.ReduceFn{graph.Sum, graph.Max} {
			for _, batch := range []int{1, 5, 130} {
				b := newBuilder(fmt.Sprintf("%s%v%v batch %d", fn, c.shape, c.axes, batch))
				b.output("y", b.reduce(fn, b.input("x", graph.F32, c.shape...), c.axes...))
				d := fill(b.p, batch, -1, 1, 3)
				// Partial sums are about √n; added in a tree, each term is in log n of
				// them, rounded by half an ulp. The straight line of a plain sum would
				// need n for √n.
				n := float64(c.shape.Size(batch))
				tol := tolerance{ulp, 2 * ulp * math.Sqrt(n)}
				check(t, dev, b.p, batch, d, tol)
				d.feed.Float["x"][int(n)/2] = float32(math.NaN())
				d.setFloat("x", d.feed.Float["x"])
				check(t, dev, b.p, batch, d, tol)
			}
		}
	}
	testLongSum(t, dev)
}

// testLongSum: a million positive terms, where a straight line in float32 is 1e-4 off.
func testLongSum(t *testing.T, dev engine.Device) {
	for _, shape := range []graph.Shape{{1 << 20}, {1 << 20, 1}, {1 << 16, 16}} {
		b := newBuilder(fmt.Sprintf("long sum %v", shape))
		x := b.input("x", graph.F32, shape...)
		b.output("y", b.reduce(graph.Sum, x, 0))
		d := fill(b.p, 1, 0, 1, 5)
		check(t, dev, b.p, 1, d, tolerance{1e-6, 0})
	}
}

func testMatMul(t *testing.T, dev engine.Device) {
	sizes := [][3]int{{1, 1, 1}, {1, 7, 5}, {2, 3, 4}, {4, 4, 4}, {5, 9, 17}, {13, 1, 31}, {33, 34, 35}, {128, 20, 400}, {17, 65, 1030}, {64, 100, 128}}
	for _, s := range sizes {
		for _, op := range []graph.MatMul{{}, {TransA: true}, {TransB: true}, {TransA: true, TransB: true}} {
			m, n, k := s[0], s[1], s[2]
			b := newBuilder(fmt.Sprintf("%s %dx%dx%d", op, m, n, k))
			sa, sb := graph.Shape{m, k}, graph.Shape{k, n}
			if op.TransA {
				sa = graph.Shape{k, m}
			}
			if op.TransB {
				sb = graph.Shape{n, k}
			}
			b.output("y", b.op(op, graph.Shape{m, n}, b.input("a", graph.F32, sa...), b.input("b", graph.F32, sb...)))
			// k products of at most 1 are added: a random walk of k roundings of half an
			// ulp of partial sums of about √k/3, with room for another order.
			check(t, dev, b.p, 1, fill(b.p, 1, -1, 1, 11), tolerance{ulp, ulp * float64(k)})
		}
	}
	b := newBuilder("batch rows")
	b.output("y", b.op(graph.MatMul{}, graph.Shape{-2, 3}, b.input("a", graph.F32, -2, 6), b.input("b", graph.F32, 6, 3)))
	for _, batch := range []int{1, 2, 33} {
		check(t, dev, b.p, batch, fill(b.p, batch, -1, 1, 11), tolerance{ulp, 6 * ulp})
	}
	testMatMulNaN(t, dev)
}

// testMatMulNaN: what is not finite reaches its row or column, and no other element.
func testMatMulNaN(t *testing.T, dev engine.Device) {
	b := newBuilder("matmul with NaN and Inf")
	b.output("y", b.op(graph.MatMul{}, graph.Shape{9, 10}, b.input("a", graph.F32, 9, 5), b.input("b", graph.F32, 5, 10)))
	d := fill(b.p, 1, 0.1, 1, 2)
	d.feed.Float["a"][8*5] = float32(math.NaN())
	d.feed.Float["b"][9] = float32(math.Inf(1))
	d.setFloat("a", d.feed.Float["a"])
	d.setFloat("b", d.feed.Float["b"])
	check(t, dev, b.p, 1, d, tolerance{5 * ulp, 0})
}

// testMove covers the ops that only move elements, or count.
func testMove(t *testing.T, dev engine.Device) {
	whole := func(b *builder, t graph.DType) *graph.Value { return b.input("x", t, -1, 6, 5) }
	cases := map[string]func(b *builder) *graph.Value{
		"reshape": func(b *builder) *graph.Value { return b.op(graph.Reshape{}, graph.Shape{-1, 30}, whole(b, graph.F32)) },
		"slice0": func(b *builder) *graph.Value {
			return b.op(graph.Slice{Axis: 0, Start: 1, Len: 2}, graph.Shape{2, 9}, b.input("x", graph.F32, 4, 9))
		},
		"slice1": func(b *builder) *graph.Value {
			return b.op(graph.Slice{Axis: 1, Start: 2, Len: 3}, graph.Shape{-1, 3, 5}, whole(b, graph.F32))
		},
		"slice2": func(b *builder) *graph.Value {
			return b.op(graph.Slice{Axis: 2, Start: 4, Len: 1}, graph.Shape{-1, 6, 1}, whole(b, graph.F32))
		},
		"slice all": func(b *builder) *graph.Value {
			return b.op(graph.Slice{Axis: 1, Start: 0, Len: 6}, graph.Shape{-1, 6, 5}, whole(b, graph.F32))
		},
		"pad1": func(b *builder) *graph.Value {
			return b.op(graph.Pad{Axis: 1, Start: 2, Len: 9}, graph.Shape{-1, 9, 5}, whole(b, graph.F32))
		},
		"pad2": func(b *builder) *graph.Value {
			return b.op(graph.Pad{Axis: 2, Start: 0, Len: 6}, graph.Shape{-1, 6, 6}, whole(b, graph.F32))
		},
		"pad0": func(b *builder) *graph.Value {
			return b.op(graph.Pad{Axis: 0, Start: 3, Len: 7}, graph.Shape{7, 9}, b.input("x", graph.F32, 4, 9))
		},
		"concat1": func(b *builder) *graph.Value {
			y := b.input("y", graph.F32, -1, 1, 5)
			return b.op(graph.Concat{Axis: 1}, graph.Shape{-1, 13, 5}, whole(b, graph.F32), y, b.op(graph.Slice{Axis: 1, Start: 0, Len: 6}, graph.Shape{-1, 6, 5}, b.p.Inputs[1]))
		},
		"concat2": func(b *builder) *graph.Value {
			return b.op(graph.Concat{Axis: 2}, graph.Shape{-1, 6, 7}, whole(b, graph.F32), b.input("y", graph.F32, -1, 6, 2))
		},
		"concat one": func(b *builder) *graph.Value {
			return b.op(graph.Concat{Axis: 1}, graph.Shape{-1, 6, 5}, whole(b, graph.F32))
		},
		"transpose": func(b *builder) *graph.Value {
			return b.op(graph.Transpose{Perm: []int{0, 2, 1}}, graph.Shape{-1, 5, 6}, whole(b, graph.F32))
		},
		"transpose blocks": func(b *builder) *graph.Value {
			return b.op(graph.Transpose{Perm: []int{0, 3, 1, 2}}, graph.Shape{-1, 7, 3, 4}, b.input("x", graph.F32, -1, 3, 4, 7))
		},
		"transpose rows": func(b *builder) *graph.Value {
			return b.op(graph.Transpose{Perm: []int{0, 2, 1, 3}}, graph.Shape{-1, 4, 3, 7}, b.input("x", graph.F32, -1, 3, 4, 7))
		},
		"transpose none": func(b *builder) *graph.Value {
			return b.op(graph.Transpose{Perm: []int{0}}, graph.Shape{-1}, b.input("x", graph.F32, -1))
		},
		"transpose ints": func(b *builder) *graph.Value {
			t := b.op(graph.Transpose{Perm: []int{0, 2, 1}}, graph.Shape{-1, 5, 6}, whole(b, graph.I32))
			return b.op(graph.OneHot{Classes: 10}, graph.Shape{-1, 10, 6, 10}, b.op(graph.Concat{Axis: 1}, graph.Shape{-1, 10, 6}, t, t))
		},
		"onehot": func(b *builder) *graph.Value {
			return b.op(graph.OneHot{Classes: 7}, graph.Shape{-1, 7}, b.input("x", graph.I32, -1))
		},
		"onehot floats": func(b *builder) *graph.Value {
			x := b.op(graph.ArgMax{Axis: 1}, graph.Shape{-1, 1, 5}, whole(b, graph.F32))
			return b.op(graph.OneHot{Classes: 4}, graph.Shape{-1, 1, 5, 4}, x)
		},
		"onehot grid": func(b *builder) *graph.Value {
			return b.op(graph.OneHot{Classes: 10}, graph.Shape{-1, 3, 10}, b.input("x", graph.I32, -1, 3))
		},
		"argmax0": func(b *builder) *graph.Value {
			return b.op(graph.ArgMax{Axis: 0}, graph.Shape{1, 9}, b.input("x", graph.F32, 4, 9))
		},
		"argmax1": func(b *builder) *graph.Value {
			return b.op(graph.ArgMax{Axis: 1}, graph.Shape{-1, 1, 5}, whole(b, graph.F32))
		},
		"argmax2": func(b *builder) *graph.Value {
			return b.op(graph.ArgMax{Axis: 2}, graph.Shape{-1, 6, 1}, whole(b, graph.F32))
		},
		"ints": func(b *builder) *graph.Value {
			s := b.op(graph.Slice{Axis: 1, Start: 1, Len: 2}, graph.Shape{-1, 2, 5}, whole(b, graph.I32))
			p := b.op(graph.Pad{Axis: 1, Start: 1, Len: 4}, graph.Shape{-1, 4, 5}, s)
			return b.op(graph.OneHot{Classes: 8}, graph.Shape{-1, 20, 8}, b.op(graph.Reshape{}, graph.Shape{-1, 20}, p))
		},
	}
	for name, build := range cases {
		for _, batch := range []int{1, 3, 130} {
			b := newBuilder(fmt.Sprintf("%s batch %d", name, batch))
			b.output("y", build(b))
			d := fill(b.p, batch, -2, 2, 4)
			check(t, dev, b.p, batch, d, exact)
			if x := d.feed.Float["x"]; x != nil { // equal elements, a NaN, labels out of range
				copy(x[len(x)/2:], x[:len(x)/2])
				x[len(x)/3] = float32(math.NaN())
				d.setFloat("x", x)
			} else {
				x := d.feed.Int["x"]
				x[0] = -1
				d.setInt("x", x)
			}
			check(t, dev, b.p, batch, d, exact)
		}
	}
}

// testRandom: draws are the reference's to the last bits of a device's log and sine, and
// belong to the id, not to the place in the batch.
func testRandom(t *testing.T, dev engine.Device) {
	for _, dist := range []graph.Dist{graph.Normal, graph.Uniform} {
		for _, width := range []int{1, 3, 20, 786} {
			b := newBuilder(fmt.Sprintf("%s %d", dist, width))
			ids, epoch := b.input(graph.InputIndex, graph.I32, -1), b.input(graph.InputEpoch, graph.I32)
			b.output("y", b.op(graph.Random{Dist: dist, Seed: 42, Stream: "noise"}, graph.Shape{-1, width}, ids, epoch))
			for _, batch := range []int{1, 5, 64} {
				d := fill(b.p, batch, 0, 1, int64(batch))
				x := d.feed.Int[graph.InputIndex]
				for i := range x {
					x[i] = int32(i*7919 - 3)
				}
				d.setInt(graph.InputIndex, x)
				check(t, dev, b.p, batch, d, tolerance{4 * ulp, 4 * ulp})
			}
		}
	}
}
