package data

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

var at = diag.Pos{File: "a.yaml", Line: 3, Col: 15, Width: 5}

func TestFieldsOfImages(t *testing.T) {
	for _, s := range []string{"mnist", "digits"} {
		start := time.Now()
		fields, diags := Fields(config.Data{Source: s, Dir: "/does/not/exist"})
		if len(diags.Items) > 0 || len(fields) != 2 {
			t.Fatalf("%v %v", fields, diags)
		}
		image, label := fields[0], fields[1]
		if image.Name != "image" || image.Int || len(image.Shape) != 3 || image.Shape[0] != 1 || image.Shape[1] != 28 || image.Shape[2] != 28 {
			t.Errorf("%+v", image)
		}
		if label.Name != "label" || !label.Int || len(label.Shape) != 0 || label.Consts["classes"] != 10 {
			t.Errorf("%+v", label)
		}
		if took := time.Since(start); took > 50*time.Millisecond {
			t.Errorf("Fields took %v: check has to be fast", took)
		}
	}
}

func TestDataDiagnostics(t *testing.T) {
	for _, c := range []struct {
		name             string
		data             config.Data
		code, text, hint string
	}{
		{"typo", config.Data{Source: "mnits"}, "unknown-source", `unknown data source "mnits"`, `did you mean "mnist"?`},
		{"unknown", config.Data{Source: "imagenet21k"}, "unknown-source", `unknown data source "imagenet21k"`, "sources: mnist, fashion_mnist, digits, npz, npy"},
		{"later", config.Data{Source: "cifar10"}, "not-built-yet", `data source "cifar10" is part of the language but not built yet`, "sources: mnist, fashion_mnist, digits, npz, npy"},
		{"all of it", config.Data{Source: "mnist", Split: map[string]int{"val": 60000}}, "impossible-split", "the split takes 60,000 of 60,000 training images, and leaves none to train on", "at most"},
		{"both", config.Data{Source: "digits", Split: map[string]int{"val": 3000, "test": 4000}}, "impossible-split", "7,000 of 6,000 training digits", "5,999"},
		{"zero", config.Data{Source: "mnist", Split: map[string]int{"val": 0}}, "impossible-split", "at least 1 sample from train, and val asks for 0", "leave val out"},
		{"negative", config.Data{Source: "digits", Split: map[string]int{"test": -5}}, "impossible-split", "test asks for -5", "leave test out"},
		{"samples of files", config.Data{Source: "mnist", Samples: map[string]int{"train": 5}}, "bad-samples", "mnist is a fixed set", "limit_train_batches"},
		{"no samples", config.Data{Source: "digits", Samples: map[string]int{"train": 0}}, "bad-samples", "samples.train is 0", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.data.Pos, c.data.SourcePos, c.data.SplitPos = at, at, at
			_, diags := Fields(c.data)
			if len(diags.Items) != 1 {
				t.Fatalf("%+v", diags)
			}
			d := diags.Items[0]
			if d.Code != c.code || !strings.Contains(d.Text, c.text) || !strings.Contains(d.Hint, c.hint) || d.Pos != at || !strings.HasPrefix(d.Path, "data.") {
				t.Errorf("%+v", d)
			}
			_, err := Open(context.Background(), c.data, Options{CacheDir: t.TempDir()})
			var list *diag.ListError
			if !errors.As(err, &list) {
				t.Errorf("Open gives %v", err)
			}
		})
	}
}

func TestNeedLeavesTheRestOut(t *testing.T) {
	for _, c := range []struct {
		need             Need
		split            map[string]int
		train, val, test int
	}{
		{0, nil, 50, 30, 30},
		{NeedTrain, nil, 50, 0, 0},
		{NeedVal, nil, 0, 30, 0},
		{NeedVal | NeedTest, nil, 0, 30, 30},
		{NeedTest, map[string]int{"val": 5}, 0, 0, 30},
		{NeedVal, map[string]int{"val": 5}, 0, 5, 0},
		{0, map[string]int{"val": 5}, 45, 5, 30},
		{0, map[string]int{"test": 5}, 45, 30, 5},
		{0, map[string]int{"val": 4, "test": 5}, 41, 4, 5},
	} {
		s, err := Open(context.Background(), config.Data{Source: "digits", Samples: map[string]int{"train": 50, "val": 30}, Split: c.split}, Options{Need: c.need})
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range []struct {
			name string
			ds   Dataset
			want int
		}{{"train", s.Train, c.train}, {"val", s.Val, c.val}, {"test", s.Test, c.test}} {
			n := 0
			if set.ds != nil {
				n = set.ds.Len()
				if set.ds.Name() != "digits "+set.name {
					t.Errorf("%s is called %s", set.name, set.ds.Name())
				}
			}
			if n != set.want {
				t.Errorf("need %d split %v: %s has %d samples, expected %d", c.need, c.split, set.name, n, set.want)
			}
		}
		if said := len(s.Notes) == 1; said != (c.split == nil && (c.val == 30 || c.test == 30)) {
			t.Errorf("need %d split %v: notes %q", c.need, c.split, s.Notes)
		}
	}
}

// TestSizesAreThoseOpened compares the sizes that are told before with what is opened.
func TestSizesAreThoseOpened(t *testing.T) {
	files, content := tiny()
	plain, compressed := t.TempDir(), t.TempDir()
	fill(t, plain, content, "", asIs)
	fill(t, compressed, content, ".gz", zip)
	split := map[string]int{"val": 2, "test": 1}
	array := filepath.Join("testdata", "numpy.npz")
	for name, d := range map[string]config.Data{
		"digits": {Source: "digits", Samples: map[string]int{"train": 50, "val": 30}},
		"npz":    npzConfig(array, split), "npz whole": npzConfig(array, nil),
		"mnist": {Source: "mnist", Dir: plain, Split: split}, "mnist gz": {Source: "mnist", Dir: compressed},
		"fashion": {Source: "fashion_mnist", Dir: plain}, "pairs": {Source: "digits", Pairs: "label", Split: split},
	} {
		for _, need := range []Need{0, NeedTrain, NeedVal, NeedTest | NeedVal} {
			o := Options{Need: need, CacheDir: t.TempDir()}
			var s *Sets
			var err error
			switch d.Source {
			case "mnist", "fashion_mnist":
				s, err = openMNISTFrom(context.Background(), d, o, files, lonely(t.TempDir()))
			default:
				s, err = Open(context.Background(), d, o)
			}
			if err != nil {
				t.Fatal(err)
			}
			size, known := SizeOf(d, o)
			if !known || size.Bytes <= 0 {
				t.Errorf("%s: %+v", name, size)
			}
			for _, set := range []struct {
				need Need
				ds   Dataset
				told int
			}{{NeedTrain, s.Train, size.Train}, {NeedVal, s.Val, size.Val}, {NeedTest, s.Test, size.Test}} {
				n := 0
				if set.ds != nil {
					n = set.ds.Len()
				}
				if o.needs(set.need) && n != set.told {
					t.Errorf("%s, need %d: a set of %d, and %d was told", name, need, n, set.told)
				}
			}
		}
	}
	for _, d := range []config.Data{{Source: "fashion_mnist", Dir: t.TempDir()}, npzConfig("none.npz", nil)} {
		if size, known := SizeOf(d, Options{}); known {
			t.Errorf("%s without files: %+v", d.Source, size)
		}
	}
}
