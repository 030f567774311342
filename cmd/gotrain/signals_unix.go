//go:build unix

package main

import (
	"os"
	"syscall"
)

// ignored are the signals that end no training: a reader that goes away, and a file that
// reaches the limit of its size (ulimit -f), which the write then tells as an error.
var ignored = []os.Signal{syscall.SIGPIPE, syscall.SIGXFSZ}
