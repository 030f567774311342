package logger

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGridSizes(t *testing.T) {
	for _, c := range []struct {
		n, columns int
		shape      []int
		options    []GridOption
		want       image.Point
	}{
		{1, 1, []int{1, 28, 28}, nil, image.Pt(60, 60)},
		{1, 8, []int{1, 28, 28}, []GridOption{Scale(1)}, image.Pt(32, 32)},
		{9, 4, []int{1, 28, 28}, []GridOption{Scale(1)}, image.Pt(122, 92)},
		{4, 2, []int{3, 2, 5}, []GridOption{Scale(3)}, image.Pt(36, 18)},
		{1, 1, []int{1, 100, 10}, nil, image.Pt(14, 104)},
		{1, 1, []int{1, 2, 2}, []GridOption{Scale(-1)}, image.Pt(6, 6)},
	} {
		img, err := Grid(make64(c.n, c.shape), c.shape, c.columns, c.options...)
		if err != nil {
			t.Error(err)
		} else if img.Bounds().Size() != c.want {
			t.Errorf("%d of %v in %d columns: %v, want %v", c.n, c.shape, c.columns, img.Bounds().Size(), c.want)
		}
	}
}

func make64(n int, shape []int) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		out[i] = make([]float32, shape[0]*shape[1]*shape[2])
	}
	return out
}

func TestGridRefuses(t *testing.T) {
	one := [][]float32{{1}}
	for want, draw := range map[string]func() (image.Image, error){
		"not [2 1 1]":      func() (image.Image, error) { return Grid(one, []int{2, 1, 1}, 1) },
		"not [1 1]":        func() (image.Image, error) { return Grid(one, []int{1, 1}, 1) },
		"not [1 0 0]":      func() (image.Image, error) { return Grid(one, []int{1, 0, 0}, 1) },
		"no images":        func() (image.Image, error) { return Grid(nil, []int{1, 1, 1}, 1) },
		"1 values, not 4":  func() (image.Image, error) { return Grid(one, []int{1, 2, 2}, 1) },
		"and 0 beside":     func() (image.Image, error) { return Pairs(one, nil, []int{1, 1, 1}, 2) },
		"a grid of no ima": func() (image.Image, error) { return Grid(one, []int{1, 1, 1}, 0) },
	} {
		if _, err := draw(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Pairs stand side by side, and never apart: of three columns two are used.
func TestPairsStayTogether(t *testing.T) {
	img, err := Pairs([][]float32{{1}, {1}}, [][]float32{{0}, {0}}, []int{1, 1, 1}, 3, Scale(1))
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Size() != image.Pt(8, 8) {
		t.Fatalf("size %v", img.Bounds().Size())
	}
	white, black := color.RGBA{255, 255, 255, 255}, color.RGBA{0, 0, 0, 255}
	for y := 2; y <= 5; y += 3 {
		if img.At(2, y) != white || img.At(5, y) != black {
			t.Errorf("row %d: %v %v", y, img.At(2, y), img.At(5, y))
		}
	}
}

func TestGridColours(t *testing.T) {
	img, err := Grid([][]float32{{0, 1, .5, 2, -3, 0}}, []int{3, 1, 2}, 1, Scale(1))
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range []color.RGBA{{0, 128, 0, 255}, {255, 255, 0, 255}} {
		if got := img.At(gap+x, gap); got != want {
			t.Errorf("pixel %d: %v, want %v", x, got, want)
		}
	}
}

func TestWritePNGReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.png")
	for size := 1; size <= 2; size++ {
		if err := WritePNG(path, image.NewGray(image.Rect(0, 0, size, 1))); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil || img.Bounds().Dx() != 2 {
		t.Error(img, err)
	}
	if err := WritePNG(path, image.NewGray(image.Rectangle{})); err == nil {
		t.Error("an image without pixels was written")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
