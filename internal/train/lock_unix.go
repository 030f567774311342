//go:build unix

package train

import (
	"io"
	"os"
	"path/filepath"
	"syscall"

	"gotrain/internal/diag"
)

// lockRun takes a run folder for this process, until it is closed or the process ends: two
// fits that go on in one folder would write over each other.
func lockRun(dir string) (io.Closer, error) {
	path := filepath.Join(dir, ".lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, cannotWrite(path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, &diag.EnvError{Text: "another fit runs in " + dir, Hints: []string{"wait for it, or start a run of its own"}}
	}
	return f, nil
}
