package ckpt

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Save writes the checkpoint dir/step_N and returns its path. On error dir holds
// what it held before. The order, and what a crash after each step leaves:
//
//  1. recover: what an earlier crash left is put right or removed.
//  2. .tmp-step_N-…/ is made and filled: model, optimizer, then state.json with
//     their hashes, each checked for size and synced; then the folder. A crash
//     leaves a temporary folder that no reader looks at.
//  3. If step_N exists it is renamed to .old-step_N-…. A crash here is the only
//     moment without a step_N: readers then take the one aside, and the next
//     Save renames it back.
//  4. The temporary folder is renamed to step_N and dir is synced. A crash
//     leaves the old one (fresh step: none) or the new one, both whole.
//  5. The one aside is removed. A crash leaves it for the next Save to remove.
//
// Only the run that owns dir may call Save.
func Save(dir string, step int, s State) (path string, err error) {
	return hooks{}.save(dir, step, s)
}

// saveSteps are the failpoints of Save; the tests crash and fail at each.
var saveSteps = []string{
	"recovered", "temp made",
	"model.safetensors opened", "model.safetensors written", "model.safetensors synced",
	"optimizer.safetensors opened", "optimizer.safetensors written", "optimizer.safetensors synced",
	"state.json opened", "state.json written", "state.json synced",
	"folder synced", "old set aside", "new renamed in", "parent synced", "old removed",
}

func (h hooks) save(dir string, step int, s State) (path string, err error) {
	if step < 0 {
		return "", fmt.Errorf("checkpoint step %d is negative", step)
	}
	if err := makeDir(dir); err != nil {
		return "", err
	}
	if err := recoverDir(dir); err != nil {
		return "", err
	}
	if err := h.reach("recovered"); err != nil {
		return "", err
	}
	name := stepName(step)
	path = filepath.Join(dir, name)
	if err := replaceable(path); err != nil {
		return "", err
	}
	tmp := filepath.Join(dir, tempName(name))
	defer func() {
		if err != nil {
			path = ""
			os.RemoveAll(tmp)
		}
	}()
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return "", err
	}
	if err := h.reach("temp made"); err != nil {
		return "", err
	}
	if err := h.fill(tmp, step, s); err != nil {
		return "", fmt.Errorf("checkpoint %s not saved: %w", path, err)
	}
	return path, h.commit(dir, tmp, path)
}

// fill writes the files of a checkpoint; state.json is last, so that a folder
// with one is complete.
func (h hooks) fill(tmp string, step int, s State) error {
	files := map[string]fileEntry{}
	for _, part := range []struct {
		name string
		ts   []Tensor
	}{{modelFile, s.Model}, {optimizerFile, s.Optimizer}} {
		e, err := h.writeFile(filepath.Join(tmp, part.name), 0o644, func(w io.Writer) error {
			return Encode(w, part.ts, nil)
		})
		if err != nil {
			return err
		}
		files[part.name] = e
	}
	m, err := encodeManifest(step, s.Run, files)
	if err != nil {
		return err
	}
	_, err = h.writeFile(filepath.Join(tmp, stateFile), 0o644, func(w io.Writer) error {
		_, err := w.Write(m)
		return err
	})
	if err != nil {
		return err
	}
	if err := syncDir(tmp); err != nil {
		return err
	}
	return h.reach("folder synced")
}

// commit gives tmp its name. On error everything has its former name again.
func (h hooks) commit(dir, tmp, path string) (err error) {
	old, in := "", false
	defer func() {
		if err == nil {
			return
		}
		if in {
			err = errors.Join(err, os.Rename(path, tmp))
		}
		if old != "" {
			err = errors.Join(err, os.Rename(old, path))
		}
	}()
	if _, err := os.Lstat(path); err == nil {
		// Over a folder that is not empty there is no rename.
		aside := filepath.Join(dir, oldName(filepath.Base(path)))
		if err := os.Rename(path, aside); err != nil {
			return err
		}
		old = aside
		if err := h.reach("old set aside"); err != nil {
			return err
		}
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	in = true
	if err := h.reach("new renamed in"); err != nil {
		return err
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	if err := h.reach("parent synced"); err != nil {
		return err
	}
	if old != "" {
		// The save has happened: what cannot be removed now is no failure of
		// it, and the next Save tries again.
		os.RemoveAll(old)
		_ = h.reach("old removed")
	}
	return nil
}

func makeDir(dir string) error {
	if fi, err := os.Stat(dir); err == nil && fi.IsDir() {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return syncDir(filepath.Dir(filepath.Clean(dir)))
}

// replaceable refuses to set aside, and later remove, what we did not make.
func replaceable(path string) error {
	fi, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !fi.IsDir() || !onlyOurs(path) {
		return fmt.Errorf("%s is in the way and is not a checkpoint of ours: move it, then save again", path)
	}
	return nil
}

// onlyOurs reports that a folder holds nothing but a checkpoint's files.
func onlyOurs(folder string) bool {
	list, err := os.ReadDir(folder)
	if err != nil {
		return false
	}
	for _, e := range list {
		switch e.Name() {
		case modelFile, optimizerFile, stateFile:
			if !e.Type().IsRegular() {
				return false
			}
		default:
			return false
		}
	}
	return true
}
