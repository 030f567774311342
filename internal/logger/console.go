package logger

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// ConsoleOptions say what the screen is like.
type ConsoleOptions struct {
	Out      io.Writer
	Terminal bool       // Out is a terminal: a bar may be drawn
	Width    func() int // of the terminal
	Color    bool
	Bar      bool // draw bars at all
	// Columns are the metrics of the epochs' table, in order; those that a row lacks stay
	// empty.
	Columns []string
}

// Console is what a person watches: notes, a bar while batches go by, a row for each
// epoch. On what is no terminal it writes lines only, at most one every ten seconds beside
// the rows. Its methods may be called from several goroutines.
type Console struct {
	mu      sync.Mutex
	o       ConsoleOptions
	bar     *progressbar.ProgressBar
	barOf   string
	last    time.Time // of the last refresh
	started time.Time // of the epoch
	samples int       // of the epoch, and its batches
	batches int
	epoch   string
	header  bool
	now     func() time.Time
}

// How often the bar and the plain lines are refreshed.
const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 10 * time.Second
)

// NewConsole makes a console.
func NewConsole(o ConsoleOptions) *Console { return &Console{o: o, now: time.Now} }

func (c *Console) drawsBar() bool { return c.o.Terminal && c.o.Bar }

// println writes a line, the bar out of its way.
func (c *Console) println(line string) {
	c.clear()
	fmt.Fprintln(c.o.Out, line)
}

// clear removes the bar; the next refresh draws it again.
func (c *Console) clear() {
	if c.bar != nil {
		c.bar.Clear()
	}
}

// Note writes a line of its own.
func (c *Console) Note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.println(text)
}

// SetColumns names the metrics of the table.
func (c *Console) SetColumns(names []string) { c.o.Columns = names }

// StartEpoch begins an epoch of total batches; epochs is the last one's number plus one,
// -1 where there is no limit.
func (c *Console) StartEpoch(epoch, epochs, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch = fmt.Sprintf("epoch %d", epoch)
	if epochs > 0 {
		c.epoch = fmt.Sprintf("epoch %d/%d", epoch, epochs-1)
	}
	c.started, c.last, c.samples, c.batches = c.now(), c.now(), 0, 0
	c.newBar(c.epoch, int64(total), false)
}

func (c *Console) newBar(what string, total int64, bytes bool) {
	c.clear()
	c.bar, c.barOf = nil, what
	if !c.drawsBar() {
		return
	}
	opts := []progressbar.Option{
		progressbar.OptionSetWriter(c.o.Out), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(true), progressbar.OptionShowCount(), progressbar.OptionThrottle(0), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "━", SaucerHead: "╸", SaucerPadding: "─", BarStart: "", BarEnd: ""}),
	}
	if bytes {
		opts = append(opts, progressbar.OptionShowBytes(true))
	}
	c.bar = progressbar.NewOptions64(max(total, 1), opts...)
}

// Update reports a batch done: its place, the loss, its samples. It costs a clock reading
// unless a refresh is due.
func (c *Console) Update(done, total int, loss float64, samples int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.samples += samples
	c.batches++
	now := c.now()
	every := lineEvery
	if c.bar != nil {
		every = barEvery
	}
	if now.Sub(c.last) < every {
		return
	}
	c.last = now
	seconds := now.Sub(c.started).Seconds()
	text := fmt.Sprintf("%s  loss %s  %s steps/s  %s samples/s", c.epoch, short(loss), rate(float64(c.batches)/seconds), rate(float64(c.samples)/seconds))
	if c.bar != nil {
		c.bar.Describe(text)
		c.bar.Set(done)
		return
	}
	left := time.Duration(seconds / float64(c.batches) * float64(total-done) * float64(time.Second))
	c.println(fmt.Sprintf("%s  batch %d/%d  %s left", text, done, total, left.Round(time.Second)))
}

// Validating reports a batch of an evaluation done.
func (c *Console) Validating(done, total int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.bar == nil && !c.drawsBar() || now.Sub(c.last) < barEvery && done < total {
		return
	}
	c.last = now
	if c.barOf != "evaluating" {
		c.newBar("evaluating", int64(total), false)
	}
	c.bar.Set(done)
	if done == total {
		c.clear()
	}
}

// Progress reports a download; total is -1 where it is not known.
func (c *Console) Progress(label string, done, total int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.drawsBar() {
		if done == total {
			c.println(fmt.Sprintf("%s: %d done", label, done))
		}
		return
	}
	if c.barOf != label {
		c.newBar(label, total, true)
	}
	if now := c.now(); now.Sub(c.last) >= barEvery || done == total {
		c.last = now
		c.bar.Set64(done)
	}
}

// EpochRow is a row of the epochs' table.
type EpochRow struct {
	Epoch, Step int
	Values      map[string]float64
	Best        bool // a new best of the monitored metric
}

// EpochRow writes the row of an epoch that is done, under a header the first time.
func (c *Console) EpochRow(r EpochRow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const cell = 11
	if !c.header {
		c.header = true
		head := fmt.Sprintf("%5s %8s", "epoch", "step")
		for _, n := range c.o.Columns {
			head += fmt.Sprintf(" %*s", max(cell, len(n)), n)
		}
		c.println(head + fmt.Sprintf(" %8s", "time"))
	}
	line := fmt.Sprintf("%5d %8d", r.Epoch, r.Step)
	for _, n := range c.o.Columns {
		text := ""
		if v, ok := r.Values[n]; ok {
			text = short(v)
		}
		line += fmt.Sprintf(" %*s", max(cell, len(n)), text)
	}
	line += fmt.Sprintf(" %8s", c.now().Sub(c.started).Round(10*time.Millisecond))
	if r.Best {
		line += " *"
		if c.o.Color {
			line = strings.TrimSuffix(line, "*") + "\x1b[32m*\x1b[0m"
		}
	}
	c.println(line)
	c.bar = nil
}

// Close removes the bar.
func (c *Console) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	c.bar = nil
}

// rate writes a speed with three significant digits.
func rate(v float64) string {
	if v >= 1000 {
		return short(math.Round(v/10) * 10)
	}
	return fmt.Sprintf("%.3g", v)
}

// short writes a number with five significant digits, large whole ones with a k.
func short(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return fmt.Sprint(v)
	case math.Abs(v) >= 1e5 && math.Abs(v) < 1e9:
		return fmt.Sprintf("%.0fk", v/1e3)
	case math.Abs(v) >= 1000 && math.Abs(v) < 1e5:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.5g", v)
}
