package logger

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Options say where and how sinks open.
type Options struct {
	Dir     string   // the run folder, which exists
	Columns []string // metrics.csv's, after step and epoch
	// Resumed goes on in the files of an earlier process, from ResumeStep; Offset is the
	// CSV's Position at the checkpoint, 0 where there was none.
	Resumed    bool
	ResumeStep int
	Offset     int64
	Clock      func() time.Time // nil means time.Now
}

func (o Options) clock() func() time.Time {
	if o.Clock == nil {
		return time.Now
	}
	return o.Clock
}

// sinks is the table of loggers. To add one: its file, and a line here.
var sinks = []struct {
	name string
	open func(Options) (Sink, error)
}{
	{"csv", func(o Options) (Sink, error) { return openCSV(o) }},
	{"tensorboard", func(o Options) (Sink, error) { return openTensorBoard(o) }},
}

// Names lists the loggers, in the table's order.
func Names() []string {
	var names []string
	for _, k := range sinks {
		names = append(names, k.name)
	}
	return names
}

// Open opens the named loggers. Where one fails, those before it are closed. An unknown
// name is an error that lists the names, and then no file is touched.
func Open(names []string, o Options) (Multi, error) {
	var opens []func(Options) (Sink, error)
	for _, name := range names {
		open := opener(name)
		if open == nil {
			return nil, fmt.Errorf("there is no logger %q (there are: %s)", name, strings.Join(Names(), ", "))
		}
		opens = append(opens, open)
	}
	var m Multi
	for i, open := range opens {
		s, err := open(o)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("logger %s: %w", names[i], err), m.Close())
		}
		m = append(m, s)
	}
	return m, nil
}

func opener(name string) func(Options) (Sink, error) {
	for _, k := range sinks {
		if k.name == name {
			return k.open
		}
	}
	return nil
}
