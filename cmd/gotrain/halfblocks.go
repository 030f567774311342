package main

import (
	"fmt"
	"strings"
)

// maxBlockWidth is how many columns of a terminal one image takes.
const maxBlockWidth = 32

// halfBlocks draws samples of shape [C,H,W], values 0 to 1, side by side as far as a
// terminal of so many columns goes: a character is two pixels, one above the other.
func halfBlocks(samples [][]float32, shape []int, columns int) string {
	h, w := shape[1], shape[2]
	step := (max(h, w) + maxBlockWidth - 1) / maxBlockWidth
	wide, high := w/step, h/step
	if wide == 0 || high == 0 || wide > columns {
		return ""
	}
	n := min(len(samples), (columns+1)/(wide+1))
	var b strings.Builder
	for y := 0; y < high; y += 2 {
		for i, s := range samples[:n] {
			if i > 0 {
				b.WriteByte(' ')
			}
			for x := range wide {
				top := blockColour(s, shape, y*step, x*step)
				if y+1 < high {
					fmt.Fprintf(&b, "\x1b[38;2;%sm\x1b[48;2;%sm▀", top, blockColour(s, shape, (y+1)*step, x*step))
				} else {
					fmt.Fprintf(&b, "\x1b[38;2;%sm▀", top)
				}
			}
			b.WriteString("\x1b[0m")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// blockColour is a pixel as a terminal takes it, "r;g;b"; magenta where it is no number.
func blockColour(s []float32, shape []int, y, x int) string {
	plane := shape[1] * shape[2]
	var c [3]int
	for k := range c {
		v := s[min(k, shape[0]-1)*plane+y*shape[2]+x]
		if v-v != 0 {
			return "255;0;255"
		}
		c[k] = int(min(max(v, 0), 1)*255 + .5)
	}
	return fmt.Sprintf("%d;%d;%d", c[0], c[1], c[2])
}
