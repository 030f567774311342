package data

import (
	"slices"

	"gotrain/internal/config"
)

// The images of mnist and digits: one channel, side x side.
const (
	side      = 28
	pixels    = side * side
	classes   = 10
	imageName = "image"
	labelName = "label"
)

// imageFields are the fields that mnist and digits share.
func imageFields() []config.Field {
	return []config.Field{
		{Name: imageName, Shape: []int{1, side, side}},
		{Name: labelName, Shape: []int{}, Int: true, Consts: map[string]int{"classes": classes}, Range: &config.Range{Min: 0, Max: classes - 1}},
	}
}

// byteImages are images in memory as they come in files: a byte a pixel.
type byteImages struct {
	name   string
	pix    []byte // (n, pixels)
	labels []byte // (n)
}

var _ divisible = (*byteImages)(nil)

func (d *byteImages) Name() string           { return d.name }
func (d *byteImages) Len() int               { return len(d.labels) }
func (d *byteImages) Fields() []config.Field { return imageFields() }

func (d *byteImages) cut(name string, from, to int) Dataset {
	return &byteImages{name: name, pix: slices.Clip(d.pix[from*pixels : to*pixels]), labels: slices.Clip(d.labels[from:to])}
}

func (d *byteImages) Gather(dst *Batch, idx []int32) error {
	image, label := dst.Float[imageName], dst.Int[labelName]
	for row, i := range idx {
		normalise(image[row*pixels:(row+1)*pixels], d.pix[int(i)*pixels:(int(i)+1)*pixels])
		label[row] = int32(d.labels[i])
	}
	return nil
}

// shades are the 256 values of a normalised byte: float32(b)/255, the division that
// torchvision's ToTensor does, so that inputs agree with PyTorch's bit for bit.
var shades = func() (t [256]float32) {
	for b := range t {
		t[b] = float32(b) / 255
	}
	return t
}()

func normalise(dst []float32, src []byte) {
	dst = dst[:len(src)]
	for i, b := range src {
		dst[i] = shades[b]
	}
}
