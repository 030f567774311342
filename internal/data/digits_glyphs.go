package data

import "math"

type point struct{ x, y float64 }

// stroke is a line drawn without lifting the pen.
type stroke []point

// glyph is one way to write a digit, in a unit box with y downwards.
type glyph []stroke

// glyphTable holds the ways to write each digit.
type glyphTable [classes][]glyph

func makeGlyphs() *glyphTable {
	one := stroke{{.34, .26}, {.54, .08}, {.54, .92}}
	return &glyphTable{
		{{arc(.5, .5, .27, .42, -90, 270)}},
		{{one}, {stroke{{.5, .08}, {.5, .92}}}, {one, stroke{{.34, .92}, {.74, .92}}}},
		{{join(arc(.5, .32, .25, .24, 180, 395), stroke{{.24, .92}, {.8, .92}})}},
		{
			{join(arc(.46, .3, .26, .22, 205, 450), arc(.46, .72, .28, .21, -85, 155))},
			{join(stroke{{.24, .08}, {.74, .08}, {.46, .42}}, arc(.46, .67, .28, .25, -85, 155))},
		},
		{
			{stroke{{.58, .08}, {.2, .6}, {.84, .6}}, stroke{{.62, .36}, {.62, .92}}},
			{stroke{{.28, .08}, {.24, .5}, {.74, .5}}, stroke{{.74, .1}, {.7, .92}}},
		},
		{{join(stroke{{.76, .08}, {.36, .08}, {.31, .46}}, arc(.48, .66, .27, .26, -130, 145))}},
		{{join(curve(point{.66, .08}, point{.28, .28}, point{.25, .66}), arc(.5, .68, .25, .24, 180, -185))}},
		{
			{stroke{{.22, .1}, {.78, .1}, {.42, .92}}},
			{stroke{{.22, .1}, {.78, .1}, {.42, .92}}, stroke{{.38, .52}, {.74, .52}}},
		},
		{{arc(.5, .29, .21, .2, 90, -270), arc(.5, .71, .26, .22, -90, 270)}},
		{{join(arc(.49, .32, .25, .23, 0, -360), curve(point{.74, .32}, point{.76, .66}, point{.62, .92}))}},
	}
}

// arc is a part of an ellipse, from one angle to another, in degrees; 90 is down.
func arc(cx, cy, rx, ry, from, to float64) stroke {
	n := max(int(math.Abs(to-from)/22), 2)
	s := make(stroke, n+1)
	for i := range s {
		sin, cos := math.Sincos((from + (to-from)*float64(i)/float64(n)) * math.Pi / 180)
		s[i] = point{cx + rx*cos, cy + ry*sin}
	}
	return s
}

// curve is a quadratic Bezier curve.
func curve(a, control, b point) stroke {
	const n = 6
	s := make(stroke, n+1)
	for i := range s {
		t := float64(i) / n
		u := 1 - t
		s[i] = point{u*u*a.x + 2*u*t*control.x + t*t*b.x, u*u*a.y + 2*u*t*control.y + t*t*b.y}
	}
	return s
}

// join makes one stroke of several.
func join(parts ...stroke) stroke {
	var s stroke
	for _, p := range parts {
		s = append(s, p...)
	}
	return s
}
