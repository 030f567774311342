package data

import (
	"fmt"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/units"
)

// Need says which sets a command reads.
type Need uint8

// The sets; zero means all of them.
const (
	NeedTrain Need = 1 << iota
	NeedVal
	NeedTest
)

// Options are how to open, where the config does not say.
type Options struct {
	// CacheDir replaces $XDG_CACHE_HOME/gotrain (~/.cache/gotrain) as the parent of every
	// source's cache.
	CacheDir string
	// Progress is told of downloads, and once with done == total at the end of each; nil is
	// silent. total is -1 while it is not known.
	Progress func(label string, done, total int64)
	// Seed is what generated sources draw from.
	Seed int64
	// Need is which sets are opened, where leaving one out saves time. Zero is all.
	Need Need
}

func (o Options) needs(n Need) bool { return o.Need == 0 || o.Need&n != 0 }

func (o Options) progress(label string, done, total int64) {
	if o.Progress != nil {
		o.Progress(label, done, total)
	}
}

// Sets are the opened data sets; one that does not exist or is not needed is nil.
type Sets struct {
	Train, Val, Test Dataset
	// Notes are what a person should be told once, such as which set val is.
	Notes []string
	// Hashes name the data exactly: file name to SHA-256 of its uncompressed bytes, or a
	// generated source's recipe.
	Hashes map[string]string
}

// divisible is a Dataset of which any run of samples is a Dataset again.
type divisible interface {
	Dataset
	cut(name string, from, to int) Dataset
}

// reads says which of a source's two parts, training and held-out, the needed sets come
// from under a split.
func reads(d config.Data, o Options) (train, held bool) {
	for _, s := range []struct {
		need Need
		key  string
	}{{NeedVal, "val"}, {NeedTest, "test"}} {
		if o.needs(s.need) {
			train = train || d.Split[s.key] > 0
			held = held || d.Split[s.key] == 0
		}
	}
	return train || o.needs(NeedTrain), held
}

// divide makes the sets from a training part and a held-out part, of which either may be
// nil where reads says so. Without a split val and test are both the held-out part. With
// one they are the last samples of training: train, then val, then test.
func divide(d config.Data, o Options, train, held divisible, noun string) (*Sets, error) {
	s := &Sets{Hashes: map[string]string{}}
	val, test := d.Split["val"], d.Split["test"]
	if train != nil {
		n := train.Len()
		diags := checkSplit(d, n, noun)
		if err := diags.Err(); err != nil {
			return nil, err
		}
		if o.needs(NeedTrain) {
			s.Train = train.cut(d.Source+" train", 0, n-val-test)
		}
		if val > 0 && o.needs(NeedVal) {
			s.Val = train.cut(d.Source+" val", n-val-test, n-test)
		}
		if test > 0 && o.needs(NeedTest) {
			s.Test = train.cut(d.Source+" test", n-test, n)
		}
	}
	if held != nil {
		if val == 0 && o.needs(NeedVal) {
			s.Val = held.cut(d.Source+" val", 0, held.Len())
		}
		if test == 0 && o.needs(NeedTest) {
			s.Test = held.cut(d.Source+" test", 0, held.Len())
		}
	}
	if held != nil && (s.Val != nil || s.Test != nil) && val == 0 && test == 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("val and test are both the %s test %s", units.Thousands(held.Len()), noun))
	}
	return s, nil
}

// checkSplit reports a split that cannot be taken from n samples; with n = 0, which is
// "not known yet", only one that can be taken from none.
func checkSplit(d config.Data, n int, noun string) diag.List {
	var diags diag.List
	sum := 0
	for _, key := range []string{"val", "test"} {
		size, given := d.Split[key]
		if given && size < 1 {
			g := diags.Errorf("impossible-split", d.SplitPos, "a split takes at least 1 sample from train, and %s asks for %d", key, size)
			g.Path, g.Hint = "data.split."+key, fmt.Sprintf("leave %s out, and it stays the source's own", key)
			continue
		}
		sum += size
	}
	if n > 0 && sum >= n {
		g := diags.Errorf("impossible-split", d.SplitPos, "the split takes %s of %s training %s, and leaves none to train on", units.Thousands(sum), units.Thousands(n), noun)
		g.Path, g.Hint = "data.split", fmt.Sprintf("val and test together may be %s at most", units.Thousands(n-1))
	}
	return diags
}
