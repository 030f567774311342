package ckpt

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// Info is one checkpoint of a directory.
type Info struct {
	Path string
	Step int
}

func stepName(step int) string { return "step_" + strconv.Itoa(step) }

// stepOf reads only what stepName writes: step_007 is not ours.
func stepOf(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, "step_")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n >= 0 && stepName(n) == name
}

// leftover matches the temporary names of Save and SetLink.
var leftover = regexp.MustCompile(`^\.(?:tmp-(?:step_\d+|best|last)|(old)-(step_\d+))-\d+-[0-9a-f]{8}$`)

// List returns the checkpoints of dir by step. It asks only for a state.json,
// not for right hashes (Verify); a dir that does not exist has none.
func List(dir string) ([]Info, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	steps := map[int]bool{}
	for _, e := range entries {
		name := e.Name()
		// One set aside stands for its step: a crash may have left only it.
		if m := leftover.FindStringSubmatch(name); m != nil && m[1] == "old" {
			name = m[2]
		}
		step, ok := stepOf(name)
		if !ok || !e.IsDir() {
			continue
		}
		if _, err := os.Lstat(filepath.Join(dir, e.Name(), stateFile)); err == nil {
			steps[step] = true
		}
	}
	var out []Info
	for step := range steps {
		out = append(out, Info{Path: filepath.Join(dir, stepName(step)), Step: step})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Step < out[j].Step })
	return out, nil
}

// asideFor returns the folder that stands in for the missing dir/name, or "".
func asideFor(dir, name string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if m := leftover.FindStringSubmatch(e.Name()); m != nil && m[1] == "old" && m[2] == name && e.IsDir() {
			return filepath.Join(dir, e.Name())
		}
	}
	return ""
}

// recoverDir undoes or completes what a crashed writer left: temporary folders
// and links go; a checkpoint set aside goes back to its name unless a whole one
// has taken it. Readers do none of this, for the writer may be at work.
func recoverDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	changed := false
	for _, e := range entries {
		m := leftover.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if m[1] == "old" {
			if err := restore(path, filepath.Join(dir, m[2])); err != nil {
				return err
			}
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		changed = true
	}
	if !changed {
		return nil
	}
	return syncDir(dir)
}

// restore renames aside to path where path is missing, or damaged while aside
// is whole. Otherwise aside is of no more use.
func restore(aside, path string) error {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return os.Rename(aside, path)
	}
	if err != nil || verifyFolder(path) == nil || verifyFolder(aside) != nil {
		return err
	}
	trash := filepath.Join(filepath.Dir(path), tempName(filepath.Base(path)))
	if err := os.Rename(path, trash); err != nil {
		return err
	}
	if err := os.Rename(aside, path); err != nil {
		return err
	}
	return os.RemoveAll(trash)
}

// Prune removes the checkpoints of dir that no link points to and keep (nil:
// none) does not want, and returns their paths. The newest always stays, and
// until it has been read back whole, so do those before it down to the first
// that has. Anything that is not a checkpoint of ours, or holds a file of
// someone else's, is left alone. Only the run that owns dir may call it.
func Prune(dir string, keep func(step int) bool) (removed []string, err error) {
	return hooks{}.prune(dir, keep)
}

func (h hooks) prune(dir string, keep func(step int) bool) (removed []string, err error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err := recoverDir(dir); err != nil {
		return nil, err
	}
	list, err := List(dir)
	if err != nil {
		return nil, err
	}
	linked, err := linkTargets(dir)
	if err != nil {
		return nil, err
	}
	proved := false
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		name := filepath.Base(c.Path)
		if !proved {
			proved = verifyFolder(c.Path) == nil
			continue
		}
		if linked[name] || keep != nil && keep(c.Step) || !onlyOurs(c.Path) || !hasOurState(c.Path) {
			continue
		}
		// Renamed first: a crash in the middle must not leave a torn step_N.
		trash := filepath.Join(dir, tempName(name))
		if err := os.Rename(c.Path, trash); err != nil {
			return removed, err
		}
		if err := h.reach("renamed away"); err != nil {
			return removed, err
		}
		if err := os.RemoveAll(trash); err != nil {
			return removed, err
		}
		removed = append(removed, c.Path)
	}
	if len(removed) == 0 {
		return nil, nil
	}
	return removed, syncDir(dir)
}

// linkTargets holds the name each link of dir points to, whoever made it.
func linkTargets(dir string) (map[string]bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink == 0 {
			continue
		}
		target, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		out[filepath.Base(target)] = true
	}
	return out, nil
}

// hasOurState looks for the format's name at the place where we write it, so
// that an older checkpoint whose tensors are damaged can still be pruned.
func hasOurState(folder string) bool {
	f, err := os.Open(filepath.Join(folder, stateFile))
	if err != nil {
		return false
	}
	defer f.Close()
	start := []byte("{\n  \"format\": \"" + formatName + "\"")
	b := make([]byte, len(start))
	n, _ := f.Read(b)
	return bytes.Equal(b[:n], start)
}
