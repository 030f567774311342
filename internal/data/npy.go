package data

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/units"
)

// npyHeader is what an npy file says of its array (numpy.lib.format). The reader is ours:
// libraries slice such headers without looking, and make what a hostile one asks for.
type npyHeader struct {
	path  string
	order binary.ByteOrder
	kind  byte // f, i, u or b
	width int  // bytes of a number
	shape []int
	head  int64 // bytes before the numbers
}

// Bounds of an array: a header longer than this is no header, and a larger array would not
// be held in memory.
const (
	maxNpyHeader = 1 << 16
	maxNpyBytes  = 1 << 33
	maxNpyRank   = 8
)

var (
	npyDict    = regexp.MustCompile(`^\{.*\}[ \n]*$`)
	npyDescr   = regexp.MustCompile(`'descr': *'([<>|=]?)([a-zA-Z?])([0-9]*)'`)
	npyFortran = regexp.MustCompile(`'fortran_order': *(True|False)`)
	npyShape   = regexp.MustCompile(`'shape': *\(([0-9, ]*)\)`)
)

// readNpyHeader reads and checks the header of an array of samples.
func readNpyHeader(r io.Reader, path string) (*npyHeader, error) {
	head := make([]byte, 12)
	if n, err := io.ReadFull(r, head[:10]); err != nil {
		return nil, shortFile(path, int64(n), "an npy header", err)
	}
	if string(head[:6]) != "\x93NUMPY" {
		return nil, formatErrorf(path, 0, `"\x93NUMPY", as an npy file begins`, "%q", head[:6])
	}
	size, at := int64(binary.LittleEndian.Uint16(head[8:])), int64(10)
	switch head[6] {
	case 1:
	case 2, 3:
		if n, err := io.ReadFull(r, head[10:12]); err != nil {
			return nil, shortFile(path, 10+int64(n), "an npy header", err)
		}
		size, at = int64(binary.LittleEndian.Uint32(head[8:])), 12
	default:
		return nil, formatErrorf(path, 6, "version 1, 2 or 3 of the npy format", "%d", head[6])
	}
	if size > maxNpyHeader {
		return nil, formatErrorf(path, 8, fmt.Sprintf("a header of at most %d bytes", maxNpyHeader), "%d", size)
	}
	text := make([]byte, size)
	if n, err := io.ReadFull(r, text); err != nil {
		return nil, shortFile(path, at+int64(n), fmt.Sprintf("a header of %d bytes", size), err)
	}
	h := &npyHeader{path: path, head: at + size}
	return h, h.decode(string(text), at)
}

// decode reads the header's Python dict.
func (h *npyHeader) decode(text string, at int64) error {
	descr, fortran, shape := npyDescr.FindStringSubmatch(text), npyFortran.FindStringSubmatch(text), npyShape.FindStringSubmatch(text)
	if !npyDict.MatchString(text) || descr == nil && strings.Contains(text, "'descr': '") || fortran == nil || shape == nil {
		return formatErrorf(h.path, at, "{'descr': '<f4', 'fortran_order': False, 'shape': (60000, 784), }", "%.80q", text)
	}
	var dtype string
	if descr != nil {
		dtype = descr[2] + descr[3]
	}
	switch dtype {
	case "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1":
	default:
		return formatErrorf(h.path, at, "numbers: float16, 32, 64, integers or booleans", "%s; convert it in Python: a.astype('float32')", dtypeName(text, descr))
	}
	h.kind, h.width, h.order = dtype[0], int(dtype[1]-'0'), binary.LittleEndian
	if descr[1] == ">" {
		h.order = binary.BigEndian
	}
	total := int64(h.width)
	for word := range strings.SplitSeq(shape[1], ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		d, err := strconv.ParseInt(word, 10, 64)
		if err != nil || d < 0 || d > maxNpyBytes || len(h.shape) == maxNpyRank {
			return formatErrorf(h.path, at, "a shape", "(%s)", shape[1])
		}
		if d == 0 {
			return formatErrorf(h.path, at, "at least one sample of at least one number", "the shape (%s)", shape[1])
		}
		if total > maxNpyBytes/d {
			return formatErrorf(h.path, at, fmt.Sprintf("at most %d bytes", int64(maxNpyBytes)), "the shape (%s)", shape[1])
		}
		total *= d
		h.shape = append(h.shape, int(d))
	}
	if len(h.shape) == 0 {
		return formatErrorf(h.path, at, "an array whose first axis counts the samples", "a single number")
	}
	if h.shape[0] > math.MaxInt32 {
		return formatErrorf(h.path, at, "at most 2,147,483,647 samples", "%s", units.Thousands(h.shape[0]))
	}
	if fortran[1] == "True" && len(h.shape) > 1 {
		return formatErrorf(h.path, at, "rows one after another", "columns; save numpy.ascontiguousarray(a)")
	}
	return nil
}

func dtypeName(text string, descr []string) string {
	switch {
	case descr == nil:
		return "a record or structured type"
	case descr[2] == "O":
		return "Python objects"
	case descr[2] == "U" || descr[2] == "S":
		return "texts"
	case descr[2] == "c":
		return "complex numbers"
	}
	return "the type " + descr[2] + descr[3]
}

// bytes is the size of the array.
func (h *npyHeader) bytes() int64 {
	n := int64(h.width)
	for _, d := range h.shape {
		n *= int64(d)
	}
	return n
}

// isWhole reports whether the numbers are whole, and no picture's.
func (h *npyHeader) isWhole() bool { return (h.kind == 'i' || h.kind == 'u') && !h.isPicture() }

// isLabel reports whether each sample is one whole number.
func (h *npyHeader) isLabel() bool { return h.isWhole() && len(h.shape) == 1 }

// isPicture reports whether samples are bytes of two axes or more: shades from 0 to 255,
// which become numbers in 0..1 as mnist's do.
func (h *npyHeader) isPicture() bool { return h.kind == 'u' && h.width == 1 && len(h.shape) > 2 }

// values are numbers of an array in memory. One of the slices is set.
type values struct {
	floats []float32
	ints   []int32
	shades []byte // see isPicture
}

// column is an array in memory, in chunks of whole rows: it grows without being copied,
// and nothing is made because a header says so.
type column struct {
	rows   int // of a chunk; the last may have fewer
	chunks []values
}

// chunkBytes is about how large a chunk is. A row that is larger is a chunk of its own.
const chunkBytes = 1 << 19

// at gives the chunk of a row, and the row's place in it.
func (c *column) at(row int) (chunk *values, place int) {
	return &c.chunks[row/c.rows], row % c.rows
}

// column reads the array.
func (h *npyHeader) column(r io.Reader) (*column, error) {
	row := h.bytes() / int64(h.shape[0]) // of the file
	c := &column{rows: int(max(chunkBytes/row, 1))}
	left, room := h.bytes(), int64(0) // in the file, and in the last chunk
	return c, h.parts(r, func(part []byte) int {
		for at := 0; at < len(part); {
			if room == 0 {
				room = min(int64(c.rows)*row, left)
				c.chunks = append(c.chunks, h.reserve(min(room, chunkBytes)))
			}
			n := int(min(int64(len(part)-at), room))
			if wrong := c.chunks[len(c.chunks)-1].add(h, part[at:at+n]); wrong >= 0 {
				return at + wrong
			}
			at += n
			left -= int64(n)
			room -= int64(n)
		}
		return -1
	})
}

// memory is what the array takes once it is read.
func (h *npyHeader) memory() int64 {
	n := h.bytes() / int64(h.width)
	if h.isPicture() {
		return n
	}
	return 4 * n
}

// parts gives take the array's bytes, no number cut, some at a time; take tells the
// place of the first number that does not fit, else -1.
func (h *npyHeader) parts(r io.Reader, take func(part []byte) int) error {
	total := h.bytes()
	buf := make([]byte, 1<<16)
	for done := int64(0); done < total; {
		part := buf[:min(int64(len(buf)), total-done)]
		if n, err := io.ReadFull(r, part); err != nil {
			return shortFile(h.path, h.head+done+int64(n), fmt.Sprintf("%d bytes of numbers, as the header says", total), err)
		}
		if at := take(part); at >= 0 {
			return formatErrorf(h.path, h.head+done+int64(at), "a number that fits (float32, or whole and below 2^31)", "a larger one; see the array's minimum and maximum")
		}
		done += int64(len(part))
	}
	return atEnd(r, h.path, h.head+total)
}

// wholeRange reads an array of whole numbers for the least and the greatest, and keeps none.
func (h *npyHeader) wholeRange(r io.Reader) (*config.Range, error) {
	found := config.Range{Min: math.MaxInt32, Max: math.MinInt32}
	return &found, h.parts(r, func(part []byte) int {
		for at := 0; at < len(part); at += h.width {
			n, fits := h.whole(part[at:])
			if !fits {
				return at
			}
			found.Min, found.Max = min(found.Min, int(n)), max(found.Max, int(n))
		}
		return -1
	})
}

// reserve makes room for the numbers of so many bytes of the file.
func (h *npyHeader) reserve(bytes int64) (v values) {
	n := bytes / int64(h.width)
	switch {
	case h.isPicture():
		v.shades = make([]byte, 0, n)
	case h.isWhole():
		v.ints = make([]int32, 0, n)
	default:
		v.floats = make([]float32, 0, n)
	}
	return v
}

// add converts numbers. It gives the place of the first that does not fit, else -1.
func (v *values) add(h *npyHeader, part []byte) int {
	if h.isPicture() {
		v.shades = append(v.shades, part...)
		return -1
	}
	for at := 0; at < len(part); at += h.width {
		b := part[at : at+h.width]
		switch h.kind {
		case 'f':
			f, fits := h.float(b)
			if !fits {
				return at
			}
			v.floats = append(v.floats, f)
		case 'b':
			f := float32(0)
			if b[0] != 0 {
				f = 1
			}
			v.floats = append(v.floats, f)
		default:
			i, fits := h.whole(b)
			if !fits {
				return at
			}
			v.ints = append(v.ints, i)
		}
	}
	return -1
}

func (h *npyHeader) float(b []byte) (float32, bool) {
	switch h.width {
	case 2:
		return half(h.order.Uint16(b)), true
	case 4:
		return math.Float32frombits(h.order.Uint32(b)), true
	}
	x := math.Float64frombits(h.order.Uint64(b))
	f := float32(x)
	return f, !math.IsInf(float64(f), 0) || math.IsInf(x, 0)
}

func (h *npyHeader) whole(b []byte) (int32, bool) {
	var u uint64
	switch h.width {
	case 1:
		u = uint64(b[0])
	case 2:
		u = uint64(h.order.Uint16(b))
	case 4:
		u = uint64(h.order.Uint32(b))
	default:
		u = h.order.Uint64(b)
	}
	if h.kind == 'u' {
		return int32(u), u <= math.MaxInt32
	}
	shift := 64 - 8*h.width
	i := int64(u<<shift) >> shift // the sign
	return int32(i), i == int64(int32(i))
}

// half converts an IEEE 754 half-precision number, exactly.
func half(b uint16) float32 {
	sign, exponent, fraction := uint32(b>>15)<<31, uint32(b>>10)&31, uint32(b)&1023
	switch {
	case exponent == 31:
		return math.Float32frombits(sign | 255<<23 | fraction<<13)
	case exponent == 0:
		f := float32(fraction) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}

// visitNpy opens an npy file.
func visitNpy(name, path string, visit func(name string, h *npyHeader, r io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(f, 1<<16)
	h, err := readNpyHeader(r, path)
	if err != nil {
		return err
	}
	if fi.Mode().IsRegular() && fi.Size() != h.head+h.bytes() {
		return formatErrorf(path, min(fi.Size(), h.head+h.bytes()), fmt.Sprintf("%d bytes, as the header says", h.head+h.bytes()), "%d", fi.Size())
	}
	return visit(name, h, r)
}
