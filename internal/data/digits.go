package data

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/rng"
)

// digitsRecipe names the drawing code in Sets.Hashes; a test ties it to the pixels.
const digitsRecipe = "digits-1"

// digitsSizes are data.samples with its defaults.
func digitsSizes(d config.Data) (train, val int) {
	train, val = 6000, 1000
	if n, ok := d.Samples["train"]; ok {
		train = n
	}
	if n, ok := d.Samples["val"]; ok {
		val = n
	}
	return train, val
}

func digitsFields(d config.Data) ([]config.Field, diag.List) {
	var diags diag.List
	train, val := digitsSizes(d)
	for _, s := range []struct {
		key string
		n   int
	}{{"train", train}, {"val", val}} {
		if s.n < 1 || s.n > 10_000_000 {
			g := diags.Errorf("bad-samples", d.Pos, "samples.%s is %d, and digits draws 1 to 10,000,000", s.key, s.n)
			g.Path = "data.samples." + s.key
		}
	}
	if !diags.HasErrors() {
		diags.Append(checkSplit(d, train, "digits"))
	}
	return imageFields(), diags
}

// openDigits draws nothing yet: a digit is drawn when it is first read, so that a short
// run pays for the digits that it sees.
func openDigits(_ context.Context, d config.Data, o Options) (*Sets, error) {
	train, val := digitsSizes(d)
	glyphs := makeGlyphs()
	s, err := divide(d, o,
		newDigits("digits", rng.NewStream(o.Seed, "data.digits.train"), glyphs, train),
		newDigits("digits", rng.NewStream(o.Seed, "data.digits.val"), glyphs, val), "digits")
	if err != nil {
		return nil, err
	}
	s.Hashes["digits"] = fmt.Sprintf("%s seed %d train %d val %d", digitsRecipe, o.Seed, train, val)
	return s, nil
}

// digitsSize is that of all digits, drawn: pixels and a flag of four bytes each.
func digitsSize(d config.Data, _ Options) (s Size, known bool) {
	train, val := digitsSizes(d)
	s = divided(d, train, val)
	s.Bytes = int64(train+val) * (pixels + 4)
	return s, true
}

// digits are drawn digits; sample i shows the number i mod 10 and depends on the stream
// and i alone.
type digits struct {
	name     string
	from, to int // the samples of the canvas that this set shows
	*canvas
}

// canvas keeps what is drawn. A sample's pixels are written once, under mu, before its
// drawn flag is set, and read only after it is seen set.
type canvas struct {
	stream rng.Stream
	glyphs *glyphTable
	pix    []byte
	drawn  []atomic.Bool
	mu     sync.Mutex
}

var _ divisible = (*digits)(nil)

func newDigits(name string, stream rng.Stream, glyphs *glyphTable, n int) *digits {
	return &digits{name: name, to: n, canvas: &canvas{
		stream: stream, glyphs: glyphs, pix: make([]byte, n*pixels), drawn: make([]atomic.Bool, n),
	}}
}

func (d *digits) Name() string           { return d.name }
func (d *digits) Len() int               { return d.to - d.from }
func (d *digits) Fields() []config.Field { return imageFields() }

func (d *digits) cut(name string, from, to int) Dataset {
	return &digits{name: name, from: d.from + from, to: d.from + to, canvas: d.canvas}
}

func (d *digits) Gather(dst *Batch, idx []int32) error {
	d.ensure(d.from, idx)
	image, label := dst.Float[imageName], dst.Int[labelName]
	for row, i := range idx {
		at := d.from + int(i)
		normalise(image[row*pixels:(row+1)*pixels], d.pix[at*pixels:(at+1)*pixels])
		label[row] = int32(at % classes)
	}
	return nil
}

// ensure draws what of from+idx is not drawn yet, on all cores where it is much.
func (c *canvas) ensure(from int, idx []int32) {
	missing := 0
	for _, i := range idx {
		if !c.drawn[from+int(i)].Load() {
			missing++
		}
	}
	// Below this a goroutine costs more than it saves.
	const perWorker = 8
	workers := min(runtime.GOMAXPROCS(0), missing/perWorker)
	if workers <= 1 {
		c.drawEvery(from, idx, 0, 1)
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { c.drawEvery(from, idx, w, workers) })
	}
	wg.Wait()
}

// drawEvery draws each workers-th of the missing samples.
func (c *canvas) drawEvery(from int, idx []int32, first, workers int) {
	var p pen
	for k := first; k < len(idx); k += workers {
		at := from + int(idx[k])
		if c.drawn[at].Load() {
			continue
		}
		p.draw(c.glyphs, c.stream, at)
		c.mu.Lock()
		if !c.drawn[at].Load() { // another reader may have been faster, with the same pixels
			copy(c.pix[at*pixels:], p.out[:])
			c.drawn[at].Store(true)
		}
		c.mu.Unlock()
	}
}
