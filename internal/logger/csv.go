package logger

import (
	"bytes"
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

// CSV writes metrics.csv: columns step, epoch and those of Options, fixed when the file is
// made; a row for each record, empty where not measured. A record's scalars without a
// column are left out, and a record that has none of the columns makes no row.
//
// Rows are not merged: the last training step of an epoch and the validation after it are
// two rows of the same step. A row that waited for what might join it would make Position
// depend on what comes later, and a crash lose it.
type CSV struct {
	f       *os.File
	columns []string
	row     []string
	offset  int64
	err     error // the first failure
}

var _ Sink = (*CSV)(nil)

// The columns before those of Options.
var csvKeys = []string{"step", "epoch"}

func openCSV(o Options) (*CSV, error) {
	path := filepath.Join(o.Dir, "metrics.csv")
	goesOn := o.Resumed && o.Offset > 0
	flags := os.O_RDWR
	if !goesOn { // also a run resumed that had no metrics.csv at its checkpoint
		flags |= os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o666)
	if errors.Is(err, os.ErrNotExist) && goesOn {
		return nil, fmt.Errorf("%s is gone, and had %d bytes at the checkpoint: put it back, or go on without this logger", path, o.Offset)
	}
	if err != nil {
		return nil, err
	}
	c := &CSV{f: f, columns: slices.Clone(o.Columns)}
	if goesOn {
		err = c.cutBack(o.Offset)
	} else {
		err = c.write(append(slices.Clone(csvKeys), c.columns...))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	c.row = make([]string, len(csvKeys)+len(c.columns))
	return c, nil
}

// cutBack drops the rows after the checkpoint: those of steps that will be done again, and
// what a crash left half written. Only the tail goes, and a truncation is one operation of
// the file system, so the rows before are never at risk.
func (c *CSV) cutBack(offset int64) error {
	info, err := c.f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < offset {
		return fmt.Errorf("%s has %d bytes, and had %d at the checkpoint: it was cut", c.f.Name(), info.Size(), offset)
	}
	var end [1]byte
	if _, err := c.f.ReadAt(end[:], offset-1); err != nil {
		return err
	}
	if end[0] != '\n' {
		return fmt.Errorf("%s: byte %d, where the checkpoint was, is inside a row: it was altered", c.f.Name(), offset)
	}
	if err := c.readColumns(offset); err != nil {
		return err
	}
	if err := c.f.Truncate(offset); err != nil {
		return err
	}
	c.offset, err = c.f.Seek(offset, io.SeekStart)
	return err
}

// readColumns takes the file's own columns, which may be more than this process measures
// (a run resumed without validation), but not fewer.
func (c *CSV) readColumns(size int64) error {
	head, err := csv.NewReader(io.NewSectionReader(c.f, 0, size)).Read()
	if err != nil {
		return fmt.Errorf("%s: %w", c.f.Name(), err)
	}
	if len(head) < len(csvKeys) || !slices.Equal(head[:len(csvKeys)], csvKeys) {
		return fmt.Errorf("%s: its columns are %q, not step, epoch, …: it was altered", c.f.Name(), head)
	}
	head = head[len(csvKeys):]
	for _, name := range c.columns {
		if !slices.Contains(head, name) {
			return fmt.Errorf("%s has no column %q, which this run measures: begin a new run, or go on without this logger", c.f.Name(), name)
		}
	}
	c.columns = head
	return nil
}

// Position is the byte offset after the last row, to be kept in a checkpoint.
func (c *CSV) Position() int64 { return c.offset }

// write gives a row to the system in one call, so that a crash tears at most the last.
func (c *CSV) write(row []string) error {
	if c.err != nil {
		return c.err
	}
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	c.err = w.Write(row)
	w.Flush()
	if c.err == nil {
		_, c.err = c.f.Write(buf.Bytes())
	}
	if c.err == nil { // a row half written is after Position
		c.offset += int64(buf.Len())
	}
	return c.err
}

// Scalars implements Sink.
func (c *CSV) Scalars(r Record) error {
	clear(c.row)
	c.row[0], c.row[1] = strconv.Itoa(r.Step), strconv.Itoa(r.Epoch)
	measured := false
	for _, s := range r.Scalars {
		if i := slices.Index(c.columns, s.Name); i >= 0 {
			c.row[len(csvKeys)+i] = number(s.Value)
			measured = true
		}
	}
	if !measured {
		return nil
	}
	return c.write(c.row)
}

// number is the shortest text that reads back to the same float64, so that what is read
// is what was measured, to the last bit.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Image implements Sink: a table has no place for it.
func (c *CSV) Image(int, string, image.Image) error { return c.err }

// Text implements Sink: a table has no place for it.
func (c *CSV) Text(int, string, string) error { return c.err }

// Settings implements Sink: a table has no place for them.
func (c *CSV) Settings([]Setting) error { return c.err }

// Done implements Sink: a table has no place for it.
func (c *CSV) Done() error { return c.err }

// Flush implements Sink.
func (c *CSV) Flush() error {
	if c.err == nil {
		c.err = c.f.Sync()
	}
	return c.err
}

// Close implements Sink.
func (c *CSV) Close() error { return c.f.Close() }
