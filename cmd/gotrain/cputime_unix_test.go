//go:build unix

package main

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime is the time that processors have spent on this process, of all its threads. Other
// processes of a busy machine do not make it longer.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
