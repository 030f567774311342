package cpu

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// job is one fork-join: tasks 0 to n-1, each run once by any worker, in any order. Jobs
// are made when a Func is compiled and armed again at each run.
type job struct {
	n   int64
	run func(task, worker int)

	_       [lineBytes]byte // the counters are written by all workers
	next    atomic.Int64    // the first task nobody has claimed; n or more: nothing to do
	pending atomic.Int64    // tasks not finished
	_       [lineBytes]byte
}

func newJob(tasks int, run func(task, worker int)) *job {
	j := &job{n: int64(tasks), run: run}
	j.next.Store(j.n)
	return j
}

// pool runs jobs on its workers and the calling goroutine. Between jobs a worker spins
// for spinTime, so that the next job of a step starts in well under a microsecond; then
// it parks, so that a process that waits for data or for the user costs no CPU.
type pool struct {
	workers []*worker
	cur     atomic.Pointer[job]
	failed  atomic.Pointer[failure]
	quit    atomic.Bool
	done    sync.WaitGroup
}

type worker struct {
	parked atomic.Bool
	wake   chan struct{}
	_      [lineBytes]byte
}

// failure is a panic of a task.
type failure struct {
	value any
	stack []byte
}

const (
	spinTime  = 200 * time.Microsecond
	spinBurst = 1 << 12 // polls between two looks at the clock: some microseconds
)

func newPool(threads int) *pool {
	p := &pool{}
	for range threads - 1 {
		p.workers = append(p.workers, &worker{wake: make(chan struct{}, 1)})
	}
	for i, w := range p.workers {
		p.done.Add(1)
		go p.work(w, i+1)
	}
	return p
}

func (p *pool) threads() int { return len(p.workers) + 1 }

// do runs j and returns when all its tasks are finished.
func (p *pool) do(j *job) error {
	if j.n == 1 || len(p.workers) == 0 {
		for t := range j.n {
			p.task(j, t, 0)
		}
	} else {
		j.pending.Store(j.n)
		j.next.Store(0) // a worker still looking at j from its last run may start here already
		p.cur.Store(j)
		p.wakeAll()
		p.help(j, 0)
		for spins := 0; j.pending.Load() > 0; spins++ {
			if spins > spinBurst {
				runtime.Gosched() // the worker that holds the last task may need this core
			}
		}
	}
	if f := p.failed.Swap(nil); f != nil {
		return fmt.Errorf("cpu: a kernel panicked: %v\n%s", f.value, f.stack)
	}
	return nil
}

// help claims and runs tasks until none is left; it reports whether it ran any.
func (p *pool) help(j *job, worker int) bool {
	ran := false
	for j.next.Load() < j.n {
		t := j.next.Add(1) - 1
		if t >= j.n {
			break
		}
		p.task(j, t, worker)
		j.pending.Add(-1)
		ran = true
	}
	return ran
}

func (p *pool) task(j *job, t int64, worker int) {
	defer func() {
		if r := recover(); r != nil {
			p.failed.CompareAndSwap(nil, &failure{r, debug.Stack()})
		}
	}()
	j.run(int(t), worker)
}

func (p *pool) work(w *worker, id int) {
	defer p.done.Done()
	for !p.quit.Load() {
		if !p.spin(id) {
			p.park(w)
		}
	}
}

// spin helps with jobs until none has come for spinTime, which gives false.
func (p *pool) spin(id int) bool {
	start := time.Now()
	for {
		for range spinBurst {
			if j := p.cur.Load(); j != nil && p.help(j, id) {
				return true
			}
		}
		if p.quit.Load() || time.Since(start) > spinTime {
			return false
		}
		runtime.Gosched() // the batch loader may need this core
	}
}

// park sleeps until wakeAll. The look at cur after parked is set, and wakeAll's look at
// parked after cur is set, leave no job unseen.
func (p *pool) park(w *worker) {
	w.parked.Store(true)
	j := p.cur.Load()
	if p.quit.Load() || j != nil && j.next.Load() < j.n {
		if w.parked.CompareAndSwap(true, false) {
			return
		}
	}
	<-w.wake
}

func (p *pool) wakeAll() {
	for _, w := range p.workers {
		if w.parked.Load() && w.parked.CompareAndSwap(true, false) {
			w.wake <- struct{}{}
		}
	}
}

func (p *pool) close() {
	p.quit.Store(true)
	p.wakeAll()
	p.done.Wait()
	p.workers = nil
}
