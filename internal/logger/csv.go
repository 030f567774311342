package logger

import (
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// CSV writes metrics.csv: a row for each record, with columns step, epoch and those of
// Options, empty where not measured. A record's scalars without a column are left out.
type CSV struct {
	f       *os.File
	columns []string
	row     []string
	offset  int64
}

var _ Sink = (*CSV)(nil)

func openCSV(o Options) (*CSV, error) {
	c := &CSV{columns: o.Columns, row: make([]string, 2+len(o.Columns))}
	path := filepath.Join(o.Dir, "metrics.csv")
	flags := os.O_RDWR | os.O_CREATE
	if !o.Resumed {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o666)
	if err != nil {
		return nil, err
	}
	c.f = f
	if o.Resumed {
		err = c.cutBack(o.Offset)
	}
	if err == nil && c.offset == 0 {
		err = c.write(append([]string{"step", "epoch"}, c.columns...))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return c, nil
}

// cutBack drops the rows after the checkpoint: those of steps that will be done again, and
// what a crash left half written.
func (c *CSV) cutBack(offset int64) error {
	info, err := c.f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < offset {
		return fmt.Errorf("%s has %d bytes, and %d at the checkpoint: it was cut", c.f.Name(), info.Size(), offset)
	}
	if err := c.f.Truncate(offset); err != nil {
		return err
	}
	c.offset, err = c.f.Seek(offset, io.SeekStart)
	return err
}

// Position is where the file ends, to be kept in a checkpoint.
func (c *CSV) Position() int64 { return c.offset }

// write gives a row to the system in one call, so that a crash tears at most the last.
func (c *CSV) write(row []string) error {
	var buf countingBuffer
	w := csv.NewWriter(&buf)
	if err := w.Write(row); err != nil {
		return err
	}
	w.Flush()
	n, err := c.f.Write(buf.b)
	c.offset += int64(n)
	return err
}

type countingBuffer struct{ b []byte }

func (b *countingBuffer) Write(p []byte) (int, error) {
	b.b = append(b.b, p...)
	return len(p), nil
}

// Scalars implements Sink.
func (c *CSV) Scalars(r Record) error {
	clear(c.row)
	c.row[0], c.row[1] = strconv.Itoa(r.Step), strconv.Itoa(r.Epoch)
	any := false
	for _, s := range r.Scalars {
		if i := slices.Index(c.columns, s.Name); i >= 0 {
			c.row[2+i] = number(s.Value)
			any = true
		}
	}
	if !any {
		return nil
	}
	return c.write(c.row)
}

// number is the shortest text that reads back to the same value; of a float32, to the same
// float32.
func number(v float64) string {
	if float64(float32(v)) == v {
		return strconv.FormatFloat(v, 'g', -1, 32)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Image and Text have no place in a table.
func (c *CSV) Image(int, string, image.Image) error { return nil }
func (c *CSV) Text(int, string, string) error       { return nil }

// Flush implements Sink.
func (c *CSV) Flush() error { return c.f.Sync() }

// Close implements Sink.
func (c *CSV) Close() error { return c.f.Close() }
