package data

import (
	"math"

	"gotrain/internal/rng"
)

// pen draws digits, one at a time, without allocating.
type pen struct {
	out  [pixels]byte    // the last digit
	dist [pixels]float64 // squared distance of each pixel's centre to the nearest stroke
	hand hand
	dice dice
}

// hand is how one digit is written: where the points of a glyph go, and how thick.
type hand struct {
	xx, xy, yx, yy, dx, dy float64 // the affine map to pixels
	bend                   [2]struct{ size, freq, phase float64 }
	half                   float64 // half the width of the stroke, in pixels
	ink                    float64 // the value of a covered pixel
}

// draw draws sample index, a digit of index mod 10.
func (p *pen) draw(glyphs *glyphTable, stream rng.Stream, index int) {
	p.dice = dice{stream: stream, index: uint32(index)}
	ways := glyphs[index%classes]
	way := ways[int(p.dice.unit()*float64(len(ways)))]
	p.hand.choose(&p.dice)
	for i := range p.dist {
		p.dist[i] = math.Inf(1)
	}
	for _, s := range way {
		prev := p.hand.place(s[0])
		for _, q := range s[1:] {
			next := p.hand.place(q)
			p.segment(prev, next)
			prev = next
		}
	}
	p.shade()
}

// choose draws the hand's parameters. The ranges are set by eye: as varied as MNIST's
// hands, and legible at their corners.
func (h *hand) choose(d *dice) {
	angle, shear := d.between(-.22, .22), d.between(-.3, .18)
	wide, high := d.between(15, 21), d.between(18, 22)
	sin, cos := math.Sincos(angle)
	// Scale, then slant, then turn; the middle of the box goes near the middle of the image.
	h.xx, h.xy = cos*wide, (cos*shear-sin)*high
	h.yx, h.yy = sin*wide, (sin*shear+cos)*high
	h.dx, h.dy = side/2+d.between(-1.8, 1.8), side/2+d.between(-1.8, 1.8)
	for i := range h.bend {
		h.bend[i].size, h.bend[i].freq, h.bend[i].phase = d.between(0, .055), d.between(2, 5), d.between(0, 2*math.Pi)
	}
	h.half, h.ink = d.between(.75, 1.65), d.between(205, 255)
}

// place takes a point of the unit box to pixels: bent, then mapped.
func (h *hand) place(q point) point {
	x := q.x - .5 + h.bend[0].size*math.Sin(h.bend[0].freq*q.y+h.bend[0].phase)
	y := q.y - .5 + h.bend[1].size*math.Sin(h.bend[1].freq*q.x+h.bend[1].phase)
	return point{h.xx*x + h.xy*y + h.dx, h.yx*x + h.yy*y + h.dy}
}

// segment lowers the distances of the pixels that the segment's ink can reach.
func (p *pen) segment(a, b point) {
	reach := p.hand.half + 1
	x0, x1 := span(a.x, b.x, reach)
	y0, y1 := span(a.y, b.y, reach)
	ux, uy := b.x-a.x, b.y-a.y
	scale := 1 / max(ux*ux+uy*uy, 1e-9)
	for y := y0; y < y1; y++ {
		vy := float64(y) + .5 - a.y
		for x := x0; x < x1; x++ {
			vx := float64(x) + .5 - a.x
			t := min(max((vx*ux+vy*uy)*scale, 0), 1)
			ex, ey := vx-t*ux, vy-t*uy
			at := &p.dist[y*side+x]
			*at = min(*at, ex*ex+ey*ey)
		}
	}
}

func span(a, b, reach float64) (from, to int) {
	return max(int(min(a, b)-reach), 0), min(int(max(a, b)+reach)+1, side)
}

// shade turns distances to ink, anti-aliased over one pixel, and adds a little noise.
func (p *pen) shade() {
	const noise = 7.0 / 128 // grey levels for one step of a noise byte
	var words [4]uint32
	for i, d2 := range p.dist {
		if i%16 == 0 {
			words = p.dice.block()
		}
		grain := float64(int8(words[i/4%4]>>(8*(i%4)))) * noise
		v := grain
		if edge := p.hand.half + .5; d2 < edge*edge {
			v += p.hand.ink * min(edge-math.Sqrt(d2), 1)
		}
		p.out[i] = byte(min(max(v, 0), 255))
	}
}

// dice are one sample's random numbers, in order.
type dice struct {
	stream rng.Stream
	index  uint32
	next   uint32 // block
	words  [4]uint32
	left   int
}

func (d *dice) block() [4]uint32 {
	w := d.stream.Block(0, d.index, d.next)
	d.next++
	return w
}

// unit is in (0, 1).
func (d *dice) unit() float64 {
	if d.left == 0 {
		d.words, d.left = d.block(), 4
	}
	d.left--
	return rng.Unit(d.words[d.left])
}

func (d *dice) between(lo, hi float64) float64 { return lo + (hi-lo)*d.unit() }
