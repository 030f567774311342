//go:build !unix

package main

import (
	"os"
	"syscall"
)

// ignored are the signals that end no training: a reader that goes away.
var ignored = []os.Signal{syscall.SIGPIPE}
