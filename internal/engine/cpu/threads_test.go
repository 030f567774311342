package cpu

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// network is a program with every kernel that is cut in tasks, at sizes of several tasks.
func network() (*graph.Program, engine.Feed) {
	p := &graph.Program{Name: "network"}
	add := func(op graph.Op, shape graph.Shape, in ...*graph.Value) *graph.Value {
		v := &graph.Value{ID: len(p.Values), Op: op, Shape: shape, In: in}
		p.Values = append(p.Values, v)
		return v
	}
	leaf := func(name string, t graph.DType, shape ...int) *graph.Value {
		v := add(nil, shape)
		v.Name, v.DType = name, t
		p.Inputs = append(p.Inputs, v)
		return v
	}
	sigmoid := formula.Unary((*formula.Builder).Sigmoid)
	x, w, ids, epoch := leaf("x", graph.F32, 150, 333), leaf("w", graph.F32, 333, 257), leaf("ids", graph.I32, 150), leaf("epoch", graph.I32)
	h := add(graph.MatMul{}, graph.Shape{150, 257}, x, w)
	bias := add(graph.Reduce{Fn: graph.Sum, Axes: []int{0}}, graph.Shape{1, 257}, h)
	noise := add(graph.Random{Dist: graph.Normal, Seed: 1, Stream: "z"}, graph.Shape{150, 257}, ids, epoch)
	s := add(graph.Map{F: formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		return b.Sigmoid(b.Add(b.Mul(in[0], in[2]), b.Mul(in[1], b.Const(0.01))))
	})}, graph.Shape{150, 257}, h, bias, noise)
	rows := add(graph.Reduce{Fn: graph.Sum, Axes: []int{1}}, graph.Shape{150, 1}, s)
	grad := add(graph.MatMul{TransA: true}, graph.Shape{333, 257}, x, s)
	back := add(graph.MatMul{TransB: true}, graph.Shape{150, 333}, s, w)
	all := add(graph.Reduce{Fn: graph.Sum, Axes: []int{0, 1}}, graph.Shape{1, 1}, add(graph.Map{F: sigmoid}, graph.Shape{333, 257}, grad))
	image, kernel := add(graph.Reshape{}, graph.Shape{150, 1, 9, 37}, x), leaf("kernel", graph.F32, 6, 1, 3, 3)
	window := graph.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Pad: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	form := graph.Convolution{Window: window, Groups: 1}
	conv := add(graph.Conv{Convolution: form}, graph.Shape{150, 6, 9, 37}, image, kernel)
	byImage := add(graph.ConvInputGrad{Convolution: form}, graph.Shape{150, 1, 9, 37}, conv, kernel)
	byKernel := add(graph.ConvWeightGrad{Convolution: form}, graph.Shape{6, 1, 3, 3}, image, conv)
	pool := add(graph.MaxPool{Window: window}, graph.Shape{150, 6, 9, 37}, conv)
	byPool := add(graph.MaxPoolGrad{Window: window}, graph.Shape{150, 6, 9, 37}, conv, pool)
	mean := add(graph.AvgPool{Window: window}, graph.Shape{150, 6, 9, 37}, conv)
	byMean := add(graph.AvgPoolGrad{Window: window}, graph.Shape{150, 6, 9, 37}, mean)
	turned := add(graph.Transpose{Perm: []int{0, 2, 3, 1}}, graph.Shape{150, 9, 37, 6}, byMean)
	joined := add(graph.Concat{Axis: 1}, graph.Shape{150, 12, 9, 37}, byPool, byMean)
	for i, v := range []*graph.Value{h, s, rows, grad, back, all, byImage, byKernel, byPool, byMean, turned, joined} {
		p.Outputs = append(p.Outputs, graph.Output{Name: fmt.Sprint(i), Value: v})
	}
	id := make([]int32, 150)
	for i := range id {
		id[i] = int32(i)
	}
	return p, engine.Feed{Float: map[string][]float32{"x": ramp(150 * 333), "w": ramp(333 * 257), "kernel": ramp(54)}, Int: map[string][]int32{"ids": id, "epoch": {3}}}
}

// TestThreads: the same bits at any number of threads, every time.
func TestThreads(t *testing.T) {
	for _, set := range sets() {
		t.Run(set.Name, func(t *testing.T) { sameAtAnyThreads(t, set) })
	}
}

func sameAtAnyThreads(t *testing.T, set *Kernels) {
	p, feed := network()
	var want [][]float32
	for _, threads := range []int{1, 2, 3, 7} {
		dev := New(Options{Threads: threads, Kernels: set})
		e, err := engine.Compile(dev, engine.NewStore(dev), p, 1)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := e.Step(context.Background(), feed); err != nil {
				t.Fatal(err)
			}
			var got [][]float32
			for _, o := range p.Outputs {
				got = append(got, slices.Clone(e.Output(o.Name)))
			}
			if want == nil {
				want = got
			}
			for i := range want {
				if !slices.EqualFunc(got[i], want[i], func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
					t.Fatalf("output %d differs at %d threads", i, threads)
				}
			}
		}
		dev.Close()
	}
}

// TestPark: soon after a step all workers sleep, and the next step wakes them.
func TestPark(t *testing.T) {
	dev := New(Options{Threads: 4})
	defer dev.Close()
	p, feed := network()
	e, err := engine.Compile(dev, engine.NewStore(dev), p, 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := e.Step(context.Background(), feed); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(5 * time.Second); !allParked(dev.pool); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("a worker still spins")
			}
		}
	}
}

func allParked(p *pool) bool {
	for _, w := range p.workers {
		if !w.parked.Load() {
			return false
		}
	}
	return true
}

// TestPoolRunsEachTaskOnce also under many short jobs armed again and again.
func TestPoolRunsEachTaskOnce(t *testing.T) {
	p := newPool(4)
	defer p.close()
	for _, tasks := range []int{1, 2, 5, 64} {
		counts := make([]int32, tasks) // a task run twice at once is a race the detector sees
		j := newJob(tasks, func(task, _ int) { counts[task]++ })
		for round := int32(1); round <= 500; round++ {
			if err := p.do(j); err != nil {
				t.Fatal(err)
			}
			for i, n := range counts {
				if n != round {
					t.Fatalf("task %d of %d ran %d times in %d rounds", i, tasks, n, round)
				}
			}
		}
	}
}

// TestPanic: a panic in a kernel, on whichever worker, is an error of that job only.
func TestPanic(t *testing.T) {
	p := newPool(3)
	defer p.close()
	bad := newJob(40, func(task, _ int) {
		if task%13 == 7 {
			panic("no such tile")
		}
	})
	if err := p.do(bad); err == nil || !strings.Contains(err.Error(), "no such tile") {
		t.Errorf("got %v", err)
	}
	if err := p.do(newJob(40, func(int, int) {})); err != nil {
		t.Errorf("the job after: %v", err)
	}
}

// TestTapeSlots: a long chain needs few slots.
func TestTapeSlots(t *testing.T) {
	f := formula.Unary(func(b *formula.Builder, x formula.Ref) formula.Ref {
		for range 5 {
			x = b.Tanh(b.Add(b.Exp(x), b.Const(1)))
		}
		return x
	})
	if k := newTape(f.Multi(), []tapeInput{{inPlace: true}}, &portableLoops); k.slots != 2 {
		t.Errorf("%d slots for a chain", k.slots)
	}
}
