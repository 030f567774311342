package ckpt

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteNpy(t *testing.T) {
	for _, c := range []struct {
		shape []int
		want  string
	}{
		{nil, "()"},
		{[]int{6}, "(6,)"},
		{[]int{2, 3}, "(2, 3)"},
		{[]int{1, 2, 1, 3}, "(1, 2, 1, 3)"},
		{[]int{0, 3}, "(0, 3)"},
		{[]int{70, 100}, "(70, 100)"}, // more than one buffer
	} {
		n, _ := byteCount("F32", c.shape)
		x := make([]float32, n/4)
		for i := range x {
			x[i] = float32(i) - 0.5
		}
		path := filepath.Join(t.TempDir(), "x.npy")
		if err := WriteNpy(path, c.shape, x); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		end := 10 + int(binary.LittleEndian.Uint16(b[8:]))
		header := "{'descr': '<f4', 'fortran_order': False, 'shape': " + c.want + ", }"
		if string(b[:8]) != "\x93NUMPY\x01\x00" || end%64 != 0 || b[end-1] != '\n' ||
			strings.TrimRight(string(b[10:end]), " \n") != header || len(b) != end+4*len(x) {
			t.Fatalf("%v: %q", c.shape, b[:end])
		}
		for i, v := range x {
			if got := math.Float32frombits(binary.LittleEndian.Uint32(b[end+4*i:])); got != v {
				t.Fatalf("element %d is %v, expected %v", i, got, v)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := WriteNpy(path, []int{2}, []float32{1}); err == nil {
		t.Error("a wrong shape was written")
	}
	if err := WriteNpy(path, make([]int, 30000), nil); err == nil {
		t.Error("an endless header was written")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("an error left a file")
	}
}
