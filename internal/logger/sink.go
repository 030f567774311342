package logger

import (
	"errors"
	"fmt"
	"image"
	"strings"
	"time"
)

// Scalar is a number under its name, "val/loss".
type Scalar struct {
	Name  string
	Value float64
}

// Record is what was measured at one moment.
type Record struct {
	Step    int // optimizer steps done
	Epoch   int // from 0
	Time    time.Time
	Scalars []Scalar
}

// Sink is a place for records.
type Sink interface {
	Scalars(Record) error
	Image(step int, tag string, img image.Image) error
	Text(step int, tag, text string) error
	Flush() error // to the disk: what was given survives a crash
	Close() error
}

// Options say where and how sinks open.
type Options struct {
	Dir     string   // the run folder
	Columns []string // metrics.csv's, after step and epoch
	// Resumed goes on in the files of an earlier process, from ResumeStep; Offset is where
	// metrics.csv ended at the checkpoint.
	Resumed    bool
	ResumeStep int
	Offset     int64
}

// kinds is the table of loggers. To add one: its file, and a line here.
var kinds = []struct {
	name string
	open func(Options) (Sink, error)
}{
	{"csv", func(o Options) (Sink, error) { return openCSV(o) }},
	{"tensorboard", func(o Options) (Sink, error) { return openTensorBoard(o) }},
}

// Names lists the loggers.
func Names() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// Open opens the named loggers. Where one fails, those before it are closed.
func Open(names []string, o Options) (Multi, error) {
	var m Multi
	for _, name := range names {
		opened := false
		for _, k := range kinds {
			if k.name != name {
				continue
			}
			s, err := k.open(o)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("logger %s: %w", name, err), m.Close())
			}
			m = append(m, s)
			opened = true
		}
		if !opened {
			return nil, errors.Join(fmt.Errorf("there is no logger %q (there are: %s)", name, strings.Join(Names(), ", ")), m.Close())
		}
	}
	return m, nil
}

// Multi is several sinks as one.
type Multi []Sink

func (m Multi) each(f func(Sink) error) error {
	var errs []error
	for _, s := range m {
		errs = append(errs, f(s))
	}
	return errors.Join(errs...)
}

// Scalars implements Sink.
func (m Multi) Scalars(r Record) error { return m.each(func(s Sink) error { return s.Scalars(r) }) }

// Image implements Sink.
func (m Multi) Image(step int, tag string, img image.Image) error {
	return m.each(func(s Sink) error { return s.Image(step, tag, img) })
}

// Text implements Sink.
func (m Multi) Text(step int, tag, text string) error {
	return m.each(func(s Sink) error { return s.Text(step, tag, text) })
}

// Flush implements Sink.
func (m Multi) Flush() error { return m.each(Sink.Flush) }

// Close implements Sink.
func (m Multi) Close() error { return m.each(Sink.Close) }
