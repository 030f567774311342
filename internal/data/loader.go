package data

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"gotrain/internal/config"
)

// AllBatches is the Limit that is none.
const AllBatches = -1

// prefetch is how many batches are made ahead unless LoaderOptions says otherwise: one
// ready, and one in the making.
const prefetch = 2

// LoaderOptions are how a data set is cut into batches.
type LoaderOptions struct {
	Batch    int  // samples in a batch; below 1 is 1
	Shuffle  bool // a new order each epoch, a function of Seed and the epoch
	Seed     int64
	Limit    int // batches in an epoch at most, so 0 is none; AllBatches for no limit
	Prefetch int // batches made ahead; 0 is 2
}

// Loader cuts a data set into batches, and keeps their buffers for the next epoch. It may
// be used from several goroutines.
type Loader struct {
	ds      Dataset
	fields  []config.Field
	opt     LoaderOptions
	samples int // of the data set
	batches int

	mu   sync.Mutex
	free []*Batch
}

// NewLoader makes a loader; it starts nothing.
func NewLoader(ds Dataset, opt LoaderOptions) *Loader {
	opt.Batch = max(opt.Batch, 1)
	if opt.Prefetch < 1 {
		opt.Prefetch = prefetch
	}
	l := &Loader{ds: ds, fields: ds.Fields(), opt: opt, samples: ds.Len()}
	l.batches = (l.samples + opt.Batch - 1) / opt.Batch
	if opt.Limit >= 0 {
		l.batches = min(l.batches, opt.Limit)
	}
	return l
}

// Batches is the number of batches in an epoch, a short last one included.
func (l *Loader) Batches() int { return l.batches }

// Samples is the number of samples in batches [first, end) of an epoch.
func (l *Loader) Samples(first, end int) int {
	first, end = max(first, 0), min(end, l.batches)
	if first >= end {
		return 0
	}
	return min(end*l.opt.Batch, l.samples) - first*l.opt.Batch
}

// Epoch starts reading an epoch at batch fromBatch. Close the iterator, or read it to its
// end; a cancelled ctx ends it too.
func (l *Loader) Epoch(ctx context.Context, epoch, fromBatch int) *Iterator {
	run, cancel := context.WithCancel(ctx)
	it := &Iterator{loader: l, ctx: ctx, cancel: cancel, ready: make(chan made, l.opt.Prefetch-1)}
	go it.produce(run, epoch, max(fromBatch, 0))
	return it
}

// fill makes one batch. A panic in the data set is an error of this batch: it happens on
// a goroutine of ours, where it would otherwise end the program.
func (l *Loader) fill(b *Batch, epoch, number int, order *permutation) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("data: %s: batch %d of epoch %d: panic: %v\n%s", l.ds.Name(), number, epoch, p, debug.Stack())
		}
	}()
	start := number * l.opt.Batch
	size := min(l.opt.Batch, l.samples-start)
	b.resize(l.fields, size)
	b.Epoch, b.Number = epoch, number
	for row := range size {
		at := start + row
		b.Position[row] = int32(at)
		if l.opt.Shuffle {
			b.Index[row] = order.at(at)
		} else {
			b.Index[row] = int32(at)
		}
	}
	if err := l.ds.Gather(b, b.Index); err != nil {
		return fmt.Errorf("data: %s: batch %d of epoch %d: %w", l.ds.Name(), number, epoch, err)
	}
	return nil
}

func (l *Loader) take() *Batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		b := l.free[n-1]
		l.free = l.free[:n-1]
		return b
	}
	return newBatch(l.fields, min(l.opt.Batch, max(l.samples, 1)))
}

func (l *Loader) give(b *Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, b)
}
