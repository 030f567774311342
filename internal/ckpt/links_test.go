package ckpt

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLinks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "checkpoints")
	mustSave(t, dir, 1, 1)
	two := mustSave(t, dir, 2, 2)
	for _, target := range []string{"step_1", "step_2"} {
		if err := SetLink(dir, "last", target); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.Readlink(filepath.Join(dir, "last")); got != target {
			t.Errorf("link to %q, expected the relative %q", got, target)
		}
	}
	for _, ref := range []string{"last", "step_2", two, filepath.Join(dir, "last")} {
		if got, err := Resolve(dir, ref); err != nil || got != two {
			t.Errorf("%s: %q, %v", ref, got, err)
		}
	}
	var nf *NotFoundError
	for _, ref := range []string{"best", "step_3", "elsewhere"} {
		if _, err := Resolve(dir, ref); !errors.As(err, &nf) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if err := SetLink(dir, "last", "step_3"); !errors.As(err, &nf) {
		t.Error(err)
	}
	for _, c := range [][2]string{{"first", "step_1"}, {"best", "../step_1"}, {"best", "step_01"}, {"best", "best"}} {
		if err := SetLink(dir, c[0], c[1]); err == nil {
			t.Errorf("%s -> %s was made", c[0], c[1])
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "best"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := SetLink(dir, "best", "step_1"); err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Error(err)
	}

	// A run folder may be moved.
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	holds(t, filepath.Join(moved, "last"), 2, 2)
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	for i := 1; i <= 6; i++ {
		mustSave(t, dir, i, float32(i))
	}
	for link, to := range map[string]string{"best": "step_2", "last": "step_6"} {
		if err := SetLink(dir, link, to); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("step_1", filepath.Join(dir, "mine")); err != nil {
		t.Fatal(err)
	}
	// None of these is ours to remove.
	for _, d := range []string{"step_0", "step_03", "step_x", "notes", ".tmp-notes", ".tmp-step_9"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "step_5", "why.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, ".tmp-step_9-1-0123abcd"), 0o755); err != nil { // this is
		t.Fatal(err)
	}
	removed, err := Prune(dir, func(step int) bool { return step == 3 })
	if err != nil || !slices.Equal(removed, []string{filepath.Join(dir, "step_4")}) {
		t.Error(removed, err)
	}
	want := []string{
		".tmp-notes", ".tmp-step_9", "best", "last", "mine", "notes", "step_0", "step_03",
		"step_1", "step_2", "step_3", "step_5", "step_6", "step_x",
	}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("%v, expected %v", got, want)
	}
	if removed, err := Prune(filepath.Join(dir, "nowhere"), nil); err != nil || removed != nil {
		t.Error(removed, err)
	}
}

func TestPruneKeepsTheOneBeforeUntilTheNewestIsProved(t *testing.T) {
	dir := t.TempDir()
	for i := 1; i <= 4; i++ {
		mustSave(t, dir, i, float32(i))
	}
	for _, bad := range []string{"step_4", "step_3", "step_1"} {
		if err := os.Truncate(filepath.Join(dir, bad, modelFile), 9); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Prune(dir, nil); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"step_2", "step_3", "step_4"}) {
		t.Error(got)
	}
	mustSave(t, dir, 4, 4)
	if _, err := Prune(dir, nil); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"step_4"}) {
		t.Error(got)
	}
}
