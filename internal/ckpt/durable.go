package ckpt

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// hooks are the places where tests stop or starve a write; the zero value,
// which every exported function uses, does neither.
type hooks struct {
	at   func(step string) error                  // called after each named step
	wrap func(file string, w io.Writer) io.Writer // between us and the file
}

func (h hooks) reach(step string) error {
	if h.at == nil {
		return nil
	}
	return h.at(step)
}

// WriteFileAtomic writes path so that a crash leaves the old file or the new
// one, whole. A link at path is replaced, not followed.
func WriteFileAtomic(path string, data []byte, perm fs.FileMode) error {
	return hooks{}.writeAtomic(path, perm, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

func (h hooks) writeAtomic(path string, perm fs.FileMode, fill func(io.Writer) error) (err error) {
	dir, base := filepath.Split(filepath.Clean(path))
	if dir == "" {
		dir = "."
	}
	tmp := filepath.Join(dir, tempName(base))
	defer func() {
		if err != nil {
			os.Remove(tmp)
		}
	}()
	if _, err := h.writeFile(tmp, perm, fill); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	if err := h.reach("file renamed"); err != nil {
		return err
	}
	return syncDir(dir)
}

// fileEntry is what state.json says of a file beside it.
type fileEntry struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// writeFile creates path, which must not exist, and returns only when its bytes
// are on the disk and their number is right. On error the caller removes it.
func (h hooks) writeFile(path string, perm fs.FileMode, fill func(io.Writer) error) (e fileEntry, err error) {
	base := filepath.Base(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return e, err
	}
	defer func() {
		// Close reports what a network file system could not write.
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	if err := h.reach(base + " opened"); err != nil {
		return e, err
	}
	var w io.Writer = f
	if h.wrap != nil {
		w = h.wrap(base, w)
	}
	sum := &counter{Hash: sha256.New()}
	buf := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<16)
	if err := fill(buf); err != nil {
		return e, err
	}
	if err := buf.Flush(); err != nil {
		return e, err
	}
	if err := h.reach(base + " written"); err != nil {
		return e, err
	}
	if err := f.Sync(); err != nil {
		return e, err
	}
	fi, err := f.Stat()
	if err != nil {
		return e, err
	}
	if fi.Size() != sum.n {
		return e, fmt.Errorf("%s: wrote %d bytes, the disk holds %d", path, sum.n, fi.Size())
	}
	if err := h.reach(base + " synced"); err != nil {
		return e, err
	}
	return fileEntry{SHA256: hex.EncodeToString(sum.Sum(nil)), Size: sum.n}, nil
}

type counter struct {
	hash.Hash
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.Hash.Write(p)
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	// Some network and FUSE file systems cannot sync a folder; there a rename
	// is as durable as they make it, and failing every save would help nobody.
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// tempName is in the same directory as its target, since rename cannot cross
// file systems.
func tempName(base string) string { return ".tmp-" + unique(base) }

// oldName is where a checkpoint stands aside while its replacement moves in.
func oldName(base string) string { return ".old-" + unique(base) }

func unique(base string) string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return fmt.Sprintf("%s-%d-%x", base, os.Getpid(), b)
}
