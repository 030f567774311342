package ckpt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// SetLink points dir/best or dir/last (name) to the checkpoint folder target of
// the same dir, e.g. "step_200". The link is relative, so that a run folder can
// be moved, and is replaced in one rename.
func SetLink(dir, name, target string) error { return hooks{}.setLink(dir, name, target) }

func (h hooks) setLink(dir, name, target string) (err error) {
	if !isLink(name) {
		return fmt.Errorf("checkpoint link %q: expected best or last", name)
	}
	if _, ok := stepOf(target); !ok {
		return fmt.Errorf("checkpoint link %s: %q is not the name of a checkpoint folder", name, target)
	}
	if _, err := os.Stat(filepath.Join(dir, target, stateFile)); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		path := filepath.Join(dir, target)
		return notFound(path, path, "")
	}
	path := filepath.Join(dir, name)
	// Rename replaces any file, also one that a person put there.
	if fi, err := os.Lstat(path); err == nil && fi.Mode()&fs.ModeSymlink == 0 {
		return fmt.Errorf("%s is in the way and is not a link: move it", path)
	}
	tmp := filepath.Join(dir, tempName(name))
	defer func() {
		if err != nil {
			os.Remove(tmp)
		}
	}()
	if err := os.Symlink(target, tmp); err != nil {
		return err
	}
	if err := h.reach("link made"); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	if err := h.reach("link renamed"); err != nil {
		return err
	}
	return syncDir(dir)
}

// Resolve turns what a user writes into the path of a checkpoint folder: best
// and last are the links of dir, step_N that folder of dir unless a path of
// that name exists, anything else a path. *NotFoundError if nothing is there;
// the content is not looked at. Beside a run that is still training, Load the
// link itself: the folder it resolves to may be pruned before it is opened.
func Resolve(dir, ref string) (string, error) {
	if isLink(ref) {
		_, target, err := locate(filepath.Join(dir, ref))
		return target, err
	}
	_, target, err := locate(ref)
	if _, isStep := stepOf(ref); err != nil && isStep {
		_, target, err = locate(filepath.Join(dir, ref))
	}
	return target, err
}

func isLink(name string) bool { return name == "best" || name == "last" }
