package logger

import (
	"errors"
	"image"
	"time"
)

// Scalar is a number under its name, "val/loss".
type Scalar struct {
	Name  string
	Value float64
}

// Record is what was measured at one moment.
type Record struct {
	Step    int       // optimizer steps done
	Epoch   int       // from 0
	Time    time.Time // the zero Time means now
	Scalars []Scalar
}

// Sink is a place for records. A kind that has no room for something (a table for an
// image) takes it and does nothing. An error is of the disk, and lasts: what follows a
// half-written record would be lost or misread, so a sink that failed writes no more.
type Sink interface {
	Scalars(Record) error
	Image(step int, tag string, img image.Image) error
	Text(step int, tag, text string) error // text is Markdown
	Settings([]Setting) error              // before anything else
	Done() error                           // the run has come to its end: it will not go on
	Flush() error                          // to the disk: what was given survives a power cut
	Close() error
}

// Multi is several sinks as one. Each gets everything, also after another has failed; the
// errors are joined.
type Multi []Sink

var _ Sink = Multi(nil)

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

// Settings implements Sink.
func (m Multi) Settings(settings []Setting) error {
	return m.each(func(s Sink) error { return s.Settings(settings) })
}

// Done implements Sink.
func (m Multi) Done() error { return m.each(Sink.Done) }

// Flush implements Sink.
func (m Multi) Flush() error { return m.each(Sink.Flush) }

// Close implements Sink.
func (m Multi) Close() error { return m.each(Sink.Close) }
