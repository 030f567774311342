package ckpt

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// Param is a parameter as the model declares it.
type Param struct {
	Name  string
	Shape []int
	DType string // safetensors' spelling
}

// LoadWeights reads the parameters in a .safetensors file, or in a checkpoint
// folder (or link to one), which is then verified by its hashes.
func LoadWeights(path string) ([]Tensor, error) {
	if fi, err := os.Stat(path); err == nil && !fi.IsDir() {
		ts, _, err := ReadSafetensors(path)
		return ts, err
	}
	var ts []Tensor
	err := withFolder(path, func(root *os.Root, name string) error {
		m, err := readManifest(root, name)
		if err != nil {
			return err
		}
		ts, err = readTensors(root, modelFile, m)
		return err
	})
	return ts, err
}

// ReadShapes reads the names, types and shapes of what LoadWeights reads, and no data: the
// tensors have none, and a folder's hashes are not asked for.
func ReadShapes(path string) ([]Tensor, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if fi.IsDir() {
		path = filepath.Join(path, modelFile)
	}
	ts, _, err := readSafetensors(path, false)
	return ts, err
}

// Mismatch is a parameter that is in the model and in the file, differently.
type Mismatch struct {
	Here Param
	File Param
}

// MatchError lists every difference between a model's parameters and a file's
// tensors, each list sorted by name.
type MatchError struct {
	Missing []string          // in the model only
	Extra   []string          // in the file only
	Changed []Mismatch        // of another shape or dtype
	Nearest map[string]string // for a name in Missing or Extra, its likeliest partner
}

func (e *MatchError) Error() string {
	var b strings.Builder
	b.WriteString("the weights do not fit the model:")
	for _, m := range e.Changed {
		if !slices.Equal(m.Here.Shape, m.File.Shape) {
			fmt.Fprintf(&b, "\n  %s: shape %s here, %s in the file", m.Here.Name, shapeText(m.Here.Shape), shapeText(m.File.Shape))
		}
		if m.Here.DType != m.File.DType {
			fmt.Fprintf(&b, "\n  %s: dtype %s here, %s in the file", m.Here.Name, m.Here.DType, m.File.DType)
		}
	}
	line := func(name, fault string) {
		fmt.Fprintf(&b, "\n  %s: %s", name, fault)
		if near := e.Nearest[name]; near != "" {
			fmt.Fprintf(&b, " (nearest there: %s)", near)
		}
	}
	for _, n := range e.Missing {
		line(n, "not in the file")
	}
	for _, n := range e.Extra {
		line(n, "in the file, not in the model")
	}
	return b.String()
}

// Match demands that got holds exactly the parameters of have: same names,
// shapes and dtypes. Otherwise it returns a *MatchError with every difference.
func Match(have []Param, got []Tensor) error {
	e := compare(have, got)
	if len(e.Missing)+len(e.Extra)+len(e.Changed) == 0 {
		return nil
	}
	e.suggest()
	return e
}

// MatchSome demands that got holds the parameters of want, whatever else it holds.
func MatchSome(want []Param, got []Tensor) error {
	e := compare(want, got)
	if len(e.Missing)+len(e.Changed) == 0 {
		return nil
	}
	e.suggest()
	e.Extra = nil
	return e
}

// compare lists every difference.
func compare(have []Param, got []Tensor) *MatchError {
	e := &MatchError{Nearest: map[string]string{}}
	file := map[string]Tensor{}
	for _, t := range got {
		file[t.Name] = t
	}
	here := map[string]bool{}
	for _, p := range have {
		here[p.Name] = true
		t, ok := file[p.Name]
		switch {
		case !ok:
			e.Missing = append(e.Missing, p.Name)
		case !slices.Equal(p.Shape, t.Shape) || p.DType != t.DType:
			e.Changed = append(e.Changed, Mismatch{p, Param{t.Name, t.Shape, t.DType}})
		}
	}
	for name := range file {
		if !here[name] {
			e.Extra = append(e.Extra, name)
		}
	}
	sort.Strings(e.Missing)
	sort.Strings(e.Extra)
	sort.Slice(e.Changed, func(i, j int) bool { return e.Changed[i].Here.Name < e.Changed[j].Here.Name })
	return e
}

// suggest pairs names only among those without a partner. Where two unrelated
// models are compared there is nothing to pair and a great deal to compute.
func (e *MatchError) suggest() {
	if len(e.Missing)*len(e.Extra) > 1<<14 {
		return
	}
	for _, n := range e.Missing {
		e.Nearest[n] = nearest(n, e.Extra)
	}
	for _, n := range e.Extra {
		e.Nearest[n] = nearest(n, e.Missing)
	}
}

// nearest returns the candidate that differs by a prefix ("module.") or else
// by the fewest edits, at most a third of the name; "" if there is none.
func nearest(name string, candidates []string) string {
	best, dist := "", len(name)/3+1
	for _, c := range candidates {
		if strings.HasSuffix(c, "."+name) || strings.HasSuffix(name, "."+c) {
			return c
		}
		if d := editDistance(name, c); d < dist {
			best, dist = c, d
		}
	}
	return best
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diag
			if a[i] != b[j] {
				d++
			}
			diag = row[j+1]
			row[j+1] = min(d, diag+1, row[j]+1)
		}
	}
	return row[len(b)]
}
