package data

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	ziparchive "archive/zip"

	"gotrain/internal/config"
)

func npzConfig(path string, split map[string]int) config.Data {
	return config.Data{Source: "npz", SourcePos: at, PathPos: at, Paths: []config.NamedPath{{Path: path, Pos: at}}, Split: split}
}

// TestArraysOfNumPy reads what testdata/make.py had numpy write.
func TestArraysOfNumPy(t *testing.T) {
	d := npzConfig(filepath.Join("testdata", "numpy.npz"), map[string]int{"val": 2, "test": 1})
	fields, diags := Fields(d)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	got := map[string]config.Field{}
	for _, f := range fields {
		got[f.Name] = f
	}
	for name, want := range map[string]struct {
		shape   string
		isInt   bool
		classes int
	}{
		"half": {"[3]", false, 0}, "single": {"[3]", false, 0}, "double": {"[3]", false, 0}, "label": {"[]", true, 3}, "byte_label": {"[]", true, 3},
		"tokens": {"[2]", true, 0}, "mask": {"[]", false, 0}, "picture": {"[1 1 2]", false, 0}, "fortran_vector": {"[]", false, 0},
	} {
		f, ok := got[name]
		if !ok || fmt.Sprint(f.Shape) != want.shape || f.Int != want.isInt || f.Consts["classes"] != want.classes {
			t.Errorf("%s: %+v", name, f)
		}
	}
	s, err := Open(context.Background(), d, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 4 || s.Val.Len() != 2 || s.Test.Len() != 1 || len(s.Hashes["numpy.npz"]) != 64 {
		t.Fatal(s.Train.Len(), s.Val.Len(), s.Test.Len(), s.Hashes)
	}
	for _, part := range []struct {
		ds    Dataset
		first int
	}{{s.Train, 0}, {s.Val, 4}, {s.Test, 6}} {
		n := part.ds.Len()
		b := newBatch(fields, n)
		b.resize(fields, n)
		idx := make([]int32, n)
		for row := range idx { // backwards
			idx[row] = int32(n - 1 - row)
		}
		if err := part.ds.Gather(b, idx); err != nil {
			t.Fatal(err)
		}
		for row := range n {
			i := part.first + n - 1 - row
			for j := range 3 {
				want := float32((float64(i) - 3) * float64(j+1) / 4)
				for _, name := range []string{"half", "single", "double"} {
					if x := b.Float[name][row*3+j]; x != want {
						t.Errorf("%s[%d, %d] = %v, want %v", name, i, j, x, want)
					}
				}
			}
			label := int32(i % 3)
			if b.Int["label"][row] != label || b.Int["byte_label"][row] != label || b.Int["tokens"][2*row] != label-1 || b.Int["tokens"][2*row+1] != label {
				t.Errorf("labels of %d: %v", i, b.Int)
			}
			if (b.Float["mask"][row] == 1) != (label == 1) || b.Float["picture"][2*row+1] != float32(17*i+1)/255 || b.Float["fortran_vector"][row] != float32(i-3)/4 {
				t.Errorf("mask, picture or vector of %d", i)
			}
		}
	}
}

func TestNpyFiles(t *testing.T) {
	path := filepath.Join("testdata", "big_endian.npy")
	d := config.Data{Source: "npy", PathPos: at, Paths: []config.NamedPath{{Path: path, Pos: at}}}
	fields, diags := Fields(d)
	if diags.HasErrors() || len(fields) != 1 || fields[0].Name != "big_endian" {
		t.Fatal(fields, diags.Items)
	}
	d.Paths = []config.NamedPath{{Name: "x", Path: path}, {Name: "y", Path: path}}
	s, err := Open(context.Background(), d, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := newBatch(s.Train.Fields(), 1)
	b.resize(s.Train.Fields(), 1)
	if err := s.Train.Gather(b, []int32{6}); err != nil || b.Float["x"][1] != 1.5 || b.Float["y"][2] != 2.25 {
		t.Error(err, b.Float)
	}
	if s.Val != nil || s.Test != nil {
		t.Error("there is no other part without a split")
	}
}

// npyBytes is an npy file with a header as given.
func npyBytes(header string, body []byte) []byte {
	out := []byte("\x93NUMPY\x01\x00")
	out = binary.LittleEndian.AppendUint16(out, uint16(len(header)))
	return append(append(out, header...), body...)
}

func header(descr, shape string) string {
	return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n"
}

func npzBytes(t testing.TB, members map[string][]byte) []byte {
	var out bytes.Buffer
	z := ziparchive.NewWriter(&out)
	for name, b := range members {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestArrayFaultsAreExplained: each says the file, the place and what to do.
func TestArrayFaultsAreExplained(t *testing.T) {
	dir := t.TempDir()
	ten := make([]byte, 40)
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"short":      {npyBytes(header("<f4", "(11,)"), ten), "expected"},
		"long":       {npyBytes(header("<f4", "(9,)"), ten), "expected"},
		"objects":    {npyBytes(header("|O", "(10,)"), ten), "found Python objects; convert it in Python"},
		"texts":      {npyBytes(header("<U1", "(10,)"), ten), "found texts"},
		"complex":    {npyBytes(header("<c8", "(5,)"), ten), "found complex numbers"},
		"records":    {npyBytes("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (10,), }\n", ten), "found a record"},
		"scalar":     {npyBytes(header("<f4", "()"), ten[:4]), "first axis counts the samples"},
		"empty":      {npyBytes(header("<f4", "(0, 3)"), nil), "at least one sample"},
		"columns":    {npyBytes("{'descr': '<f4', 'fortran_order': True, 'shape': (5, 2), }\n", ten), "numpy.ascontiguousarray"},
		"hostile":    {npyBytes(header("<f4", "(99999999999999999999,)"), ten), "a shape"},
		"overflow":   {npyBytes(header("<f8", "(4294967296, 4294967296)"), ten), "at most"},
		"negative":   {npyBytes(header("<f4", "(-1,)"), ten), "expected"},
		"no dict":    {npyBytes("hello\n", ten), "'descr'"},
		"nothing":    {nil, "the end of the file"},
		"not npy":    {[]byte("\x89PNG\r\n\x1a\n0123456789"), "as an npy file begins"},
		"wide label": {npyBytes(header("<i8", "(1,)"), []byte{0, 0, 0, 0, 1, 0, 0, 0}), "below 2^31"},
		"wide float": {npyBytes(header("<f8", "(1,)"), binary.LittleEndian.AppendUint64(nil, math.Float64bits(1e300))), "fits"},
	} {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "_")+".npy")
		write(t, path, c.file)
		d := config.Data{Source: "npy", PathPos: at, Paths: []config.NamedPath{{Path: path, Pos: at}}}
		_, err := Open(context.Background(), d, Options{})
		if err == nil || !strings.Contains(fmt.Sprint(err), c.says) || !strings.Contains(fmt.Sprint(err), path) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	two := npzBytes(t, map[string][]byte{"x.npy": npyBytes(header("<f4", "(10,)"), ten), "y.npy": npyBytes(header("<f4", "(5, 2)"), ten)})
	other := npzBytes(t, map[string][]byte{"readme.txt": ten})
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"lengths": {two, "samples, as"}, "member": {other, "NAME.npy"}, "no zip": {ten, "numpy.savez"}, "cut": {two[:len(two)-30], "numpy.savez"},
	} {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "_")+".npz")
		write(t, path, c.file)
		_, diags := Fields(npzConfig(path, nil))
		if len(diags.Items) != 1 || !strings.Contains(diags.Items[0].Text, c.says) || diags.Items[0].Code != "bad-data-file" || diags.Items[0].Pos != at {
			t.Errorf("%s: %+v, want %q", name, diags.Items, c.says)
		}
	}
	_, diags := Fields(npzConfig(filepath.Join(dir, "none.npz"), nil))
	if len(diags.Items) != 1 || diags.Items[0].Code != "no-file" {
		t.Errorf("%+v", diags.Items)
	}
	_, diags = Fields(npzConfig(filepath.Join("testdata", "numpy.npz"), map[string]int{"val": 7}))
	if len(diags.Items) != 1 || diags.Items[0].Code != "impossible-split" {
		t.Errorf("%+v", diags.Items)
	}
}

// TestHostileSizesAllocateLittle: a few bytes that claim gigabytes are refused for what is
// missing, not filled in.
func TestHostileSizesAllocateLittle(t *testing.T) {
	claim := npyBytes(header("<f4", "(1000000000,)"), make([]byte, 4000))
	h, err := readNpyHeader(bytes.NewReader(claim), "claim.npy")
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = h.column(bytes.NewReader(claim[h.head:]))
	runtime.ReadMemStats(&after)
	if err == nil || after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("%v after %d bytes", err, after.TotalAlloc-before.TotalAlloc)
	}
	long := append([]byte("\x93NUMPY\x02\x00"), 0xff, 0xff, 0xff, 0xff)
	if _, err := readNpyHeader(bytes.NewReader(long), "long.npy"); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Error(err)
	}
}

// TestChunksOfRows reads arrays of many chunks, of rows that do not divide them, of rows
// that are larger, and of a last chunk that is short.
func TestChunksOfRows(t *testing.T) {
	for _, c := range []struct{ rows, width int }{{3, chunkBytes/4 + 7}, {chunkBytes/12 + 5, 7}, {2*chunkBytes/4 + 1, 1}, {chunkBytes / 4, 1}} {
		n := c.rows * c.width
		body := make([]byte, 0, 4*n)
		for i := range n {
			body = binary.LittleEndian.AppendUint32(body, uint32(i))
		}
		file := npyBytes(header("<u4", fmt.Sprintf("(%d, %d)", c.rows, c.width)), body)
		path := filepath.Join(t.TempDir(), "x.npy")
		write(t, path, file)
		d := config.Data{Source: "npy", PathPos: at, Paths: []config.NamedPath{{Path: path, Pos: at}}}
		s, err := Open(context.Background(), d, Options{})
		if err != nil {
			t.Fatal(err)
		}
		size, known := SizeOf(d, Options{})
		if !known || size.Train != c.rows || size.Bytes != int64(4*n) {
			t.Errorf("%d x %d: size %+v", c.rows, c.width, size)
		}
		b := newBatch(s.Train.Fields(), 1)
		b.resize(s.Train.Fields(), 1)
		for row := 0; row < c.rows; row += max(1, c.rows/1000) {
			if err := s.Train.Gather(b, []int32{int32(row)}); err != nil {
				t.Fatal(err)
			}
			x := b.Int["x"]
			if first, last := int(x[0]), int(x[c.width-1]); first != row*c.width || last != first+c.width-1 {
				t.Fatalf("%d x %d: row %d is from %d to %d", c.rows, c.width, row, first, last)
			}
		}
	}
}

func TestHalf(t *testing.T) {
	for bits, want := range map[uint16]float32{
		0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0001: 1.0 / (1 << 24), 0x03ff: 1023.0 / (1 << 24), 0x0400: 1.0 / (1 << 14), 0x3555: 0.333251953125,
		0x7c00: float32(math.Inf(1)), 0xfc00: float32(math.Inf(-1)), 0x0000: 0,
	} {
		if got := half(bits); got != want {
			t.Errorf("%#04x: %v, want %v", bits, got, want)
		}
	}
	if f := half(0x7e00); f == f {
		t.Error("no NaN:", f)
	}
	if f := half(0x8000); f != 0 || !math.Signbit(float64(f)) {
		t.Error("no negative zero:", f)
	}
}

func FuzzNpy(f *testing.F) {
	whole, err := os.ReadFile(filepath.Join("testdata", "big_endian.npy"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(npyBytes(header("<i2", "(2, 3)"), make([]byte, 12)))
	f.Add(npyBytes(header("|b1", "(2,)"), make([]byte, 2)))
	f.Fuzz(func(t *testing.T, file []byte) {
		r := bytes.NewReader(file)
		h, err := readNpyHeader(r, "x.npy")
		if err != nil {
			return
		}
		c, err := h.column(r)
		if err != nil {
			return
		}
		n := 0
		for _, v := range c.chunks {
			n += len(v.floats) + len(v.ints) + len(v.shades)
		}
		if int64(n*h.width) != h.bytes() {
			t.Errorf("%d numbers of %d bytes, and the header says %d", n, h.width, h.bytes())
		}
	})
}

func FuzzNpz(f *testing.F) {
	whole, err := os.ReadFile(filepath.Join("testdata", "numpy.npz"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(npzBytes(f, map[string][]byte{"x.npy": npyBytes(header("<f4", "(2,)"), make([]byte, 8))}))
	path := filepath.Join(f.TempDir(), "x.npz")
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
		_ = eachNpz(path, func(_ string, h *npyHeader, r io.Reader) error {
			_, err := h.column(r)
			return err
		})
	})
}
