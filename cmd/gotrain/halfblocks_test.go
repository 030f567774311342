package main

import (
	"math"
	"strings"
	"testing"
)

func TestHalfBlocks(t *testing.T) {
	shape := []int{1, 3, 2}
	black, white, bad := []float32{0, 0, 0, 0, 0, 0}, []float32{1, 1, 1, 1, 1, 2}, []float32{float32(math.NaN()), 0, 0, 0, 0, 0}
	got := halfBlocks([][]float32{black, white, bad}, shape, 6) // room for two
	pair := func(c string) string { return strings.Repeat("\x1b[38;2;"+c+"m\x1b[48;2;"+c+"m▀", 2) + "\x1b[0m" }
	half := func(c string) string { return strings.Repeat("\x1b[38;2;"+c+"m▀", 2) + "\x1b[0m" }
	want := pair("0;0;0") + " " + pair("255;255;255") + "\n" + half("0;0;0") + " " + half("255;255;255") + "\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := halfBlocks([][]float32{bad}, shape, 80); !strings.HasPrefix(got, "\x1b[38;2;255;0;255m") {
		t.Errorf("%q", got)
	}
	if got := halfBlocks([][]float32{black}, shape, 1); got != "" {
		t.Errorf("no room: %q", got)
	}
}
