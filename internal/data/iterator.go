package data

import (
	"context"
	"io"
	"time"
)

// Iterator reads one epoch, from one goroutine.
type Iterator struct {
	loader *Loader
	ctx    context.Context // the consumer's, whose error Next reports
	cancel context.CancelFunc
	ready  chan made // closed by the producer when it ends
	err    error     // sticky: what ended the iterator
	waited time.Duration
}

// made is a finished batch, or what went wrong in its place.
type made struct {
	batch *Batch
	err   error
}

// produce makes batches until the end, an error or cancellation. The channel holds one
// less than Prefetch, the other one being in its hands.
func (it *Iterator) produce(ctx context.Context, epoch, from int) {
	defer close(it.ready)
	l := it.loader
	order := newPermutation(l.opt.Seed, epoch, l.samples)
	for number := from; number < l.batches && ctx.Err() == nil; number++ {
		b := l.take()
		err := l.fill(b, epoch, number, &order)
		select {
		case it.ready <- made{b, err}:
		case <-ctx.Done():
			l.give(b)
		}
		if err != nil {
			return
		}
	}
}

// Next gives the next batch, in order, and io.EOF after the last. The batch is the
// caller's until Release; one that is never released is simply not used again. An error
// of the data set or of the context ends the iterator, and comes again at every call.
func (it *Iterator) Next() (*Batch, error) {
	if it.err == nil {
		it.err = it.ctx.Err()
	}
	if it.err != nil {
		return nil, it.end(it.err)
	}
	select {
	case m, ok := <-it.ready: // what is there costs no clock reading
		return it.hand(m, ok)
	default:
	}
	began := time.Now()
	defer func() { it.waited += time.Since(began) }()
	select {
	case <-it.ctx.Done():
		return nil, it.end(it.ctx.Err())
	case m, ok := <-it.ready:
		return it.hand(m, ok)
	}
}

// hand gives the consumer what the producer made.
func (it *Iterator) hand(m made, ok bool) (*Batch, error) {
	switch {
	case !ok && it.ctx.Err() != nil:
		return nil, it.end(it.ctx.Err())
	case !ok:
		return nil, it.end(io.EOF)
	case m.err != nil:
		it.loader.give(m.batch)
		return nil, it.end(m.err)
	}
	m.batch.out = true
	return m.batch, nil
}

// Waited is how long Next has waited for batches that were not ready yet.
func (it *Iterator) Waited() time.Duration { return it.waited }

func (it *Iterator) end(err error) error {
	it.err = err
	it.cancel()
	return err
}

// Release hands a batch of this iterator back for reuse. Also after Close; nil is fine.
func (it *Iterator) Release(b *Batch) {
	if b == nil || !b.out {
		return
	}
	b.out = false
	it.loader.give(b)
}

// Close stops the goroutine and waits for it. It may be called again.
func (it *Iterator) Close() {
	it.cancel()
	if it.err == nil {
		it.err = ErrClosed
	}
	for m := range it.ready {
		it.loader.give(m.batch)
	}
}
