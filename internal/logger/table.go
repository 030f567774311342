package logger

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// EpochRow is a row of the epochs' table.
type EpochRow struct {
	Epoch, Step int
	Values      map[string]float64
	Best        bool // a new best of the monitored metric
}

// metricCells is how wide a metric's column is at least: "1.2346e-05".
const metricCells = 11

// SetColumns names the metrics of the table. Where they change, the next row stands under
// a new header.
func (c *Console) SetColumns(names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.o.Columns, names) {
		c.o.Columns, c.header = slices.Clone(names), false
	}
}

// EpochRow writes the row of an epoch that is done, under a header the first time. Values
// without a column are left out. The time is since StartEpoch.
func (c *Console) EpochRow(r EpochRow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
	if !c.header {
		c.header = true
		c.println(c.tableLine("epoch", "step", func(name string) string { return name }, "time"))
	}
	line := c.tableLine(fmt.Sprint(r.Epoch), fmt.Sprint(r.Step), func(name string) string {
		if v, ok := r.Values[name]; ok {
			return short(v)
		}
		return ""
	}, duration(c.now().Sub(c.began)))
	switch {
	case r.Best && c.o.Color:
		line += " \x1b[32m*\x1b[0m"
	case r.Best:
		line += " *"
	}
	c.println(line)
}

func (c *Console) tableLine(epoch, step string, cell func(name string) string, took string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%5s %8s", epoch, step)
	for _, name := range c.o.Columns {
		fmt.Fprintf(&b, " %*s", max(metricCells, len(name)), cell(name))
	}
	fmt.Fprintf(&b, " %8s", took)
	return b.String()
}

// duration writes a time with a tenth of a second below a minute.
func duration(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.2fs", d.Seconds())
	}
	return clock(d)
}
