package data

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// mismatchError is a download that is not the file it should be.
type mismatchError struct{ what, expected, found string }

func (e *mismatchError) Error() string {
	return fmt.Sprintf("%s: expected %s, found %s", e.what, e.expected, e.found)
}

// install writes src, plain or compressed, to the cache as w, uncompressed. It appears
// there whole and checked, or not at all: temporary name, hash, fsync, rename.
func (f *fetcher) install(src io.ReadSeeker, w idxFile) (err error) {
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return &diskError{err}
	}
	in, _, err := uncompressed(src)
	if err != nil {
		return &mismatchError{w.name, "a gzip file", err.Error()}
	}
	tmp, err := os.CreateTemp(f.dir, ".tmp-"+w.name+"-*")
	if err != nil {
		return &diskError{err}
	}
	defer func() {
		tmp.Close()
		if err != nil {
			os.Remove(tmp.Name())
		}
	}()
	if err := copyChecked(tmp, in, w); err != nil {
		return err
	}
	// CreateTemp makes private files, and a cache may be shared.
	for _, step := range []func() error{func() error { return tmp.Chmod(0o644) }, tmp.Sync, tmp.Close} {
		if err := step(); err != nil {
			return &diskError{err}
		}
	}
	if err := os.Rename(tmp.Name(), filepath.Join(f.dir, w.name)); err != nil {
		return &diskError{err}
	}
	if err := syncDir(f.dir); err != nil {
		return &diskError{err}
	}
	return nil
}

// copyChecked copies all of in, which must be exactly the file w.
func copyChecked(dst io.Writer, in io.Reader, w idxFile) error {
	sum := sha256.New()
	out := &writeErr{w: dst}
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(in, w.size+1))
	switch {
	case out.err != nil:
		return &diskError{out.err}
	case err != nil:
		return &mismatchError{w.name, fmt.Sprintf("%d bytes", w.size), fmt.Sprintf("%v after %d", err, n)}
	case n != w.size:
		return &mismatchError{w.name, fmt.Sprintf("%d bytes", w.size), fmt.Sprint(n)}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != w.sha256 {
		return &mismatchError{w.name, "SHA-256 " + w.sha256, got}
	}
	return nil
}

// writeErr remembers a writer's error, which io.Copy does not tell from the reader's.
type writeErr struct {
	w   io.Writer
	err error
}

func (w *writeErr) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.err = err
	return n, err
}

// syncDir makes a rename durable, where the file system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
