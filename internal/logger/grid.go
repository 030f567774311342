package logger

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
)

// Images in a grid stand gap pixels apart, and as far from its edge.
const gap = 2

// backdrop is what shows between images.
var backdrop = color.RGBA{40, 40, 46, 255}

// fault marks a pixel that is no number.
var fault = color.RGBA{255, 0, 255, 255}

// comfortable is how many pixels an image should have on its longer side to be looked at.
const comfortable = 56

// gridOptions are set by GridOption.
type gridOptions struct{ scale int }

// GridOption changes how a grid is drawn.
type GridOption func(*gridOptions)

// Scale enlarges each pixel to n by n. Without it, small images are enlarged until their
// longer side has about 56 pixels.
func Scale(n int) GridOption { return func(o *gridOptions) { o.scale = n } }

// Grid draws samples of shape [C,H,W], C 1 or 3, values 0 to 1 (cut beyond), in rows of
// columns; fewer samples make a narrower grid. A pixel that is NaN or infinite is magenta.
// Another shape, a sample of another size and no samples at all are errors.
func Grid(samples [][]float32, shape []int, columns int, options ...GridOption) (image.Image, error) {
	if len(shape) != 3 || shape[0] != 1 && shape[0] != 3 || shape[1] < 1 || shape[2] < 1 {
		return nil, fmt.Errorf("logger: a grid is of [C,H,W] with 1 or 3 channels, not %v", shape)
	}
	if len(samples) == 0 || columns < 1 {
		return nil, errors.New("logger: a grid of no images")
	}
	h, w := shape[1], shape[2]
	o := gridOptions{scale: max(1, comfortable/max(h, w))}
	for _, set := range options {
		set(&o)
	}
	o.scale = max(o.scale, 1)
	columns = min(columns, len(samples))
	rows := (len(samples) + columns - 1) / columns
	cellW, cellH := w*o.scale+gap, h*o.scale+gap
	img := image.NewRGBA(image.Rect(0, 0, columns*cellW+gap, rows*cellH+gap))
	draw.Draw(img, img.Bounds(), image.NewUniform(backdrop), image.Point{}, draw.Src)
	for i, s := range samples {
		if len(s) != shape[0]*h*w {
			return nil, fmt.Errorf("logger: image %d has %d values, not %d", i, len(s), shape[0]*h*w)
		}
		x0, y0 := gap+i%columns*cellW, gap+i/columns*cellH
		for y := range h * o.scale {
			for x := range w * o.scale {
				img.SetRGBA(x0+x, y0+y, pixel(s, shape, y/o.scale, x/o.scale))
			}
		}
	}
	return img, nil
}

// pixel is one of a sample of shape [C,H,W].
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

// Pairs draws each of a beside its b, in rows of columns images (a pair is two), at least
// one pair a row.
func Pairs(a, b [][]float32, shape []int, columns int, options ...GridOption) (image.Image, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("logger: %d images and %d beside them", len(a), len(b))
	}
	var both [][]float32
	for i := range a {
		both = append(both, a[i], b[i])
	}
	return Grid(both, shape, max(columns/2*2, 2), options...)
}
