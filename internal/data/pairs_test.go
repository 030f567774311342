package data

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"gotrain/internal/config"
)

func digitPairs(t *testing.T, samples int, seed int64) Dataset {
	t.Helper()
	d := config.Data{Source: "digits", Samples: map[string]int{"train": samples, "val": 10}, Pairs: "label"}
	s, err := Open(context.Background(), d, Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	fields, diags := Fields(d)
	if diags.HasErrors() || len(fields) != 3 || len(s.Train.Fields()) != 3 {
		t.Fatal(fields, diags.Items)
	}
	return s.Train
}

func gather(t *testing.T, ds Dataset, epoch int, idx ...int32) *Batch {
	t.Helper()
	b := newBatch(ds.Fields(), len(idx))
	b.resize(ds.Fields(), len(idx))
	b.Epoch = epoch
	if err := ds.Gather(b, idx); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPairs: left is the sample, right another one, and same says whether the labels are.
func TestPairs(t *testing.T) {
	const n = 400
	ds := digitPairs(t, n, 3).(*pairs)
	var idx []int32
	for i := range n {
		idx = append(idx, int32(i))
	}
	b := gather(t, ds, 2, idx...)
	alone := gather(t, ds.of, 2, idx...)
	if !slices.Equal(b.Float["left"], alone.Float["image"]) {
		t.Error("left is not the sample")
	}
	same := 0
	for i := range n {
		partner := ds.partner(2, int32(i))
		if int(partner) == i {
			t.Errorf("sample %d is its own partner", i)
		}
		if equal := i%10 == int(partner)%10; equal != (b.Float["same"][i] == 1) {
			t.Errorf("sample %d and %d: same = %v", i, partner, b.Float["same"][i])
		} else if equal {
			same++
		}
		if right := b.Float["right"][i*pixels : (i+1)*pixels]; !slices.Equal(right, alone.Float["image"][int(partner)*pixels:(int(partner)+1)*pixels]) {
			t.Errorf("sample %d: right is not sample %d", i, partner)
		}
	}
	if same < n/2-60 || same > n/2+60 { // six standard deviations
		t.Errorf("%d of %d pairs are the same", same, n)
	}
}

// TestPairsAreAFunctionOfSeedEpochAndSample: not of the batch they come in.
func TestPairsAreAFunctionOfSeedEpochAndSample(t *testing.T) {
	a, b := digitPairs(t, 60, 1), digitPairs(t, 60, 1)
	whole, one := gather(t, a, 4, 5, 9, 33), gather(t, b, 4, 33)
	if !slices.Equal(whole.Float["right"][2*pixels:], one.Float["right"]) || whole.Float["same"][2] != one.Float["same"][0] {
		t.Error("a pair depends on its batch")
	}
	differ := func(x, y Dataset, ex, ey int) bool {
		for i := range int32(60) {
			if x.(*pairs).partner(ex, i) != y.(*pairs).partner(ey, i) {
				return true
			}
		}
		return false
	}
	if !differ(a, a, 0, 1) {
		t.Error("each epoch has the same pairs")
	}
	if !differ(a, digitPairs(t, 60, 2), 0, 0) {
		t.Error("each seed has the same pairs")
	}
}

// TestPairsMakeNoGarbage: the batch of single pictures is kept, also for a shorter one.
func TestPairsMakeNoGarbage(t *testing.T) {
	ds := digitPairs(t, 60, 1)
	idx := []int32{5, 9, 33, 40}
	whole, short := gather(t, ds, 4, idx...), gather(t, ds, 4, 9)
	if n := testing.AllocsPerRun(20, func() {
		if err := errors.Join(ds.Gather(whole, idx), ds.Gather(short, idx[1:2])); err != nil {
			t.Error(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for two batches", n)
	}
}

// TestPairsGatheredAtOnce: goroutines that gather do not see each other's pictures.
func TestPairsGatheredAtOnce(t *testing.T) {
	ds := digitPairs(t, 60, 1)
	var want []*Batch
	for i := range int32(60) {
		want = append(want, gather(t, ds, 4, i))
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			b := newBatch(ds.Fields(), 7)
			b.Epoch = 4
			for n := range int32(200) {
				size := 1 + n%7
				idx := make([]int32, size)
				for row := range size {
					idx[row] = (n*13 + row*7) % 60
				}
				b.resize(ds.Fields(), int(size))
				if err := ds.Gather(b, idx); err != nil {
					t.Error(err)
				}
				for row, i := range idx {
					if !slices.Equal(b.Float["right"][row*pixels:(row+1)*pixels], want[i].Float["right"]) || b.Float["same"][row] != want[i].Float["same"][0] {
						t.Errorf("pair of sample %d differs", i)
					}
				}
			}
		})
	}
	all.Wait()
}

// TestPairsOfFewSamples: a class of one has no other of its own; one class has no other.
func TestPairsOfFewSamples(t *testing.T) {
	for _, n := range []int{1, 2, 10, 11} {
		ds := digitPairs(t, n, 1).(*pairs)
		for i := range int32(n) {
			for epoch := range 20 {
				if p := ds.partner(epoch, i); p < 0 || int(p) >= n || n > 1 && p == i {
					t.Errorf("%d samples: partner of %d is %d", n, i, p)
				}
			}
		}
	}
}

func TestPairsNeedPicturesAndClasses(t *testing.T) {
	_, diags := Fields(config.Data{Source: "digits", Pairs: "image", PairsPos: at})
	if len(diags.Items) != 1 || diags.Items[0].Code != "bad-pairs" || diags.Items[0].Pos != at {
		t.Errorf("%+v", diags.Items)
	}
}
