package logger

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"gotrain/internal/units"
)

// ConsoleOptions say what the screen is like. The package asks no terminal and no
// environment: NO_COLOR, for one, is the caller's to read.
type ConsoleOptions struct {
	Out      io.Writer
	Terminal bool       // Out is a terminal: a bar may be drawn
	Width    func() int // of the terminal; nil or a result below 1 means 80
	Color    bool
	Bar      bool // draw bars at all
	Quiet    bool // write nothing, whatever comes
	// Columns are the metrics of the epochs' table, in order; those that a row lacks stay
	// empty.
	Columns []string
	Clock   func() time.Time // nil means time.Now
}

// Console is what a person watches: notes, a bar while batches go by, a row for each
// epoch. On what is no terminal it writes lines only, at most one every ten seconds beside
// notes and rows. Its methods may be called from several goroutines. A failed write is no
// error: a closed terminal must not end a training.
type Console struct {
	mu  sync.Mutex
	o   ConsoleOptions
	now func() time.Time

	job   job
	bar   *bar      // nil where none is drawn
	last  time.Time // of the last refresh
	every int       // batches to a step

	epoch  string
	began  time.Time // the epoch
	header bool      // the table has its header
}

// job is what the bar is of.
type job struct {
	label   string
	total   int64 // below 1: not known
	began   time.Time
	first   int64 // done when it began: a resumed epoch, a download that goes on
	samples int
}

// How often the bar and the plain lines are refreshed.
const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 10 * time.Second
)

// NewConsole makes a console.
func NewConsole(o ConsoleOptions) *Console {
	if o.Quiet {
		o.Out, o.Terminal = io.Discard, false
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Console{o: o, now: o.Clock, every: 1, began: o.Clock()}
}

// Note writes a line of its own.
func (c *Console) Note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.println(text)
}

// println writes a line, the bar out of its way; the next refresh draws it again.
func (c *Console) println(line string) {
	c.clear()
	fmt.Fprintln(c.o.Out, line)
}

func (c *Console) clear() {
	if c.bar != nil {
		c.bar.clear()
	}
}

func (c *Console) drawsBar() bool { return c.o.Terminal && c.o.Bar }

// start makes a job the current one.
func (c *Console) start(label string, first, total int64) {
	c.clear()
	now := c.now()
	c.job, c.bar = job{label: label, total: total, began: now, first: first}, nil
	c.last = now
	if c.drawsBar() {
		c.bar = newBar(c.o.Out, total)
	}
}

// due reports whether it is time to draw or write; it is all that most steps cost.
func (c *Console) due(now time.Time) bool {
	every := lineEvery
	if c.bar != nil {
		every = barEvery
	}
	return now.Sub(c.last) >= every
}

// show draws the bar, or writes a line where there is none. The parts stand in the order
// of what can least be missed.
func (c *Console) show(now time.Time, done int64, parts ...string) {
	c.last = now
	if c.bar != nil {
		c.bar.draw(c.width(), done, parts)
		return
	}
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	c.println(strings.Join(parts, "  "))
}

func (c *Console) width() int {
	if c.o.Width != nil {
		if w := c.o.Width(); w > 0 {
			return w
		}
	}
	return 80
}

// SetBatchesPerStep says how many batches make an optimizer step, where gradients are
// accumulated, so that the rate shown is of steps; 1 unless set.
func (c *Console) SetBatchesPerStep(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.every = max(n, 1)
}

// StartEpoch begins an epoch, numbered from 0 as in metrics.csv, of total batches; epochs
// is how many there are to be, and below 1 where there is no limit.
func (c *Console) StartEpoch(epoch, epochs, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch = fmt.Sprintf("Epoch %d", epoch)
	if epochs > 0 {
		c.epoch = fmt.Sprintf("Epoch %d/%d", epoch, epochs-1)
	}
	c.start(c.epoch, -1, int64(total))
	c.began = c.job.began
	if c.bar != nil { // a first batch may be long
		c.show(c.last, 0, c.epoch, count(0, c.job.total))
	}
}

// ContinueEpoch goes on with the epoch, after a validation within it.
func (c *Console) ContinueEpoch(total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start(c.epoch, -1, int64(total))
}

// Update reports a batch done: how many are, of how many, its loss, its samples. It costs
// a clock reading unless a refresh is due.
func (c *Console) Update(done, total int, loss float64, samples int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.job.first < 0 { // the epoch may have begun in the middle
		c.job.first = int64(done) - 1
	}
	c.job.samples += samples
	now := c.now()
	if !c.due(now) {
		return
	}
	seconds := now.Sub(c.job.began).Seconds()
	batches := float64(int64(done) - c.job.first)
	c.show(now, int64(done),
		c.epoch,
		count(int64(done), int64(total)),
		fmt.Sprintf("loss %-7s", short(loss)),
		left(seconds, batches, float64(total-done)),
		fmt.Sprintf("%5s steps/s", short(rate(batches/float64(c.every), seconds))),
		fmt.Sprintf("%5s samples/s", short(rate(float64(c.job.samples), seconds))),
	)
}

// Validating reports a batch of an evaluation done.
func (c *Console) Validating(done, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const label = "evaluating"
	if c.job.label != label {
		c.start(label, 0, int64(total))
	}
	if done >= total {
		c.end()
		return
	}
	if now := c.now(); c.due(now) {
		c.show(now, int64(done), label, count(int64(done), int64(total)),
			left(now.Sub(c.job.began).Seconds(), float64(done), float64(total-done)))
	}
}

// Progress reports bytes of a download; total is below 1 where it is not known. A line is
// left when it is done.
func (c *Console) Progress(label string, done, total int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.job.label != label {
		c.start(label, done, total)
		switch { // what has no size yet may be silent for long
		case c.bar != nil:
			c.show(c.last, done, label)
		case total < 1:
			c.println(label)
		}
	}
	now := c.now()
	seconds := now.Sub(c.job.began).Seconds()
	if total > 0 && done >= total {
		c.end()
		c.println(fmt.Sprintf("%s: %s", label, units.Bytes(done)))
		return
	}
	if !c.due(now) {
		return
	}
	got := float64(done - c.job.first)
	parts := []string{label, units.Bytes(done), fmt.Sprintf("%s/s", units.Bytes(int64(rate(got, seconds))))}
	if total > 0 {
		parts[1] += " of " + units.Bytes(total)
		parts = append(parts, left(seconds, got, float64(total-done)))
	}
	c.show(now, done, parts...)
}

// end takes the bar away.
func (c *Console) end() {
	c.clear()
	c.bar, c.job = nil, job{}
}

// Close removes the bar.
func (c *Console) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
}
