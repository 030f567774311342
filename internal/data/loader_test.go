package data

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gotrain/internal/config"
)

// numbers is a data set whose sample i is i, twice, and -i.
type numbers struct {
	n       int
	failAt  int32 // index that is an error; 0 for none
	panicAt int32
	wait    chan struct{} // Gather waits for it where it is not nil
	gathers atomic.Int32
}

func (d *numbers) Name() string { return "numbers" }
func (d *numbers) Len() int     { return d.n }
func (d *numbers) Fields() []config.Field {
	return []config.Field{{Name: "x", Shape: []int{2}}, {Name: "y", Shape: []int{}, Int: true}}
}

var errBroken = errors.New("broken sample")

func (d *numbers) Gather(dst *Batch, idx []int32) error {
	d.gathers.Add(1)
	if d.wait != nil {
		<-d.wait
	}
	if len(dst.Float["x"]) != 2*len(idx) || len(dst.Int["y"]) != len(idx) {
		return errors.New("buffers of the wrong size")
	}
	for row, i := range idx {
		if i != 0 && i == d.failAt {
			return errBroken
		}
		if i != 0 && i == d.panicAt {
			panic("a bad day")
		}
		dst.Float["x"][2*row], dst.Float["x"][2*row+1] = float32(i), float32(i)
		dst.Int["y"][row] = -i
	}
	return nil
}

// read gives the indices of an epoch, checking each batch.
func read(t rapid.TB, l *Loader, epoch, from int) (idx []int32) {
	t.Helper()
	it := l.Epoch(context.Background(), epoch, from)
	defer it.Close()
	for number := from; ; number++ {
		b, err := it.Next()
		if err == io.EOF {
			if number != max(from, l.Batches()) {
				t.Fatalf("%d batches, Batches says %d", number, l.Batches())
			}
			return idx
		}
		if err != nil {
			t.Fatal(err)
		}
		if b.Number != number || b.Epoch != epoch || b.Size != l.Samples(number, number+1) || len(b.Index) != b.Size || len(b.Position) != b.Size {
			t.Fatalf("batch %+v, expected number %d of epoch %d with %d samples", b, number, epoch, l.Samples(number, number+1))
		}
		for row, i := range b.Index {
			if b.Float["x"][2*row+1] != float32(i) || b.Int["y"][row] != -i || int(b.Position[row]) != number*l.opt.Batch+row {
				t.Fatalf("row %d of batch %d is wrong", row, number)
			}
		}
		idx = append(idx, b.Index...)
		it.Release(b)
	}
}

// TestLoaderCoversEachSampleOnce, in any order, from any batch on, and alike each time.
func TestLoaderCoversEachSampleOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		opt := LoaderOptions{
			Batch: rapid.IntRange(1, 70).Draw(t, "batch"), Shuffle: rapid.Bool().Draw(t, "shuffle"),
			Seed: rapid.Int64().Draw(t, "seed"), Limit: AllBatches, Prefetch: rapid.IntRange(0, 4).Draw(t, "prefetch"),
		}
		l := NewLoader(&numbers{n: n}, opt)
		if want := (n + opt.Batch - 1) / opt.Batch; l.Batches() != want || l.Samples(0, want) != n {
			t.Fatalf("%d batches of %d samples", l.Batches(), l.Samples(0, want))
		}
		epoch := rapid.IntRange(0, 5).Draw(t, "epoch")
		full := read(t, l, epoch, 0)
		sorted := slices.Sorted(slices.Values(full))
		for i, x := range sorted {
			if int(x) != i || len(sorted) != n || !opt.Shuffle && full[i] != x {
				t.Fatalf("%v", full)
			}
		}
		from := rapid.IntRange(0, l.Batches()+1).Draw(t, "from")
		if rest := read(t, l, epoch, from); !slices.Equal(rest, full[min(from*opt.Batch, n):]) {
			t.Fatalf("resumed at %d: %v, not the end of %v", from, rest, full)
		}
		opt.Limit = rapid.IntRange(0, 10).Draw(t, "limit")
		if head := read(t, NewLoader(&numbers{n: n}, opt), epoch, 0); !slices.Equal(head, full[:min(opt.Limit*opt.Batch, n)]) {
			t.Fatalf("limited to %d: %v, not the start of %v", opt.Limit, head, full)
		}
	})
}

func TestLoaderOrderChangesByEpoch(t *testing.T) {
	l := NewLoader(&numbers{n: 100}, LoaderOptions{Batch: 10, Shuffle: true, Limit: AllBatches})
	if slices.Equal(read(t, l, 0, 0), read(t, l, 1, 0)) {
		t.Error("two epochs have one order")
	}
}

func TestLoaderErrorsComeFromNext(t *testing.T) {
	for _, c := range []struct {
		ds   *numbers
		want string
	}{
		{&numbers{n: 100, failAt: 25}, "data: numbers: batch 2 of epoch 3: broken sample"},
		{&numbers{n: 100, panicAt: 25}, "data: numbers: batch 2 of epoch 3: panic: a bad day\n"},
	} {
		l := NewLoader(c.ds, LoaderOptions{Batch: 10, Limit: AllBatches})
		it := l.Epoch(context.Background(), 3, 0)
		for range 2 {
			if _, err := it.Next(); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // and stays
			if _, err := it.Next(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v, expected %s", err, c.want)
			}
		}
		if c.ds.failAt > 0 {
			if _, err := it.Next(); !errors.Is(err, errBroken) {
				t.Errorf("%v does not wrap the data set's error", err)
			}
		}
		it.Close()
	}
}

func TestLoaderCloseEarly(t *testing.T) {
	for reads := range 4 {
		l := NewLoader(&numbers{n: 100}, LoaderOptions{Batch: 10, Limit: AllBatches})
		it := l.Epoch(context.Background(), 0, 0)
		var last *Batch
		for range reads {
			b, err := it.Next()
			if err != nil {
				t.Fatal(err)
			}
			last = b
		}
		it.Close()
		it.Close()
		it.Release(last)
		it.Release(last)
		if _, err := it.Next(); err != ErrClosed {
			t.Errorf("after Close: %v", err)
		}
		free := len(l.free)
		slices.SortFunc(l.free, func(a, b *Batch) int { return 0 })
		if u := len(slices.Compact(slices.Clone(l.free))); u != free {
			t.Errorf("a batch is free twice")
		}
	}
}

func TestLoaderCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	wait := make(chan struct{})
	it := NewLoader(&numbers{n: 100, wait: wait}, LoaderOptions{Batch: 10, Limit: AllBatches}).Epoch(ctx, 0, 0)
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := it.Next(); !errors.Is(err, context.Canceled) { // though no batch ever comes
		t.Errorf("%v", err)
	}
	close(wait)
	if _, err := it.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	it.Close()
}

// TestLoaderStaysAhead: two batches are made before the first is asked for, and no more.
func TestLoaderStaysAhead(t *testing.T) {
	ds := &numbers{n: 100}
	it := NewLoader(ds, LoaderOptions{Batch: 10, Limit: AllBatches}).Epoch(context.Background(), 0, 0)
	defer it.Close()
	for deadline := time.Now().Add(5 * time.Second); ds.gathers.Load() < 2 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	if n := ds.gathers.Load(); n != 2 {
		t.Errorf("%d batches are made ahead, expected 2", n)
	}
}

// TestLoaderReusesBuffers: an epoch allocates for its iterator, not for its batches.
func TestLoaderReusesBuffers(t *testing.T) {
	l := NewLoader(&numbers{n: 5005}, LoaderOptions{Batch: 10, Shuffle: true, Limit: AllBatches})
	epoch := func() {
		it := l.Epoch(context.Background(), 0, 0)
		defer it.Close()
		for b, err := it.Next(); err == nil; b, err = it.Next() {
			it.Release(b)
		}
	}
	if n := testing.AllocsPerRun(5, epoch); n > 40 {
		t.Errorf("%g allocations in an epoch of %d batches", n, l.Batches())
	}
	if len(l.free) > 3 {
		t.Errorf("%d batches of buffers", len(l.free))
	}
}

// TestLoaderWithoutRelease: a consumer that keeps every batch is given new ones.
func TestLoaderWithoutRelease(t *testing.T) {
	it := NewLoader(&numbers{n: 100}, LoaderOptions{Batch: 10, Limit: AllBatches}).Epoch(context.Background(), 0, 0)
	defer it.Close()
	var kept []*Batch
	for b, err := it.Next(); err == nil; b, err = it.Next() {
		kept = append(kept, b)
	}
	for n, b := range kept {
		if b.Index[0] != int32(10*n) {
			t.Errorf("batch %d was written over", n)
		}
	}
	if len(kept) != 10 {
		t.Errorf("%d batches", len(kept))
	}
}

func TestNormaliseIsADivision(t *testing.T) {
	var x [1]float32
	for b := range 256 {
		normalise(x[:], []byte{byte(b)})
		if x[0] != float32(b)/255 {
			t.Errorf("%d gives %g", b, x[0])
		}
	}
}

func BenchmarkEpochOfImages(b *testing.B) {
	ds := &byteImages{name: "zeros", pix: make([]byte, 60000*pixels), labels: make([]byte, 60000)}
	l := NewLoader(ds, LoaderOptions{Batch: 128, Shuffle: true, Limit: AllBatches})
	b.ReportAllocs()
	for b.Loop() {
		it := l.Epoch(context.Background(), 0, 0)
		for batch, err := it.Next(); err == nil; batch, err = it.Next() {
			it.Release(batch)
		}
		it.Close()
	}
}

// slow is a data set whose batches take a while to make.
type slow struct {
	Dataset
	each time.Duration
}

func (d slow) Gather(dst *Batch, idx []int32) error {
	time.Sleep(d.each)
	return d.Dataset.Gather(dst, idx)
}

// TestWaitingIsMeasured: a consumer that is slower than the data waits for the first batch
// only; one that is faster waits for each.
func TestWaitingIsMeasured(t *testing.T) {
	s, err := Open(context.Background(), config.Data{Source: "digits", Samples: map[string]int{"train": 80, "val": 1}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	const each = 10 * time.Millisecond
	wait := func(step time.Duration) time.Duration {
		it := NewLoader(slow{s.Train, each}, LoaderOptions{Batch: 10, Limit: AllBatches}).Epoch(context.Background(), 0, 0)
		defer it.Close()
		for range 8 {
			b, err := it.Next()
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(step)
			it.Release(b)
		}
		return it.Waited()
	}
	if w := wait(0); w < 7*each {
		t.Errorf("8 batches of %v each: waited %v", each, w)
	}
	if w := wait(3 * each); w < each/2 || w > 5*each { // sleeping is not exact on a busy machine
		t.Errorf("a step three times as long as a batch takes: waited %v", w)
	}
}
