//go:build linux || darwin || freebsd || netbsd || openbsd

package data

import (
	"os"
	"syscall"
)

// lock takes f for this process until it is closed, and reports whether it could. The
// kernel lets go of it however the process ends.
func lock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
