package ckpt

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// WriteNpy writes x as a NumPy array of the given shape (none: a scalar), as
// WriteFileAtomic does. The format is written here because npyio takes the
// shape from the Go type and so cannot write a rank known only at run time.
func WriteNpy(path string, shape []int, x []float32) error {
	want, err := byteCount("F32", shape)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if want != 4*int64(len(x)) {
		return fmt.Errorf("%s: shape %s is %d numbers, found %d", path, shapeText(shape), want/4, len(x))
	}
	header, err := npyHeader(shape)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return hooks{}.writeAtomic(path, 0o644, func(w io.Writer) error {
		if _, err := w.Write(header); err != nil {
			return err
		}
		buf := make([]byte, 0, 1<<14)
		for len(x) > 0 {
			n := min(len(x), cap(buf)/4)
			buf = buf[:0]
			for _, v := range x[:n] {
				buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
			}
			if _, err := w.Write(buf); err != nil {
				return err
			}
			x = x[n:]
		}
		return nil
	})
}

// npyHeader is format 1.0, padded so that the data start at a multiple of 64
// and can be mapped.
func npyHeader(shape []int) ([]byte, error) {
	dims := ""
	for _, d := range shape {
		dims += strconv.Itoa(d) + ", "
	}
	if len(shape) > 1 { // (2, 3) but (2,): Python's own spelling
		dims = strings.TrimSuffix(dims, ", ")
	} else {
		dims = strings.TrimSuffix(dims, " ")
	}
	dict := "{'descr': '<f4', 'fortran_order': False, 'shape': (" + dims + "), }"
	const fixed = 10 // magic, version, length
	size := (fixed + len(dict) + 1 + 63) / 64 * 64
	if size-fixed > math.MaxUint16 {
		return nil, fmt.Errorf("%d dimensions are more than a .npy header holds", len(shape))
	}
	b := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(b[8:], uint16(size-fixed))
	b = append(b, dict...)
	b = append(b, strings.Repeat(" ", size-len(b)-1)...)
	return append(b, '\n'), nil
}
