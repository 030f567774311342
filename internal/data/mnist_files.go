package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// idxFile is one file of a set, by its usual name.
type idxFile struct {
	name   string // without .gz
	sha256 string // of the uncompressed file
	size   int64  // uncompressed
	labels bool   // else images
}

// mnistSet is images and labels of both parts.
type mnistSet struct{ train, test [2]idxFile }

// mnistFiles are the files of http://yann.lecun.com/exdb/mnist, as every mirror has them.
func mnistFiles() mnistSet {
	return mnistSet{
		train: [2]idxFile{
			{"train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 47040016, false},
			{"train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 60008, true},
		},
		test: [2]idxFile{
			{"t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 7840016, false},
			{"t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 10008, true},
		},
	}
}

// cacheDir is where a source keeps what it fetched; it may not exist yet.
func cacheDir(o Options, source string) (string, error) {
	if o.CacheDir != "" {
		return filepath.Join(o.CacheDir, source), nil
	}
	// A relative XDG path is to be ignored, says the XDG specification.
	if x := os.Getenv("XDG_CACHE_HOME"); filepath.IsAbs(x) {
		return filepath.Join(x, "gotrain", source), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", &EnvError{Text: "no folder for downloads", Err: err, Hints: []string{"export XDG_CACHE_HOME=/path/to/a/folder"}}
	}
	return filepath.Join(home, ".cache", "gotrain", source), nil
}

// locate reads the wanted files: from dir where it has them, else from the cache, fetching
// what the cache lacks. The sets of two places are never mixed.
func locate(ctx context.Context, dir string, want []idxFile, f *fetcher) (map[string]*idxArray, []string, error) {
	if dir == "" {
		got, err := fromCache(ctx, want, f)
		return got, nil, err
	}
	paths, missing, err := inDir(dir, want)
	switch {
	case err != nil:
		return nil, nil, err
	case len(missing) == len(want):
		got, err := fromCache(ctx, want, f)
		return got, []string{fmt.Sprintf("data.dir %s has no MNIST files (%s…): using those of %s", dir, missing[0], f.dir)}, err
	case len(missing) > 0:
		return nil, nil, &EnvError{
			Text:  fmt.Sprintf("data.dir %s lacks %s (plain or .gz)", dir, strings.Join(missing, ", ")),
			Hints: []string{"# put the missing files there, or leave data.dir out to have all of them fetched"},
		}
	}
	return readKnown(paths, want, "MNIST")
}

// readKnown reads files of a folder, and notes those that are not the well-known ones.
func readKnown(paths map[string]string, want []idxFile, set string) (map[string]*idxArray, []string, error) {
	got, err := readFiles(paths)
	if err != nil {
		return nil, nil, brokenFile(err)
	}
	var notes []string
	for _, w := range want {
		if a := got[w.name]; a.sha256 != w.sha256 {
			notes = append(notes, fmt.Sprintf("%s is not %s's well-known file of that name (SHA-256 %s…)", a.path, set, a.sha256[:12]))
		}
	}
	return got, notes, nil
}

// inDir finds files in a folder, plain or compressed, there or where torchvision puts them.
func inDir(dir string, want []idxFile) (paths map[string]string, missing []string, err error) {
	paths = map[string]string{}
	for _, w := range want {
		for _, p := range []string{
			filepath.Join(dir, w.name), filepath.Join(dir, w.name+".gz"),
			filepath.Join(dir, "MNIST", "raw", w.name), filepath.Join(dir, "MNIST", "raw", w.name+".gz"),
		} {
			fi, err := os.Stat(p)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, nil, &EnvError{Text: "data.dir cannot be read", Err: err}
			}
			if err == nil && fi.Mode().IsRegular() {
				paths[w.name] = p
				break
			}
		}
		if paths[w.name] == "" {
			missing = append(missing, w.name)
		}
	}
	return paths, missing, nil
}

// fromCache reads the cache, whose files are exactly the known ones, after fetching those
// that are missing or damaged.
func fromCache(ctx context.Context, want []idxFile, f *fetcher) (map[string]*idxArray, error) {
	got := map[string]*idxArray{}
	rest := f.read(want, got)
	if len(rest) == 0 {
		return got, nil
	}
	if err := f.fetch(ctx, rest); err != nil {
		return nil, err
	}
	if rest = f.read(rest, got); len(rest) > 0 {
		return nil, &EnvError{Text: fmt.Sprintf("%s in %s cannot be read back as it was written: is the disk sound?", rest[0].name, f.dir)}
	}
	return got, nil
}

// read reads what of want is sound in the cache, and gives the rest.
func (f *fetcher) read(want []idxFile, got map[string]*idxArray) (rest []idxFile) {
	paths := map[string]string{}
	for _, w := range want {
		if p := filepath.Join(f.dir, w.name); regular(p) {
			paths[w.name] = p
		}
	}
	for name, a := range readEach(paths) {
		got[name] = a.array
	}
	return slices.DeleteFunc(slices.Clone(want), func(w idxFile) bool {
		a := got[w.name]
		if a == nil || a.sha256 != w.sha256 {
			delete(got, w.name)
			return false
		}
		return true
	})
}

func regular(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular()
}

// result is one file read, or why it was not.
type result struct {
	array *idxArray
	err   error
}

// readEach reads files side by side: most of the time goes into their hashes.
func readEach(paths map[string]string) map[string]result {
	out := map[string]result{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, path := range paths {
		wg.Go(func() {
			a, err := readIDX(path, strings.Contains(name, "labels"))
			mu.Lock()
			defer mu.Unlock()
			out[name] = result{a, err}
		})
	}
	wg.Wait()
	return out
}

// readFiles is readEach where all must be sound.
func readFiles(paths map[string]string) (map[string]*idxArray, error) {
	out := map[string]*idxArray{}
	var errs []error
	for name, r := range readEach(paths) {
		out[name] = r.array
		errs = append(errs, r.err)
	}
	return out, errors.Join(errs...)
}
