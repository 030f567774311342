package ckpt

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// sample is a state that differs in every file for each v.
func sample(v float32) State {
	run, _ := json.Marshal(map[string]float32{"epoch": v})
	return State{
		Model: []Tensor{
			FromFloat32("encoder.dense.weight", []int{2, 2}, []float32{v, 2, 3, 4}),
			FromFloat32("encoder.dense.bias", []int{2}, []float32{v, 6}),
		},
		Optimizer: []Tensor{
			FromFloat32("adam.m/encoder.dense.bias", []int{2}, []float32{v, 8}),
			FromFloat64("sum/loss", nil, []float64{float64(v)}),
		},
		Run: run,
	}
}

// same compares states whatever the order of their tensors.
func same(a, b *State) bool {
	x, err := encodings(a)
	y, err2 := encodings(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

func encodings(s *State) ([]byte, error) {
	var b bytes.Buffer
	err := errors.Join(Encode(&b, s.Model, nil), Encode(&b, s.Optimizer, nil))
	b.Write(s.Run)
	return b.Bytes(), err
}

func mustSave(t *testing.T, dir string, step int, v float32) string {
	t.Helper()
	path, err := Save(dir, step, sample(v))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// holds demands that the checkpoint at path is sample(v).
func holds(t *testing.T, path string, step int, v float32) {
	t.Helper()
	got, n, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := sample(v)
	if n != step || !same(got, &want) {
		t.Fatalf("%s holds step %d, %s; expected step %d, %s", path, n, got.Run, step, want.Run)
	}
	if err := Verify(path); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestSaveLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "checkpoints")
	path := mustSave(t, dir, 100, 1)
	if path != filepath.Join(dir, "step_100") {
		t.Error(path)
	}
	holds(t, path, 100, 1)
	holds(t, path+"/", 100, 1)
	mustSave(t, dir, 20, 2)
	mustSave(t, dir, 100, 3) // the same step again
	holds(t, path, 100, 3)
	list, err := List(dir)
	if err != nil || len(list) != 2 || list[0].Step != 20 || list[1].Step != 100 || list[1].Path != path {
		t.Error(list, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"step_100", "step_20"}) {
		t.Error(got)
	}
	if list, err := List(filepath.Join(dir, "nowhere")); err != nil || list != nil {
		t.Error(list, err)
	}
	t.Run("under its folder's own name", func(t *testing.T) {
		t.Chdir(path)
		holds(t, ".", 100, 3)
	})
	t.Run("copied elsewhere", func(t *testing.T) {
		other := filepath.Join(t.TempDir(), "mine")
		if err := os.CopyFS(other, os.DirFS(path)); err != nil {
			t.Fatal(err)
		}
		holds(t, other, 100, 3)
	})
	if _, err := Save(dir, -1, sample(1)); err == nil {
		t.Error("a negative step was saved")
	}
}

func TestSaveRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		run, err := json.MarshalIndent(rapid.MapOf(rapid.String(), rapid.Float64()).Draw(t, "run"), "", rapid.SampledFrom([]string{"", " "}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		s := State{Model: drawTensors(t), Optimizer: drawTensors(t), Run: run}
		step := rapid.IntRange(0, 3).Draw(t, "step")
		path, err := Save(dir, step, s)
		if err != nil {
			t.Fatal(err)
		}
		got, n, err := Load(path)
		if err != nil || n != step || !same(got, &s) {
			t.Fatalf("%d %+v %v, expected %+v", n, got, err, s)
		}
	})
}

func TestRunIsOptionalButJSON(t *testing.T) {
	dir := t.TempDir()
	path, err := Save(dir, 1, State{})
	if err != nil {
		t.Fatal(err)
	}
	if s, _, err := Load(path); err != nil || s.Run != nil || len(s.Model)+len(s.Optimizer) != 0 {
		t.Error(s, err)
	}
	if _, err := Save(dir, 2, State{Run: json.RawMessage(`{"a":`)}); err == nil {
		t.Error("broken JSON was saved")
	}
	if got := names(t, dir); !slices.Equal(got, []string{"step_1"}) {
		t.Error(got)
	}
}

func TestSaveLeavesStrangersAlone(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"file":    func(p string) error { return os.WriteFile(p, []byte("x"), 0o644) },
		"foreign": func(p string) error { return errors.Join(os.Mkdir(p, 0o755), os.WriteFile(p+"/notes.txt", nil, 0o644)) },
		"link":    func(p string) error { return os.Symlink("/tmp", p) },
	} {
		dir := t.TempDir()
		if err := make(filepath.Join(dir, "step_5")); err != nil {
			t.Fatal(err)
		}
		if _, err := Save(dir, 5, sample(1)); err == nil || !strings.Contains(err.Error(), "in the way") {
			t.Errorf("%s: %v", name, err)
		}
		if got := names(t, dir); !slices.Equal(got, []string{"step_5"}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// budget fails like a full disk once n bytes have gone through it.
type budget struct {
	w io.Writer
	n *int
}

func (b budget) Write(p []byte) (int, error) {
	if len(p) > *b.n {
		n, _ := b.w.Write(p[:*b.n])
		*b.n = 0
		return n, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	*b.n -= len(p)
	return b.w.Write(p)
}

// TestFullDisk runs out of space after every possible number of bytes.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 1, 1)
	mustSave(t, dir, 2, 2)
	want := names(t, dir)
	for _, step := range []int{2, 3} {
		for size := 0; ; size += 7 {
			left := size
			h := hooks{wrap: func(_ string, w io.Writer) io.Writer { return budget{w, &left} }}
			path, err := h.save(dir, step, sample(9))
			if err == nil {
				if size < 500 {
					t.Fatalf("saved with %d bytes of space", size)
				}
				holds(t, path, step, 9)
				break
			}
			if !errors.Is(err, syscall.ENOSPC) || path != "" {
				t.Fatalf("%q, %v", path, err)
			}
			if got := names(t, dir); !slices.Equal(got, want) {
				t.Fatalf("after %d bytes: %v, expected %v", size, got, want)
			}
			holds(t, filepath.Join(dir, "step_2"), 2, 2)
		}
		mustSave(t, dir, 2, 2)
	}
	holds(t, filepath.Join(dir, "step_1"), 1, 1)
}

// TestShortWrite is a disk that swallows bytes without an error.
func TestShortWrite(t *testing.T) {
	dir := t.TempDir()
	h := hooks{wrap: func(string, io.Writer) io.Writer { return io.Discard }}
	if _, err := h.save(dir, 1, sample(1)); err == nil || !strings.Contains(err.Error(), "the disk holds 0") {
		t.Error(err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Error(got)
	}
}

// TestErrorAtEveryFailpoint demands that an error undoes the save.
func TestErrorAtEveryFailpoint(t *testing.T) {
	stop := errors.New("stop")
	for _, point := range saveSteps {
		dir := t.TempDir()
		mustSave(t, dir, 1, 1)
		mustSave(t, dir, 2, 2)
		if err := SetLink(dir, "last", "step_2"); err != nil {
			t.Fatal(err)
		}
		want, reached := names(t, dir), map[string]bool{}
		for _, step := range []int{2, 3} {
			h := hooks{at: func(s string) error {
				reached[s] = true
				if s == point {
					return stop
				}
				return nil
			}}
			_, err := h.save(dir, step, sample(9))
			if !reached[point] {
				if step == 2 {
					t.Errorf("%q is never reached", point)
				}
				continue
			}
			if point == "old removed" { // after the save has happened
				if err != nil {
					t.Error(err)
				}
				break
			}
			if !errors.Is(err, stop) {
				t.Errorf("%s: %v", point, err)
			}
			if got := names(t, dir); !slices.Equal(got, want) {
				t.Errorf("%s: %v, expected %v", point, got, want)
			}
			holds(t, filepath.Join(dir, "step_1"), 1, 1)
			holds(t, filepath.Join(dir, "last"), 2, 2)
			clear(reached)
		}
	}
}

func TestFailpointsAreAllListed(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 1, 1)
	var got []string
	h := hooks{at: func(s string) error { got = append(got, s); return nil }}
	if _, err := h.save(dir, 1, sample(2)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, saveSteps) {
		t.Errorf("steps %q, listed %q", got, saveSteps)
	}
}
