package logger

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
)

// Images in a grid stand gap pixels apart.
const gap = 2

// backdrop is what shows between images.
var backdrop = color.RGBA{40, 40, 46, 255}

// fault marks a pixel that is no number.
var fault = color.RGBA{255, 0, 255, 255}

// Grid draws samples of shape [C,H,W], values 0 to 1 (cut beyond), C 1 or 3, in rows of
// columns. Small images are enlarged by a whole factor, so that pixels stay square.
func Grid(samples [][]float32, shape []int, columns int) (image.Image, error) {
	if len(shape) != 3 || shape[0] != 1 && shape[0] != 3 {
		return nil, fmt.Errorf("logger: a grid is of [C,H,W] with 1 or 3 channels, not %v", shape)
	}
	if len(samples) == 0 || columns < 1 {
		return nil, errors.New("logger: a grid of no images")
	}
	h, w := shape[1], shape[2]
	scale := max(1, 56/max(h, w))
	columns = min(columns, len(samples))
	rows := (len(samples) + columns - 1) / columns
	cellW, cellH := w*scale+gap, h*scale+gap
	img := image.NewRGBA(image.Rect(0, 0, columns*cellW+gap, rows*cellH+gap))
	for i := range img.Pix {
		img.Pix[i] = []uint8{backdrop.R, backdrop.G, backdrop.B, backdrop.A}[i%4]
	}
	for i, s := range samples {
		if len(s) != shape[0]*h*w {
			return nil, fmt.Errorf("logger: image %d has %d values, not %d", i, len(s), shape[0]*h*w)
		}
		x0, y0 := gap+i%columns*cellW, gap+i/columns*cellH
		for y := range h * scale {
			for x := range w * scale {
				img.SetRGBA(x0+x, y0+y, pixel(s, shape, y/scale, x/scale))
			}
		}
	}
	return img, nil
}

func pixel(s []float32, shape []int, y, x int) color.RGBA {
	plane := shape[1] * shape[2]
	at := y*shape[2] + x
	var c [3]uint8
	for k := range c {
		v := s[at+min(k, shape[0]-1)*plane]
		if v-v != 0 { // NaN or infinite
			return fault
		}
		c[k] = uint8(min(max(v, 0), 1)*255 + .5)
	}
	return color.RGBA{c[0], c[1], c[2], 255}
}

// Pairs draws each of a beside its b, in rows of columns images.
func Pairs(a, b [][]float32, shape []int, columns int) (image.Image, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("logger: %d images and %d beside them", len(a), len(b))
	}
	var both [][]float32
	for i := range a {
		both = append(both, a[i], b[i])
	}
	return Grid(both, shape, max(columns/2*2, 2))
}

// WritePNG writes an image under a temporary name and renames it: no half-written file is
// ever seen.
func WritePNG(path string, img image.Image) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*.png")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := errors.Join(png.Encode(f, img), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
