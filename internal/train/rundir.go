package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gotrain/internal/diag"
)

// runDir is the folder of one run, <root>/<name>/version_N.
type runDir struct {
	path string
	temp bool // of fast_dev_run: removed at the end
}

func (d *runDir) checkpoints() string { return filepath.Join(d.path, "checkpoints") }
func (d *runDir) images() string      { return filepath.Join(d.path, "images") }

// newRunDir takes the next free version. Mkdir is the lock: of two jobs that start at
// once, one takes N and the other N+1.
func newRunDir(root, name string) (*runDir, error) {
	parent := filepath.Join(root, name)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, cannotWrite(parent, err)
	}
	n := 0
	for _, v := range versions(parent) {
		n = max(n, v+1)
	}
	for {
		path := filepath.Join(parent, fmt.Sprintf("version_%d", n))
		err := os.Mkdir(path, 0o777)
		if err == nil {
			return &runDir{path: path}, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, cannotWrite(path, err)
		}
		n++
	}
}

func tempRunDir() (*runDir, error) {
	path, err := os.MkdirTemp("", "gotrain-dev-*")
	if err != nil {
		return nil, cannotWrite(os.TempDir(), err)
	}
	return &runDir{path: path, temp: true}, nil
}

// close removes what a fast_dev_run wrote.
func (d *runDir) close() error {
	if d != nil && d.temp {
		return os.RemoveAll(d.path)
	}
	return nil
}

// versions lists the N of the version_N folders under parent.
func versions(parent string) []int {
	entries, _ := os.ReadDir(parent) // an unreadable folder shows at the Mkdir that follows
	var out []int
	for _, e := range entries {
		if text, ok := strings.CutPrefix(e.Name(), "version_"); ok && e.IsDir() {
			if n, err := strconv.Atoi(text); err == nil && n >= 0 {
				out = append(out, n)
			}
		}
	}
	return out
}

// NewestRun is the highest version of a name that holds a checkpoint; empty where there
// is none.
func NewestRun(root, name string) string {
	parent := filepath.Join(root, name)
	best := -1
	for _, n := range versions(parent) {
		last := filepath.Join(parent, fmt.Sprintf("version_%d", n), "checkpoints", "last")
		if _, err := os.Stat(last); err == nil {
			best = max(best, n)
		}
	}
	if best < 0 {
		return ""
	}
	return filepath.Join(parent, fmt.Sprintf("version_%d", best))
}

func cannotWrite(path string, err error) error {
	return &diag.EnvError{Text: "cannot write " + path, Err: err, Hints: []string{"choose another place: --default_root_dir DIR"}}
}
