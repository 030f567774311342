package ckpt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// file builds a safetensors file from a header and a number of data bytes.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	return append(b, make([]byte, data)...)
}

func TestReadsPythonsFile(t *testing.T) {
	ts, meta, err := ReadSafetensors("testdata/python.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"format": "np", "who": "<émile>"}; !reflect.DeepEqual(meta, want) {
		t.Errorf("metadata %v, expected %v", meta, want)
	}
	by := map[string]Tensor{}
	for _, x := range ts {
		by[x.Name] = x
	}
	w, err := by["encoder.dense.weight"].Float32()
	if err != nil || !slices.Equal(w, []float32{0, .25, .5, .75, 1, 1.25}) || !slices.Equal(by["encoder.dense.weight"].Shape, []int{2, 3}) {
		t.Errorf("weight %v %v", w, err)
	}
	h, err := by["half"].Float32()
	if err != nil || !slices.Equal(h, []float32{1, -2, 65504, 1.0 / (1 << 24), float32(math.Inf(1))}) {
		t.Errorf("half %v %v", h, err)
	}
	if c := by["count"]; c.DType != "I64" || len(c.Shape) != 0 || binary.LittleEndian.Uint64(c.Data) != 7 {
		t.Errorf("count %+v", c)
	}
	if m := by["mask"]; m.DType != "BOOL" || !bytes.Equal(m.Data, []byte{1, 0, 1}) {
		t.Errorf("mask %+v", m)
	}
	if n := by["none"]; len(n.Data) != 0 || !slices.Equal(n.Shape, []int{0, 3}) {
		t.Errorf("none %+v", n)
	}

	// Written again it is Python's file but for the order of the metadata,
	// where Python's follows a hash map.
	var out bytes.Buffer
	if err := Encode(&out, ts, meta); err != nil {
		t.Fatal(err)
	}
	python, _ := os.ReadFile("testdata/python.safetensors")
	sortBytes := func(b []byte) []byte { b = slices.Clone(b); slices.Sort(b); return b }
	if !bytes.Equal(sortBytes(out.Bytes()), sortBytes(python)) {
		t.Errorf("we write\n%q\nPython wrote\n%q", out.Bytes(), python)
	}
}

func drawTensors(t *rapid.T) []Tensor {
	var dtypes []string
	for d := range dtypeSize {
		dtypes = append(dtypes, d)
	}
	slices.Sort(dtypes)
	names := rapid.SliceOfNDistinct(rapid.StringN(0, 12, -1), 0, 8, rapid.ID[string]).Draw(t, "names")
	var ts []Tensor
	for _, n := range names {
		if n == "__metadata__" {
			continue
		}
		x := Tensor{Name: n, DType: rapid.SampledFrom(dtypes).Draw(t, "dtype"), Shape: []int{}}
		x.Shape = append(x.Shape, rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")...)
		size, err := byteCount(x.DType, x.Shape)
		if err != nil {
			t.Fatal(err)
		}
		x.Data = rapid.SliceOfN(rapid.Byte(), int(size), int(size)).Draw(t, "data")
		ts = append(ts, x)
	}
	return ts
}

func TestSafetensorsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := drawTensors(t)
		meta := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "meta")
		var a, b bytes.Buffer
		if err := Encode(&a, ts, meta); err != nil {
			t.Fatal(err)
		}
		slices.Reverse(ts)
		if err := Encode(&b, ts, meta); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatal("the bytes depend on the order of the tensors")
		}
		if n := binary.LittleEndian.Uint64(a.Bytes()); n%8 != 0 {
			t.Fatalf("header of %d bytes is not aligned", n)
		}
		got, gotMeta, err := Decode(a.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if len(meta) != len(gotMeta) || len(meta) > 0 && !reflect.DeepEqual(meta, gotMeta) {
			t.Fatalf("metadata %q, expected %q", gotMeta, meta)
		}
		byName := func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) }
		slices.SortFunc(ts, byName)
		slices.SortFunc(got, byName)
		if len(ts) != len(got) {
			t.Fatalf("%d tensors, expected %d", len(got), len(ts))
		}
		for i := range ts {
			if x, y := ts[i], got[i]; x.Name != y.Name || x.DType != y.DType || !slices.Equal(x.Shape, y.Shape) || !bytes.Equal(x.Data, y.Data) {
				t.Fatalf("%+v, expected %+v", y, x)
			}
		}
	})
}

func TestFloatsKeepEveryBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SliceOf(rapid.Uint32()).Draw(t, "bits")
		x := make([]float32, len(bits))
		for i, b := range bits {
			x[i] = math.Float32frombits(b)
		}
		got, err := FromFloat32("x", []int{len(x)}, x).Float32()
		if err != nil {
			t.Fatal(err)
		}
		for i := range bits {
			if math.Float32bits(got[i]) != bits[i] {
				t.Fatalf("%x became %x", bits[i], math.Float32bits(got[i]))
			}
		}
		y := rapid.SliceOf(rapid.Float64()).Draw(t, "f64")
		if back, err := FromFloat64("y", []int{len(y)}, y).Float64(); err != nil || !slices.Equal(back, y) {
			t.Fatal(back, err)
		}
	})
	bf := Tensor{Name: "b", DType: "BF16", Shape: []int{2}, Data: []byte{0x80, 0x3f, 0x20, 0xc0}}
	if x, err := bf.Float32(); err != nil || !slices.Equal(x, []float32{1, -2.5}) {
		t.Error(x, err)
	}
	if _, err := FromFloat64("x", []int{1}, []float64{1}).Float32(); err == nil {
		t.Error("F64 was narrowed silently")
	}
	if _, err := FromFloat32("x", []int{3}, []float32{1}).Float32(); err == nil {
		t.Error("a shape that is not the data's was accepted")
	}
}

func TestRefusedFiles(t *testing.T) {
	const ok = `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`
	if _, _, err := Decode(file(ok, 8)); err != nil {
		t.Fatal(err)
	}
	one := func(s string) string { return `{"a":` + s + `}` }
	two := func(b string) string {
		return `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":` + b + `}}`
	}
	huge := binary.LittleEndian.AppendUint64(nil, math.MaxUint64)
	long := binary.LittleEndian.AppendUint64(nil, 50_000_000)
	for _, c := range []struct {
		b    []byte
		want string
	}{
		{nil, "at least 8"},
		{[]byte("short"), "at least 8"},
		{[]byte("PK\x03\x04 and more of a zip"), "PyTorch pickle"},
		{[]byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9"), "PyTorch pickle"},
		{huge, "above the limit"},
		{long, "cut short"},
		{file(``, 0), "not a JSON object"},
		{file(` {}`, 0), "not a JSON object"},
		{file(`[]`, 0), "not a JSON object"},
		{file(`{}{}`, 0), "not a JSON object"},
		{file("{\"\xff\":1}", 0), "not UTF-8"},
		{file(`{}`, 1), "belong to no tensor"},
		{file(ok, 9), "belong to no tensor"},
		{file(ok, 7), "cut short"},
		{file(one(`1`), 0), "not an object"},
		{file(one(`{}`), 0), "dtype is missing"},
		{file(one(`{"dtype":"F32","shape":[]}`), 0), "data_offsets is missing"},
		{file(one(`{"dtype":"F33","shape":[],"data_offsets":[0,4]}`), 4), "unknown dtype"},
		{file(one(`{"dtype":3,"shape":[],"data_offsets":[0,4]}`), 4), "dtype is not a string"},
		{file(one(`{"Dtype":"F32","shape":[],"data_offsets":[0,4]}`), 4), "unknown key"},
		{file(one(`{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}`), 4), "appears twice"},
		{file(one(`{"dtype":"F32","shape":3,"data_offsets":[0,4]}`), 4), "not a list"},
		{file(one(`{"dtype":"F32","shape":[[]],"data_offsets":[0,4]}`), 4), "something else than a number"},
		{file(one(`{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}`), 4), "not a whole number"},
		{file(one(`{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}`), 4), "not a whole number"},
		{file(one(`{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}`), 4), "overflows"},
		{file(one(`{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}`), 0), "overflows"},
		{file(one(`{"dtype":"F32","shape":[3],"data_offsets":[0,8]}`), 8), "is 12 bytes"},
		{file(one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}`), 4), "3 numbers"},
		{file(one(`{"dtype":"F32","shape":[1],"data_offsets":[4,0]}`), 4), "run backwards"},
		{file(one(`{"dtype":"F32","shape":[1],"data_offsets":[4,8]}`), 8), "gap"},
		{file(two(`[4,8]`), 8), "overlap"},
		{file(two(`[12,16]`), 16), "gap"},
		{file(two(`[8,12]`), 8), "cut short"},
		{file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0), "appears twice"},
		{file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0), "appears twice"},
		{file(`{"__metadata__":3}`, 0), "not an object"},
		{file(`{"__metadata__":{"k":3}}`, 0), "not a string"},
		{file(`{"__metadata__":{"k":"","k":""}}`, 0), "appears twice"},
		{file(one(strings.Repeat("[", 20000)+strings.Repeat("]", 20000)), 0), "not a JSON object"},
	} {
		_, _, err := Decode(c.b)
		var fe *FormatError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.90q: %v, expected %q", c.b, err, c.want)
		}
		path := filepath.Join(t.TempDir(), "x.safetensors")
		if err := os.WriteFile(path, c.b, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err2 := ReadSafetensors(path); err2 == nil || err2.Error() != path+": "+err.Error() {
			t.Errorf("from a file: %v, expected %v", err2, err)
		}
	}
}

// TestEveryHeaderLength meets the lengths whose bytes begin like other formats.
func TestEveryHeaderLength(t *testing.T) {
	for n := 8; n < 1<<11; n += 8 {
		b := file("{}"+strings.Repeat(" ", n-2), 0)
		if _, _, err := Decode(b); err != nil {
			t.Errorf("header of %d bytes: %v", n, err)
		}
	}
	if _, err := headerLength([]byte("PK\x03\x04\x00\x00\x00\x00"), 1<<30); err != nil {
		t.Error(err)
	}
}

func TestEncodeRefuses(t *testing.T) {
	x := FromFloat32("x", nil, []float32{1})
	for _, c := range []struct {
		ts   []Tensor
		meta map[string]string
		want string
	}{
		{[]Tensor{x, x}, nil, "two tensors"},
		{[]Tensor{{Name: "__metadata__", DType: "U8", Data: []byte{1}}}, nil, "cannot be written"},
		{[]Tensor{{Name: "\xff", DType: "U8", Data: []byte{1}}}, nil, "cannot be written"},
		{[]Tensor{{Name: "a", DType: "f32", Data: []byte{1}}}, nil, "unknown dtype"},
		{[]Tensor{{Name: "a", DType: "U8", Shape: []int{-1}}}, nil, "negative"},
		{[]Tensor{{Name: "a", DType: "U8", Shape: []int{2}, Data: []byte{1}}}, nil, "is 2 bytes, found 1"},
		{nil, map[string]string{"a": "\xff"}, "not UTF-8"},
	} {
		var b bytes.Buffer
		if err := Encode(&b, c.ts, c.meta); err == nil || !strings.Contains(err.Error(), c.want) || b.Len() > 0 {
			t.Errorf("%v: %v with %d bytes, expected %q", c.ts, err, b.Len(), c.want)
		}
	}
}

func TestReadRefusesWhatIsNoFile(t *testing.T) {
	if _, _, err := ReadSafetensors(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
	if _, _, err := ReadSafetensors(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func FuzzSafetensors(f *testing.F) {
	python, err := os.ReadFile("testdata/python.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(python)
	f.Add(file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8))
	f.Add(file(`{"__metadata__":{"k":"v"},"a":{"dtype":"U8","shape":[0,9],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		ts, meta, err := Decode(b)
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := Encode(&first, ts, meta); err != nil {
			t.Fatalf("read but cannot write: %v", err)
		}
		ts, meta, err = Decode(first.Bytes())
		if err != nil {
			t.Fatalf("cannot read what we wrote: %v", err)
		}
		if err := Encode(&second, ts, meta); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Fatalf("not stable: %v", err)
		}
	})
}

func ExampleTensor() {
	x := FromFloat32("decoder.dense.bias", []int{2}, []float32{0.5, -1})
	fmt.Println(x.Name, x.DType, shapeText(x.Shape), len(x.Data))
	// Output: decoder.dense.bias F32 [2] 8
}
