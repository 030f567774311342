package data

import (
	"context"
	"os"
	"testing"
	"time"

	"gotrain/internal/config"
)

// TestFetchMNIST fetches the real files from wherever this machine can.
func TestFetchMNIST(t *testing.T) {
	if os.Getenv("GOTRAIN_TEST_NETWORK") != "1" {
		t.Skip("GOTRAIN_TEST_NETWORK is not 1")
	}
	o := Options{CacheDir: t.TempDir(), Progress: func(label string, done, total int64) {
		if done == total {
			t.Logf("%s: %d of %d", label, done, total)
		}
	}}
	for _, round := range []string{"fetched", "from the cache"} {
		start := time.Now()
		s, err := Open(context.Background(), config.Data{Source: "mnist"}, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s in %v: %v %v", round, time.Since(start), s.Notes, s.Hashes)
		if s.Train.Len() != 60000 || s.Val.Len() != 10000 || s.Test.Len() != 10000 || len(s.Hashes) != 4 {
			t.Fatalf("train %d, val %d, test %d", s.Train.Len(), s.Val.Len(), s.Test.Len())
		}
		left, err := os.ReadDir(o.CacheDir + "/mnist")
		if err != nil || len(left) != 4 {
			t.Errorf("the cache holds %v, %v", left, err)
		}
	}
	s, err := Open(context.Background(), config.Data{Source: "mnist"}, o)
	if err != nil {
		t.Fatal(err)
	}
	l := NewLoader(s.Train, LoaderOptions{Batch: 128, Shuffle: true, Limit: AllBatches})
	start := time.Now()
	it := l.Epoch(context.Background(), 0, 0)
	defer it.Close()
	n := 0
	for b, err := it.Next(); err == nil; b, err = it.Next() {
		n += b.Size
		it.Release(b)
	}
	t.Logf("an epoch of %d batches in %v", l.Batches(), time.Since(start))
	if n != 60000 {
		t.Errorf("%d samples", n)
	}
}
