package data

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

func TestFashionFromAFolder(t *testing.T) {
	_, content := tiny()
	dir := t.TempDir()
	fill(t, dir, content, ".gz", zip)
	for _, d := range []config.Data{{Source: "fashion_mnist", Dir: dir}, {Source: "fashion_mnist"}} { // data.dir, and the package's folder
		s, err := openFashionFrom(d, Options{}, dir)
		if err != nil {
			t.Fatal(err)
		}
		if s.Train.Len() != 40 || s.Test.Len() != 10 || s.Train.Name() != "fashion_mnist train" {
			t.Error(s.Train.Len(), s.Test.Len(), s.Train.Name())
		}
		if !slices.ContainsFunc(s.Notes, func(n string) bool { return strings.Contains(n, "is not Fashion-MNIST's well-known file") }) {
			t.Error(s.Notes)
		}
	}
}

// TestFashionSaysHowToGetIt: nothing is fetched, so the error names the package.
func TestFashionSaysHowToGetIt(t *testing.T) {
	_, err := openFashionFrom(config.Data{Source: "fashion_mnist"}, Options{}, t.TempDir())
	var env *diag.EnvError
	if !errors.As(err, &env) || !slices.Contains(env.Hints, "apt-get install dataset-fashion-mnist") || !strings.Contains(env.Text, "train-images-idx3-ubyte") {
		t.Errorf("%+v", err)
	}
}

// TestFashionOfThePackage reads the real files where Debian's package is installed.
func TestFashionOfThePackage(t *testing.T) {
	if _, err := os.Stat(fashionDir); err != nil {
		t.Skip("apt-get install dataset-fashion-mnist")
	}
	s, err := openFashionFrom(config.Data{Source: "fashion_mnist"}, Options{}, fashionDir)
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 60000 || s.Test.Len() != 10000 || len(s.Notes) != 1 {
		t.Error(s.Train.Len(), s.Test.Len(), s.Notes)
	}
}
