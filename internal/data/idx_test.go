package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// idxFileOf makes an IDX file: a magic number, dimensions, and count bytes of value.
func idxFileOf(magic uint32, dims []uint32, count int, value byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, magic)
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, bytes.Repeat([]byte{value}, count)...)
}

func imagesOf(n int) []byte { return idxFileOf(0x803, []uint32{uint32(n), 28, 28}, n*pixels, 7) }

func labelsOf(n int) []byte {
	b := idxFileOf(0x801, []uint32{uint32(n)}, n, 0)
	for i := range n {
		b[8+i] = byte(i % 10)
	}
	return b
}

func zip(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestIDXReadsPlainAndCompressed(t *testing.T) {
	for _, c := range []struct {
		file   []byte
		labels bool
		n      int
	}{{imagesOf(3), false, 3 * pixels}, {labelsOf(12), true, 12}} {
		for _, b := range [][]byte{c.file, zip(c.file)} {
			path := filepath.Join(t.TempDir(), "file") // the name does not tell, the bytes do
			write(t, path, b)
			a, err := readIDX(path, c.labels)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.data) != c.n || !bytes.HasSuffix(c.file, a.data) || len(a.sha256) != 64 {
				t.Errorf("%d bytes", len(a.data))
			}
		}
	}
}

func TestIDXFaults(t *testing.T) {
	good := imagesOf(2)
	bad := labelsOf(20)
	bad[8+13] = 10
	flipped := zip(good)
	flipped[len(flipped)-6] ^= 1 // within the checksum
	for _, c := range []struct {
		name            string
		file            []byte
		labels          bool
		offset          int64
		expected, found string
	}{
		{"empty", nil, false, 0, "an IDX header of 16 bytes", "the end of the file"},
		{"short header", good[:9], false, 9, "an IDX header of 16 bytes", "the end of the file"},
		{"labels as images", labelsOf(2000), false, 0, "magic number 0x00000803", "0x00000801"},
		{"images as labels", good, true, 0, "magic number 0x00000801", "0x00000803"},
		{"floats", idxFileOf(0xd03, []uint32{2, 28, 28}, 2*pixels, 0), false, 0, "magic number 0x00000803", "0x00000d03"},
		{"truncated", good[:1000], false, 1000, "1584 bytes, as the header says", "1000"},
		{"truncated gz", zip(good[:1000]), false, 1000, "1584 bytes, as the header says", "the end of the file"},
		{"cut gz", zip(good)[:20], false, -1, "", "the end of the file"},
		{"longer", append(imagesOf(2), 0), false, 1584, "1584 bytes", "1585"},
		{"longer gz", zip(append(imagesOf(2), 0)), false, 1584, "the end of the file after 1584 bytes", "more"},
		{"checksum", flipped, false, 1584, "1584 bytes", "gzip: invalid checksum"},
		{"27 wide", idxFileOf(0x803, []uint32{2, 28, 27}, 2*28*27, 0), false, 12, "28 x 28", "27"},
		{"none", idxFileOf(0x803, []uint32{0, 28, 28}, 0, 0), false, 4, "at least one sample", "none"},
		{"huge", idxFileOf(0x803, []uint32{1<<32 - 1, 28, 28}, 10, 0), false, 4, "at most", "3367254359280"},
		{"huge gz", zip(idxFileOf(0x801, []uint32{1 << 30}, 10, 0)), true, 18, "1073741832 bytes", "the end of the file"},
		{"label 10", bad, true, 21, "a label from 0 to 9", "10"},
		{"half a gz header", []byte{0x1f, 0x8b, 8}, false, 0, "a gzip file", "EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x-ubyte")
			write(t, path, c.file)
			_, err := readIDX(path, c.labels)
			var f *FormatError
			if !errors.As(err, &f) {
				t.Fatalf("%v", err)
			}
			if f.File != path || c.offset >= 0 && f.Offset != c.offset || !strings.Contains(f.Expected, c.expected) || !strings.Contains(f.Found, c.found) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestIDXBelievesNoHeader: a short compressed file that claims a gigabyte costs no memory.
func TestIDXBelievesNoHeader(t *testing.T) {
	b := zip(idxFileOf(0x801, []uint32{1 << 30}, 10, 0))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := parseIDX(bytes.NewReader(b), "x", -1, true); err == nil {
		t.Fatal("no error")
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
}

func FuzzIDX(f *testing.F) {
	for _, b := range [][]byte{imagesOf(1), labelsOf(3), zip(labelsOf(3)), {}, idxFileOf(0x803, []uint32{1 << 31, 28, 28}, 4, 0)} {
		f.Add(b, true)
		f.Add(b, false)
	}
	f.Fuzz(func(t *testing.T, b []byte, labels bool) {
		in, compressed, err := uncompressed(bytes.NewReader(b))
		if err != nil {
			return
		}
		size := int64(len(b))
		if compressed {
			size = -1
		}
		a, err := parseIDX(in, "fuzz", size, labels)
		if err != nil {
			var format *FormatError
			if !errors.As(err, &format) || format.Offset < 0 {
				t.Fatalf("%v", err)
			}
			return
		}
		n := 1
		for _, d := range a.dims {
			n *= d
		}
		if n != len(a.data) {
			t.Fatalf("dimensions %v and %d bytes", a.dims, len(a.data))
		}
	})
}
