package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/units"
)

// The sources npz and npy: each array is a field, its first axis the samples. Floats and
// booleans are numbers; integers are whole, and a rank-1 array of them has `classes`; bytes
// of three axes or more are pictures, in 0..1.

// eachArray opens the arrays of a source in turn; of is the file of an error.
func eachArray(d config.Data, visit func(name string, h *npyHeader, r io.Reader) error) (of config.NamedPath, err error) {
	if d.Source == "npz" {
		return d.Paths[0], eachNpz(d.Paths[0].Path, visit)
	}
	for _, p := range d.Paths {
		name := p.Name
		if name == "" {
			name = strings.TrimSuffix(filepath.Base(p.Path), ".npy")
		}
		if err := visitNpy(name, p.Path, visit); err != nil {
			return p, err
		}
	}
	return of, nil
}

func arrayFields(d config.Data) ([]config.Field, diag.List) {
	var diags diag.List
	switch {
	case len(d.Paths) == 0:
		g := diags.Errorf("missing-value", d.SourcePos, "%s reads a file, and data has no path", d.Source)
		g.Path, g.Hint = "data", "for example: path: data."+d.Source
		return nil, diags
	case d.Source == "npz" && d.Paths[0].Name != "":
		g := diags.Errorf("wrong-type", d.PathPos, "npz reads one file, and this is a map")
		g.Path, g.Hint = "data.path", "the arrays of the file are the fields; source: npy takes a file a field"
		return nil, diags
	}
	var fields []config.Field
	n := 0
	of, err := eachArray(d, func(name string, h *npyHeader, r io.Reader) error {
		f := config.Field{Name: name, Shape: h.shape[1:], Int: h.isWhole()}
		if len(fields) > 0 && h.shape[0] != n {
			return formatErrorf(h.path, 0, fmt.Sprintf("%s samples, as %s has", units.Thousands(n), fields[0].Name), "%s", units.Thousands(h.shape[0]))
		}
		n = h.shape[0]
		if f.Int {
			var err error
			if f.Range, err = h.wholeRange(r); err != nil {
				return err
			}
			if h.isLabel() && f.Range.Min >= 0 {
				f.Consts = map[string]int{"classes": f.Range.Max + 1}
			}
		}
		fields = append(fields, f)
		return nil
	})
	switch {
	case err != nil:
		fileFault(&diags, of, err)
	case len(fields) == 0:
		fileFault(&diags, of, formatErrorf(of.Path, 0, "arrays", "none"))
	default:
		diags.Append(checkSplit(d, n, "samples"))
		return fields, diags
	}
	return nil, diags
}

// fileFault adds the fault of a file, at its path: the environment's, since a config that
// was right stays as it is while its files move.
func fileFault(l *diag.List, of config.NamedPath, err error) {
	code, flag, hint := "bad-data-file", "data.path", ""
	if of.Name != "" {
		flag += "." + of.Name
	}
	if errors.Is(err, fs.ErrNotExist) {
		code = "no-file"
		switch {
		case filepath.IsAbs(of.Written):
			hint = "put it back, or say where it is: --" + flag + " FILE"
		case of.Pos.IsValid():
			hint = "paths are relative to the config"
		default:
			hint = "a path on the command line is relative to the folder that it is given in"
		}
	}
	g := l.Errorf(code, of.Pos, "%v", err)
	g.Path, g.Hint, g.Environment = flag, hint, true
}

func openArrays(_ context.Context, d config.Data, o Options) (*Sets, error) {
	fields, diags := arrayFields(d)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	all := &arrays{name: d.Source, fields: fields, columns: map[string]*column{}}
	_, err := eachArray(d, func(name string, h *npyHeader, r io.Reader) error {
		c, err := h.column(r)
		all.columns[name], all.to = c, h.shape[0]
		return err
	})
	if err == nil && len(all.columns) != len(fields) {
		err = errors.New("the file has changed while it was read")
	}
	if err != nil {
		return nil, brokenArrays(err)
	}
	s, err := divide(d, o, all, nil, "samples")
	if err != nil {
		return nil, err
	}
	for _, p := range d.Paths {
		if s.Hashes[filepath.Base(p.Path)], err = hashFile(p.Path); err != nil {
			return nil, brokenArrays(err)
		}
	}
	return s, nil
}

// arraySize is what the headers say.
func arraySize(d config.Data, _ Options) (s Size, known bool) {
	if len(d.Paths) == 0 {
		return Size{}, false
	}
	n, bytes := 0, int64(0)
	_, err := eachArray(d, func(_ string, h *npyHeader, _ io.Reader) error {
		n = h.shape[0]
		bytes += h.memory()
		return nil
	})
	if err != nil || n == 0 {
		return Size{}, false
	}
	s = divided(d, n, 0)
	s.Bytes = bytes
	return s, true
}

func brokenArrays(err error) error {
	return &EnvError{Text: "a data file cannot be read", Err: err, Hints: []string{"# check it in Python: numpy.load(FILE)"}}
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// arrays are columns in memory; a set is a run of their rows.
type arrays struct {
	name     string
	fields   []config.Field
	columns  map[string]*column
	from, to int
}

var _ divisible = (*arrays)(nil)

func (d *arrays) Name() string           { return d.name }
func (d *arrays) Len() int               { return d.to - d.from }
func (d *arrays) Fields() []config.Field { return d.fields }

func (d *arrays) cut(name string, from, to int) Dataset {
	return &arrays{name: name, fields: d.fields, columns: d.columns, from: d.from + from, to: d.from + to}
}

func (d *arrays) Gather(dst *Batch, idx []int32) error {
	for _, f := range d.fields {
		c, width := d.columns[f.Name], elements(f.Shape)
		for row, i := range idx {
			chunk, place := c.at(d.from + int(i))
			from, at := place*width, row*width
			switch {
			case chunk.shades != nil:
				normalise(dst.Float[f.Name][at:at+width], chunk.shades[from:from+width])
			case chunk.ints != nil:
				copy(dst.Int[f.Name][at:at+width], chunk.ints[from:from+width])
			default:
				copy(dst.Float[f.Name][at:at+width], chunk.floats[from:from+width])
			}
		}
	}
	return nil
}
