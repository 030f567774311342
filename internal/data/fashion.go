package data

import (
	"context"
	"fmt"
	"strings"

	"gotrain/internal/config"
)

// fashionDir is where Debian's package dataset-fashion-mnist has the files.
const fashionDir = "/usr/share/datasets/fashion-mnist"

// fashionFiles are Zalando's: 28 x 28 pictures of ten kinds of clothes, in MNIST's format
// and under its names (https://github.com/zalandoresearch/fashion-mnist).
func fashionFiles() mnistSet {
	return mnistSet{
		train: [2]idxFile{
			{"train-images-idx3-ubyte", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888", 47040016, false},
			{"train-labels-idx1-ubyte", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9", 60008, true},
		},
		test: [2]idxFile{
			{"t10k-images-idx3-ubyte", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b", 7840016, false},
			{"t10k-labels-idx1-ubyte", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34", 10008, true},
		},
	}
}

func fashionSize(d config.Data, o Options) (s Size, known bool) {
	return idxSize(d, o, fashionFiles(), false)
}

func openFashion(_ context.Context, d config.Data, o Options) (*Sets, error) {
	return openFashionFrom(d, o, fashionDir)
}

// openFashionFrom reads data.dir, else the package's folder: nothing is fetched.
func openFashionFrom(d config.Data, o Options, installed string) (*Sets, error) {
	dir := d.Dir
	if dir == "" {
		dir = installed
	}
	return openIDX(d, o, fashionFiles(), func(want []idxFile) (map[string]*idxArray, []string, error) {
		paths, missing, err := inDir(dir, want)
		if err != nil {
			return nil, nil, err
		}
		if len(missing) > 0 {
			return nil, nil, noFashion(dir, missing)
		}
		return readKnown(paths, want, "Fashion-MNIST")
	})
}

func noFashion(dir string, missing []string) error {
	return &EnvError{
		Text: fmt.Sprintf("the Fashion-MNIST files are not in %s: it lacks %s (plain or .gz)", dir, strings.Join(missing, ", ")),
		Hints: []string{
			"# on Debian and Ubuntu:",
			"apt-get install dataset-fashion-mnist",
			"# elsewhere: put the four .gz files of https://github.com/zalandoresearch/fashion-mnist in a folder, then",
			"gotrain fit … --data.dir FOLDER",
		},
	}
}
