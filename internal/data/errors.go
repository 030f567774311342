package data

import (
	"errors"
	"fmt"

	"gotrain/internal/diag"
)

// EnvError is data that cannot be had or is broken; its Hints are commands that help.
type EnvError = diag.EnvError

// ErrClosed is what Next gives after Close.
var ErrClosed = errors.New("data: the iterator is closed")

// FormatError is a file that is not what its name says. Offset counts the bytes of the
// uncompressed file.
type FormatError struct {
	File            string
	Offset          int64
	Expected, Found string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s: at byte %d: expected %s, found %s", e.File, e.Offset, e.Expected, e.Found)
}

func formatErrorf(file string, offset int64, expected, found string, args ...any) error {
	return &FormatError{File: file, Offset: offset, Expected: expected, Found: fmt.Sprintf(found, args...)}
}
