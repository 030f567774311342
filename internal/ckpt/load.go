package ckpt

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Load reads the checkpoint at path, a folder or a link to one, and verifies
// every byte of it. It returns *NotFoundError, *CorruptError (which offers the
// newest other whole checkpoint) or *VersionError.
func Load(path string) (*State, int, error) {
	var (
		s State
		m manifest
	)
	err := withFolder(path, func(root *os.Root, name string) (err error) {
		if m, err = readManifest(root, name); err != nil {
			return err
		}
		s.Run = m.Run
		if s.Model, err = readTensors(root, modelFile, m); err != nil {
			return err
		}
		s.Optimizer, err = readTensors(root, optimizerFile, m)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return &s, m.Step, nil
}

// Verify is Load without keeping anything in memory.
func Verify(path string) error { return withFolder(path, verifyRoot) }

// verifyFolder is Verify of a plain folder, whose name need not be step_N.
func verifyFolder(folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	return verifyRoot(root, filepath.Base(folder))
}

func verifyRoot(root *os.Root, name string) error {
	m, err := readManifest(root, name)
	if err != nil {
		return err
	}
	for _, file := range []string{modelFile, optimizerFile} {
		if err := checkFile(root, file, m.Files[file]); err != nil {
			return err
		}
	}
	return nil
}

// withFolder runs read on the folder at path and completes its errors. The
// writer may replace or prune the folder meanwhile, so a fault counts only when
// it is seen twice running in a folder that has kept its place.
func withFolder(path string, read func(root *os.Root, name string) error) error {
	last := ""
	for try := 0; ; try++ {
		folder, target, err := locate(path)
		if err != nil {
			return err
		}
		before, err := os.Stat(folder)
		if err == nil {
			err = readIn(folder, filepath.Base(target), read)
		}
		if err == nil {
			return nil
		}
		if try >= 8 || err.Error() == last && stillAt(path, folder, before) {
			return complete(err, target)
		}
		last = err.Error()
	}
}

// stillAt reports that path still means folder, which was before.
func stillAt(path, folder string, before fs.FileInfo) bool {
	again, _, err := locate(path)
	if err != nil || again != folder || before == nil {
		return false
	}
	now, err := os.Stat(again)
	return err == nil && os.SameFile(before, now)
}

func readIn(folder, name string, read func(root *os.Root, name string) error) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	return read(root, name)
}

// complete turns a fault inside the folder target into the exported error.
func complete(err error, target string) error {
	var (
		d *damage
		v *VersionError
	)
	switch {
	case errors.As(err, &v):
		v.Path = target
		return v
	case errors.As(err, &d):
		return &CorruptError{
			Path: target, File: d.file, Reason: d.reason, Expected: d.expected, Found: d.found,
			Previous: newestWhole(target),
		}
	}
	return fmt.Errorf("checkpoint %s: %w", target, err)
}

// newestWhole returns the newest checkpoint beside path that verifies, or "".
func newestWhole(path string) string {
	list, _ := List(filepath.Dir(path))
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i].Path
		if filepath.Base(c) == filepath.Base(path) {
			continue
		}
		folder, _, err := locate(c)
		if err == nil && readIn(folder, filepath.Base(c), verifyRoot) == nil {
			return c
		}
	}
	return ""
}

// locate follows links by hand, because the target of best or last may at this
// moment, or since a crash, stand aside under another name. target is the
// checkpoint's proper path, folder where it is now. What is not found is looked
// for again: the writer may have moved a link on and pruned its old target
// between our two looks.
func locate(path string) (folder, target string, err error) {
	for range 4 {
		folder, target, err = locateOnce(path)
		var nf *NotFoundError
		if !errors.As(err, &nf) {
			break
		}
	}
	return folder, target, err
}

func locateOnce(path string) (folder, target string, err error) {
	target = filepath.Clean(path)
	for range 16 { // a loop of links ends here, with Stat's error
		link, err := os.Readlink(target)
		if err != nil {
			break
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(target), link)
		}
		target = link
	}
	if b := filepath.Base(target); b == "." || b == ".." {
		if target, err = filepath.Abs(target); err != nil {
			return "", "", err
		}
	}
	fi, err := os.Stat(target)
	switch {
	case err == nil && fi.IsDir():
		return target, target, nil
	case err == nil:
		return "", "", notFound(path, target, "it is a file, not a checkpoint folder")
	case !errors.Is(err, fs.ErrNotExist):
		return "", "", err
	}
	dir, name := filepath.Split(target)
	if _, ok := stepOf(name); ok {
		if aside := asideFor(filepath.Clean(dir), name); aside != "" {
			return aside, target, nil
		}
		// The writer may have renamed it back, or in, between the two looks.
		if fi, err := os.Stat(target); err == nil && fi.IsDir() {
			return target, target, nil
		}
	}
	reason := ""
	if target != filepath.Clean(path) {
		reason = "the link points to " + name + ", which is missing"
	}
	return "", "", notFound(path, target, reason)
}

func notFound(path, target, reason string) error {
	e := &NotFoundError{Path: path, Reason: reason}
	list, _ := List(filepath.Dir(target))
	for _, c := range list {
		e.Have = append(e.Have, filepath.Base(c.Path))
	}
	return e
}

// readManifest checks state.json, also against the folder's name, which List
// and Prune go by.
func readManifest(root *os.Root, name string) (manifest, error) {
	b, err := readAll(root, stateFile, -1)
	if err != nil {
		return manifest{}, err
	}
	m, err := decodeManifest(b)
	if err != nil {
		return m, err
	}
	if step, ok := stepOf(name); ok && step != m.Step {
		return m, &damage{stateFile, "step", fmt.Sprint(step), fmt.Sprint(m.Step)}
	}
	return m, nil
}

func readTensors(root *os.Root, file string, m manifest) ([]Tensor, error) {
	want := m.Files[file]
	b, err := readAll(root, file, want.Size)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	if found := hex.EncodeToString(sum[:]); found != want.SHA256 {
		return nil, &damage{file, "sha256", want.SHA256, found}
	}
	ts, _, err := Decode(b)
	if err != nil {
		return nil, &damage{file: file, reason: err.Error()}
	}
	return ts, nil
}

// checkFile hashes without holding the file in memory.
func checkFile(root *os.Root, file string, want fileEntry) error {
	f, _, err := openSized(root, file, want.Size)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if found := hex.EncodeToString(h.Sum(nil)); found != want.SHA256 {
		return &damage{file, "sha256", want.SHA256, found}
	}
	return nil
}

// readAll reads a file of the expected size (-1: any).
func readAll(root *os.Root, file string, want int64) ([]byte, error) {
	f, size, err := openSized(root, file, want)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, size)
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, err
	}
	return b, nil
}

func openSized(root *os.Root, file string, want int64) (*os.File, int64, error) {
	fi, err := root.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, &damage{file: file, reason: "is missing"}
	case err != nil:
		return nil, 0, err
	case !fi.Mode().IsRegular():
		return nil, 0, &damage{file: file, reason: "is not a regular file"}
	case want >= 0 && fi.Size() != want:
		return nil, 0, &damage{file, "size", fmt.Sprint(want), fmt.Sprint(fi.Size())}
	}
	f, err := root.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		err = &damage{file: file, reason: "is missing"}
	}
	if err != nil {
		return nil, 0, err
	}
	return f, fi.Size(), nil
}
