package data

import (
	"context"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/units"
)

// What the well-known files hold; those of data.dir may hold more or fewer.
const (
	mnistTrain = 60000
	mnistHeld  = 10000
)

func mnistFields(d config.Data) ([]config.Field, diag.List) {
	n := mnistTrain
	if d.Dir != "" {
		n = 0 // known only when the file is open
	}
	diags := checkSplit(d, n, "images")
	if d.Samples != nil {
		g := diags.Errorf("bad-samples", d.Pos, "%s is a fixed set of images: samples is for a source that is drawn", d.Source)
		g.Path, g.Hint = "data.samples", "leave samples out; limit_train_batches shortens an epoch"
	}
	return imageFields(), diags
}

func openMNIST(ctx context.Context, d config.Data, o Options) (*Sets, error) {
	cache, err := cacheDir(o, "mnist")
	if err != nil {
		return nil, err
	}
	return openMNISTFrom(ctx, d, o, mnistFiles(), newFetcher(cache, o))
}

// openMNISTFrom is openMNIST with the places that tests replace.
func openMNISTFrom(ctx context.Context, d config.Data, o Options, files mnistSet, f *fetcher) (*Sets, error) {
	return openIDX(d, o, files, func(want []idxFile) (map[string]*idxArray, []string, error) { return locate(ctx, d.Dir, want, f) })
}

// openIDX makes the sets of files in MNIST's format, which find reads.
func openIDX(d config.Data, o Options, files mnistSet, find func(want []idxFile) (map[string]*idxArray, []string, error)) (*Sets, error) {
	wantTrain, wantHeld := reads(d, o)
	var want []idxFile
	if wantTrain {
		want = append(want, files.train[:]...)
	}
	if wantHeld {
		want = append(want, files.test[:]...)
	}
	got, notes, err := find(want)
	if err != nil {
		return nil, err
	}
	var train, held divisible // nil interfaces where nothing was read
	if wantTrain {
		if train, err = pair(got, files.train); err != nil {
			return nil, err
		}
	}
	if wantHeld {
		if held, err = pair(got, files.test); err != nil {
			return nil, err
		}
	}
	s, err := divide(d, o, train, held, "images")
	if err != nil {
		return nil, err
	}
	s.Notes = append(s.Notes, notes...)
	for name, a := range got {
		s.Hashes[name] = a.sha256
	}
	return s, nil
}

// pair makes a data set of an images file and its labels file.
func pair(got map[string]*idxArray, files [2]idxFile) (divisible, error) {
	images, labels := got[files[0].name], got[files[1].name]
	if images.dims[0] != labels.dims[0] {
		return nil, brokenFile(formatErrorf(labels.path, 4, units.Thousands(images.dims[0])+" labels, one for each image of "+images.path, "%s", units.Thousands(labels.dims[0])))
	}
	return &byteImages{name: files[0].name, pix: images.data, labels: labels.data}, nil
}

// brokenFile makes a file of data.dir that cannot be used a fault of the environment.
func brokenFile(err error) error {
	return &EnvError{Text: "a data file is broken", Err: err, Hints: []string{
		"# replace the file, or leave data.dir out: then the well-known files are fetched and kept",
	}}
}

func mnistSize(d config.Data, o Options) (s Size, known bool) {
	return idxSize(d, o, mnistFiles(), true)
}

// idxSize is of the files of data.dir, as their heads say, else of the well-known ones.
// elsewhere says that those are taken where data.dir has none.
func idxSize(d config.Data, o Options, files mnistSet, elsewhere bool) (s Size, known bool) {
	n := [2]int{mnistTrain, mnistHeld}
	var want []idxFile
	wantTrain, wantHeld := reads(d, o)
	for i, wanted := range []bool{wantTrain, wantHeld} {
		if wanted {
			want = append(want, [][2]idxFile{files.train, files.test}[i][:]...)
		}
	}
	if d.Dir != "" {
		paths, missing, err := inDir(d.Dir, want)
		if err != nil || len(missing) > 0 && !(elsewhere && len(missing) == len(want)) {
			return Size{}, false
		}
		for i, f := range []idxFile{files.train[0], files.test[0]} {
			if path := paths[f.name]; path != "" {
				if n[i], err = countIDX(path); err != nil {
					return Size{}, false
				}
			}
		}
	}
	s = divided(d, n[0], n[1])
	for i, wanted := range []bool{wantTrain, wantHeld} {
		if wanted {
			s.Bytes += int64(n[i]) * (pixels + 1)
		}
	}
	return s, true
}
