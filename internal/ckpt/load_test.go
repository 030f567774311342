package ckpt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEveryFlippedByteIsFound flips each byte of each file in turn.
func TestEveryFlippedByteIsFound(t *testing.T) {
	dir := t.TempDir()
	good := mustSave(t, dir, 100, 1)
	bad := mustSave(t, dir, 200, 2)
	for _, file := range []string{modelFile, optimizerFile, stateFile} {
		path := filepath.Join(bad, file)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range whole {
			b := slices.Clone(whole)
			b[i] ^= 0x04
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
			_, _, err := Load(bad)
			var ce *CorruptError
			if !errors.As(err, &ce) {
				t.Fatalf("%s, byte %d: %v", file, i, err)
			}
			reason := "sha256"
			if seal := len(whole) - sealSize; file == stateFile &&
				(i >= seal && i < seal+len(sealStart) || i >= len(whole)-len(sealEnd)) {
				reason = "does not end in its sha256: cut short, or not a gotrain checkpoint"
			}
			if ce.Path != bad || ce.File != file || ce.Reason != reason || ce.Previous != good {
				t.Fatalf("byte %d: %+v", i, ce)
			}
			if verr := Verify(bad); verr == nil || verr.Error() != err.Error() {
				t.Fatalf("Verify: %v, Load: %v", verr, err)
			}
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
		holds(t, bad, 200, 2)
	}
}

func TestCorruptionTable(t *testing.T) {
	edit := func(file string, f func(b []byte) []byte) func(dir string) error {
		return func(dir string) error {
			b, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, file), f(b), 0o644)
		}
	}
	cut := func(b []byte) []byte { return b[:len(b)-1] }
	grow := func(b []byte) []byte { return append(b, 0) }
	empty := func([]byte) []byte { return nil }
	zeros := func(b []byte) []byte { clear(b); return b }
	remove := func(file string) func(string) error {
		return func(dir string) error { return os.Remove(filepath.Join(dir, file)) }
	}
	for _, c := range []struct {
		name   string
		damage func(dir string) error
		want   string
	}{
		{"model cut", edit(modelFile, cut), "model.safetensors: size"},
		{"model longer", edit(modelFile, grow), "model.safetensors: size"},
		{"model zeroed", edit(modelFile, zeros), "model.safetensors: sha256"},
		{"model gone", remove(modelFile), "model.safetensors: is missing"},
		{"optimizer empty", edit(optimizerFile, empty), "optimizer.safetensors: size 0, expected"},
		{"optimizer gone", remove(optimizerFile), "optimizer.safetensors: is missing"},
		{"state cut", edit(stateFile, cut), "state.json: does not end in its sha256"},
		{"state longer", edit(stateFile, grow), "state.json: does not end in its sha256"},
		{"state empty", edit(stateFile, empty), "state.json: does not end in its sha256"},
		{"state zeroed", edit(stateFile, zeros), "state.json: does not end in its sha256"},
		{"state gone", remove(stateFile), "state.json: is missing"},
		{"model a folder", func(d string) error {
			return errors.Join(remove(modelFile)(d), os.Mkdir(filepath.Join(d, modelFile), 0o755))
		}, "not a regular file"},
		{"model a link away", func(d string) error {
			return errors.Join(remove(modelFile)(d), os.Symlink("/etc/passwd", filepath.Join(d, modelFile)))
		}, "not a regular file"},
		{"model of another step", func(d string) error {
			b, err := os.ReadFile(filepath.Join(filepath.Dir(d), "step_100", modelFile))
			return errors.Join(err, os.WriteFile(filepath.Join(d, modelFile), b, 0o644))
		}, "model.safetensors: sha256"},
		{"folder of another step", func(d string) error {
			return errors.Join(os.RemoveAll(d), os.CopyFS(d, os.DirFS(filepath.Join(filepath.Dir(d), "step_100"))))
		}, "state.json: step 100, expected 200"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			mustSave(t, dir, 50, 0)
			good, bad := mustSave(t, dir, 100, 1), mustSave(t, dir, 200, 2)
			if err := SetLink(dir, "last", "step_200"); err != nil {
				t.Fatal(err)
			}
			if err := c.damage(bad); err != nil {
				t.Fatal(err)
			}
			_, _, err := Load(filepath.Join(dir, "last"))
			if err == nil || !strings.HasPrefix(err.Error(), bad+" is damaged (") ||
				!strings.Contains(err.Error(), c.want) || !strings.HasSuffix(err.Error(), "): use --ckpt_path "+good) {
				t.Errorf("%v, expected %q", err, c.want)
			}
			// Written again it is whole again, unless someone else has put
			// something into it.
			if !onlyOurs(bad) {
				if _, err := Save(dir, 200, sample(3)); err == nil || !strings.Contains(err.Error(), "in the way") {
					t.Error(err)
				}
				return
			}
			mustSave(t, dir, 200, 3)
			holds(t, filepath.Join(dir, "last"), 200, 3)
		})
	}
}

func TestNoOtherWholeCheckpoint(t *testing.T) {
	dir := t.TempDir()
	for step := range 2 {
		path := mustSave(t, dir, step, 1)
		if err := os.Truncate(filepath.Join(path, modelFile), 3); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := Load(filepath.Join(dir, "step_1"))
	var ce *CorruptError
	if !errors.As(err, &ce) || ce.Previous != "" || !strings.HasSuffix(err.Error(), "no other checkpoint in "+dir+" is whole") {
		t.Error(err)
	}
}

func TestNewerFormat(t *testing.T) {
	dir := t.TempDir()
	path := mustSave(t, dir, 1, 1)
	b, err := os.ReadFile(filepath.Join(path, stateFile))
	if err != nil {
		t.Fatal(err)
	}
	// Sealed anew, as a later program would.
	body := bytes.Replace(b[:len(b)-sealSize], []byte(`"version": 1`), []byte(`"version": 2`), 1)
	if err := os.WriteFile(filepath.Join(path, stateFile), sealed(body), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, err = Load(path)
	var ve *VersionError
	if !errors.As(err, &ve) || ve.Found != 2 || ve.Path != path {
		t.Error(err)
	}
}

func TestNotFound(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 1, 1)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("step_9", filepath.Join(dir, "best")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "step_7"):    "; there are step_1",
		filepath.Join(dir, "x", "y"):    "no checkpoint at",
		file:                            "it is a file",
		filepath.Join(dir, "best"):      "the link points to step_9, which is missing",
		filepath.Join(dir, "last"):      "; there are step_1",
		filepath.Join(file, "step_100"): "not a directory",
	} {
		_, _, err := Load(path)
		var nf *NotFoundError
		if err == nil || !strings.Contains(err.Error(), want) || want != "not a directory" && !errors.As(err, &nf) {
			t.Errorf("%s: %v, expected %q", path, err, want)
		}
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(loop); err == nil {
		t.Error("a loop of links was followed")
	}
}

func FuzzManifest(f *testing.F) {
	b, err := encodeManifest(3, []byte(`{"epoch": 1}`), map[string]fileEntry{modelFile: {}, optimizerFile: {}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, false)
	f.Add(b[:len(b)-sealSize], true)
	f.Fuzz(func(t *testing.T, b []byte, seal bool) {
		if seal { // gets the fuzzer past the hash
			b = sealed(b)
		}
		if m, err := decodeManifest(b); err == nil && m.Format != formatName {
			t.Fatal("accepted", m)
		}
	})
}
