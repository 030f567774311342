package ckpt

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestLoadWeights(t *testing.T) {
	dir := t.TempDir()
	path := mustSave(t, dir, 1, 7)
	if err := SetLink(dir, "best", "step_1"); err != nil {
		t.Fatal(err)
	}
	want, err := LoadWeights(filepath.Join(path, modelFile))
	if err != nil || len(want) != 2 {
		t.Fatal(want, err)
	}
	for _, p := range []string{path, filepath.Join(dir, "best")} {
		if got, err := LoadWeights(p); err != nil || !reflect.DeepEqual(got, want) {
			t.Error(p, got, err)
		}
	}
	var nf *NotFoundError
	if _, err := LoadWeights(filepath.Join(dir, "none")); !errors.As(err, &nf) {
		t.Error(err)
	}
	if err := os.Truncate(filepath.Join(path, modelFile), 40); err != nil {
		t.Fatal(err)
	}
	var ce *CorruptError
	if _, err := LoadWeights(path); !errors.As(err, &ce) {
		t.Error(err)
	}
	var fe *FormatError
	if _, err := LoadWeights(filepath.Join(path, modelFile)); !errors.As(err, &fe) {
		t.Error(err)
	}
}

func TestWriteSafetensors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	want := []Tensor{FromFloat32("a", []int{2}, []float32{1, 2})}
	if err := WriteSafetensors(path, want, map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	got, meta, err := ReadSafetensors(path)
	if err != nil || !reflect.DeepEqual(got, want) || meta["k"] != "v" {
		t.Error(got, meta, err)
	}
}

// TestReadShapes: names, types and shapes of a file and of a folder, without the data.
func TestReadShapes(t *testing.T) {
	path := mustSave(t, t.TempDir(), 1, 7)
	want, err := LoadWeights(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].Data = nil
	}
	for _, p := range []string{path, filepath.Join(path, modelFile)} {
		if got, err := ReadShapes(p); err != nil || !reflect.DeepEqual(got, want) {
			t.Error(p, got, err)
		}
	}
	if _, err := ReadShapes(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := os.Truncate(filepath.Join(path, modelFile), 40); err != nil {
		t.Fatal(err)
	}
	var fe *FormatError
	if _, err := ReadShapes(path); !errors.As(err, &fe) {
		t.Error(err)
	}
}

// TestMatchSome: what is left over is no fault, and may be the name that was meant.
func TestMatchSome(t *testing.T) {
	file := []Tensor{FromFloat32("a.weight", []int{2}, []float32{1, 2}), FromFloat32("module.b.weight", []int{1}, []float32{1}), FromFloat32("c", []int{1}, []float32{1})}
	param := func(name string, shape ...int) Param { return Param{name, shape, "F32"} }
	if err := MatchSome([]Param{param("a.weight", 2)}, file); err != nil {
		t.Error(err)
	}
	if err := MatchSome(nil, file); err != nil {
		t.Error(err)
	}
	err := MatchSome([]Param{param("b.weight", 1), param("a.weight", 3)}, file)
	const want = "the weights do not fit the model:\n  a.weight: shape [3] here, [2] in the file\n  b.weight: not in the file (nearest there: module.b.weight)"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestMatch(t *testing.T) {
	tensor := func(name string, shape ...int) Tensor {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return FromFloat32(name, shape, make([]float32, n))
	}
	have := []Param{
		{"encoder.dense.weight", []int{4, 7}, "F32"},
		{"encoder.dense.bias", []int{4}, "F32"},
		{"decoder.dense.weight", []int{7, 4}, "F32"},
		{"decoder.dense.bias", []int{7}, "F32"},
		{"logvar", nil, "F32"},
	}
	all := []Tensor{
		tensor("logvar"), tensor("decoder.dense.bias", 7), tensor("decoder.dense.weight", 7, 4),
		tensor("encoder.dense.bias", 4), tensor("encoder.dense.weight", 4, 7),
	}
	if err := Match(have, all); err != nil {
		t.Error(err)
	}
	half := Tensor{Name: "encoder.dense.bias", DType: "F16", Shape: []int{4}, Data: make([]byte, 8)}
	err := Match(have, []Tensor{
		half, tensor("encoder.dense.weight", 3, 7), tensor("module.decoder.dense.weight", 7, 4),
		tensor("decoder.dens.bias", 7), tensor("unrelated"),
	})
	want := strings.Join([]string{
		"the weights do not fit the model:",
		"  encoder.dense.bias: dtype F32 here, F16 in the file",
		"  encoder.dense.weight: shape [4,7] here, [3,7] in the file",
		"  decoder.dense.bias: not in the file (nearest there: decoder.dens.bias)",
		"  decoder.dense.weight: not in the file (nearest there: module.decoder.dense.weight)",
		"  logvar: not in the file",
		"  decoder.dens.bias: in the file, not in the model (nearest there: decoder.dense.bias)",
		"  module.decoder.dense.weight: in the file, not in the model (nearest there: decoder.dense.weight)",
		"  unrelated: in the file, not in the model",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("%v\nexpected\n%s", err, want)
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"abc", "abc", 0}, {"flaw", "lawn", 2}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("%s %s: %d", c.a, c.b, got)
		}
	}
}
