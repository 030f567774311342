package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gotrain/internal/config"
)

// tiny is a set of the real names with 40 training and 10 test images.
func tiny() (mnistSet, map[string][]byte) {
	files := mnistFiles()
	content := map[string][]byte{}
	for _, s := range []struct {
		pair *[2]idxFile
		n    int
	}{{&files.train, 40}, {&files.test, 10}} {
		for i, b := range [][]byte{imagesOf(s.n), labelsOf(s.n)} {
			w := &s.pair[i]
			sum := sha256.Sum256(b)
			w.sha256, w.size = hex.EncodeToString(sum[:]), int64(len(b))
			content[w.name] = b
		}
	}
	return files, content
}

// lonely is a fetcher that finds nothing anywhere.
func lonely(dir string) *fetcher {
	return &fetcher{dir: dir, client: &http.Client{}, mirrors: []string{"http://127.0.0.1:1/"}, pack: mnistPack, first: time.Second, stall: time.Second}
}

func fill(t *testing.T, dir string, content map[string][]byte, suffix string, change func([]byte) []byte) {
	t.Helper()
	for name, b := range content {
		write(t, filepath.Join(dir, name+suffix), change(b))
	}
}

func asIs(b []byte) []byte { return b }

func TestMNISTFromAFolder(t *testing.T) {
	files, content := tiny()
	for _, c := range []struct {
		name, under, suffix string
		change              func([]byte) []byte
	}{{"plain", "", "", asIs}, {"compressed", "", ".gz", zip}, {"torchvision's", "MNIST/raw", "", asIs}} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, filepath.Join(dir, c.under), content, c.suffix, c.change)
			s, err := openMNISTFrom(context.Background(), config.Data{Source: "mnist", Dir: dir, Split: map[string]int{"val": 15}}, Options{}, files, lonely(t.TempDir()))
			if err != nil {
				t.Fatal(err)
			}
			if s.Train.Len() != 25 || s.Val.Len() != 15 || s.Test.Len() != 10 || len(s.Notes) != 0 {
				t.Errorf("%d %d %d %q", s.Train.Len(), s.Val.Len(), s.Test.Len(), s.Notes)
			}
			if s.Hashes["train-images-idx3-ubyte"] != files.train[0].sha256 {
				t.Errorf("%v", s.Hashes)
			}
			b := all(t, s.Val)
			if b.Int["label"][0] != 25%10 || b.Float["image"][0] != float32(7)/255 {
				t.Errorf("val starts with %d", b.Int["label"][0])
			}
		})
	}
}

func TestMNISTFolderNotes(t *testing.T) {
	files, content := tiny()
	t.Run("other files of the names", func(t *testing.T) {
		dir := t.TempDir()
		fill(t, dir, content, "", asIs)
		write(t, filepath.Join(dir, files.test[1].name), append(labelsOf(10)[:17], 3))
		s, err := openMNISTFrom(context.Background(), config.Data{Source: "mnist", Dir: dir}, Options{}, files, lonely(t.TempDir()))
		if err != nil || len(s.Notes) != 2 || !strings.Contains(s.Notes[1], "not MNIST's well-known file") {
			t.Errorf("%v %+v", err, s)
		}
	})
	t.Run("an empty folder gives way to the cache", func(t *testing.T) {
		cache := t.TempDir()
		fill(t, cache, content, "", asIs)
		s, err := openMNISTFrom(context.Background(), config.Data{Source: "mnist", Dir: t.TempDir()}, Options{}, files, lonely(cache))
		if err != nil || s.Train.Len() != 40 || !slices.ContainsFunc(s.Notes, func(n string) bool { return strings.Contains(n, "has no MNIST files") }) {
			t.Errorf("%v %+v", err, s)
		}
	})
}

func TestMNISTFolderFaults(t *testing.T) {
	files, content := tiny()
	for _, c := range []struct {
		name  string
		spoil func(dir string)
		want  []string
	}{
		{"truncated", func(dir string) {
			write(t, filepath.Join(dir, "train-images-idx3-ubyte"), imagesOf(40)[:5000])
		}, []string{"broken", "train-images-idx3-ubyte: at byte 5000: expected 31376 bytes", "found 5000"}},
		{"one is missing", func(dir string) { os.Remove(filepath.Join(dir, "t10k-labels-idx1-ubyte")) }, []string{"lacks t10k-labels-idx1-ubyte"}},
		{"counts differ", func(dir string) { write(t, filepath.Join(dir, "train-labels-idx1-ubyte"), labelsOf(39)) }, []string{"train-labels-idx1-ubyte: at byte 4: expected 40 labels", "found 39"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, content, "", asIs)
			c.spoil(dir)
			_, err := openMNISTFrom(context.Background(), config.Data{Source: "mnist", Dir: dir}, Options{}, files, lonely(t.TempDir()))
			var env *EnvError
			if !errors.As(err, &env) || len(env.Hints) == 0 {
				t.Fatalf("%v", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v\nlacks %q", err, w)
				}
			}
		})
	}
	t.Run("a file as folder", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		write(t, path, nil)
		_, err := openMNISTFrom(context.Background(), config.Data{Source: "mnist", Dir: path}, Options{}, files, lonely(t.TempDir()))
		var env *EnvError
		if !errors.As(err, &env) {
			t.Errorf("%v", err)
		}
	})
	t.Run("a split of a smaller file", func(t *testing.T) {
		dir := t.TempDir()
		fill(t, dir, content, "", asIs)
		_, err := openMNISTFrom(context.Background(), config.Data{Source: "mnist", Dir: dir, Split: map[string]int{"val": 40}}, Options{}, files, lonely(t.TempDir()))
		if err == nil || !strings.Contains(err.Error(), "takes 40 of 40") {
			t.Errorf("%v", err)
		}
	})
}

func TestCacheDir(t *testing.T) {
	t.Setenv("HOME", "/h")
	for xdg, want := range map[string]string{"/x": "/x/gotrain/mnist", "": "/h/.cache/gotrain/mnist", "relative": "/h/.cache/gotrain/mnist"} {
		t.Setenv("XDG_CACHE_HOME", xdg)
		if got, err := cacheDir(Options{}, "mnist"); err != nil || got != want {
			t.Errorf("%q: %s %v", xdg, got, err)
		}
	}
	if got, _ := cacheDir(Options{CacheDir: "/o"}, "mnist"); got != "/o/mnist" {
		t.Error(got)
	}
}
