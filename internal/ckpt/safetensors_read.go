package ckpt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"unicode/utf8"
)

// maxHeader is the reference library's own limit; it bounds what a hostile
// length field can make us allocate.
const maxHeader = 100_000_000

// FormatError says why bytes are not a safetensors file.
type FormatError struct {
	Path   string // "" when decoded from memory
	Tensor string // "" when the fault is not one tensor's
	Reason string
}

func (e *FormatError) Error() string {
	s := e.Reason
	if e.Tensor != "" {
		s = fmt.Sprintf("tensor %q: %s", e.Tensor, s)
	}
	if e.Path != "" {
		s = e.Path + ": " + s
	}
	return s
}

func badf(tensor, format string, args ...any) error {
	return &FormatError{Tensor: tensor, Reason: fmt.Sprintf(format, args...)}
}

// Decode reads a whole safetensors file held in memory. The tensors, ordered
// as their data lies, share b. Any input gives a result or a *FormatError.
func Decode(b []byte) ([]Tensor, map[string]string, error) {
	n, err := headerLength(b, int64(len(b)))
	if err != nil {
		return nil, nil, err
	}
	data := b[8+n:]
	ts, begins, meta, err := parseHeader(b[8:8+n], int64(len(data)))
	if err != nil {
		return nil, nil, err
	}
	slice(ts, begins, data)
	return ts, meta, nil
}

// ReadSafetensors reads a file; the header is checked against the file's size
// before the data are read, so that memory follows what is really on disk.
func ReadSafetensors(path string) ([]Tensor, map[string]string, error) {
	return readSafetensors(path, true)
}

// readSafetensors gives the tensors without data where they are not asked for.
func readSafetensors(path string, withData bool) ([]Tensor, map[string]string, error) {
	// Stat before Open: opening a named pipe would wait for its writer.
	if fi, err := os.Stat(path); err != nil {
		return nil, nil, err
	} else if !fi.Mode().IsRegular() {
		return nil, nil, &FormatError{Path: path, Reason: "is not a regular file"}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	ts, meta, err := readFrom(f, fi.Size(), withData)
	var fe *FormatError
	switch {
	case errors.As(err, &fe):
		fe.Path = path
	case err != nil:
		err = fmt.Errorf("%s: %w", path, err)
	}
	return ts, meta, err
}

func readFrom(r io.Reader, size int64, withData bool) ([]Tensor, map[string]string, error) {
	start := make([]byte, min(8, size))
	if _, err := io.ReadFull(r, start); err != nil {
		return nil, nil, err
	}
	n, err := headerLength(start, size)
	if err != nil {
		return nil, nil, err
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, nil, err
	}
	ts, begins, meta, err := parseHeader(header, size-8-int64(n))
	if err != nil {
		return nil, nil, err
	}
	if !withData {
		return ts, meta, nil
	}
	data := make([]byte, size-8-int64(n))
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, nil, err
	}
	slice(ts, begins, data)
	return ts, meta, nil
}

// headerLength reads the length field in start, the first bytes of a file of
// the given size.
func headerLength(start []byte, size int64) (int, error) {
	if len(start) < 8 {
		return 0, badf("", "is %d bytes; a safetensors file has at least 8", size)
	}
	n := binary.LittleEndian.Uint64(start)
	switch {
	// Asked only of an impossible length: one of 640 also begins like a pickle.
	case n > maxHeader && (bytes.HasPrefix(start, []byte("PK\x03\x04")) || bytes.HasPrefix(start, []byte("\x80\x02"))):
		return 0, badf("", "is a PyTorch pickle, not safetensors; convert it with safetensors.torch.save_file(state_dict, path)")
	case n > maxHeader:
		return 0, badf("", "header length %d is above the limit of %d; is this a safetensors file?", n, maxHeader)
	case int64(n) > size-8:
		return 0, badf("", "header length %d, but only %d bytes follow it: the file is cut short", n, size-8)
	}
	return int(n), nil
}

// parseHeader returns the tensors without data, in order of their offsets,
// which it has proved to cover exactly [0, dataSize).
func parseHeader(h []byte, dataSize int64) ([]Tensor, []int64, map[string]string, error) {
	if !utf8.Valid(h) {
		return nil, nil, nil, badf("", "header is not UTF-8")
	}
	if len(h) == 0 || h[0] != '{' || !json.Valid(h) {
		return nil, nil, nil, badf("", "header is not a JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(h))
	d.UseNumber()
	var (
		entries []entry
		meta    map[string]string
		seen    = map[string]bool{}
	)
	// Token by token, because decoding into a map keeps the last of two equal
	// names and into a struct ignores the case of keys.
	_, _ = d.Token()
	for d.More() {
		name := key(d)
		if seen[name] {
			return nil, nil, nil, badf(name, "appears twice")
		}
		seen[name] = true
		var err error
		if name == "__metadata__" {
			meta, err = parseMetadata(d)
		} else {
			var e entry
			e, err = parseEntry(d, name)
			entries = append(entries, e)
		}
		if err != nil {
			return nil, nil, nil, err
		}
	}
	ts, begins, err := layOut(entries, dataSize)
	return ts, begins, meta, err
}

type entry struct {
	Tensor
	begin, end int64
}

// layOut sorts by offset and demands no gap, no overlap and no rest.
func layOut(entries []entry, dataSize int64) ([]Tensor, []int64, error) {
	sort.SliceStable(entries, func(i, j int) bool {
		a, b := entries[i], entries[j]
		return a.begin < b.begin || a.begin == b.begin && a.end < b.end
	})
	ts, begins := make([]Tensor, len(entries)), make([]int64, len(entries)+1)
	at := int64(0)
	for i, e := range entries {
		switch {
		case e.begin > e.end:
			return nil, nil, badf(e.Name, "data_offsets [%d,%d] run backwards", e.begin, e.end)
		case e.begin < at:
			return nil, nil, badf(e.Name, "data_offsets [%d,%d] overlap the tensor before, which ends at %d", e.begin, e.end, at)
		case e.begin > at:
			return nil, nil, badf(e.Name, "data_offsets [%d,%d] leave a gap after %d", e.begin, e.end, at)
		case e.end > dataSize:
			return nil, nil, badf(e.Name, "data_offsets [%d,%d] end beyond the %d bytes of data: the file is cut short", e.begin, e.end, dataSize)
		}
		want, err := byteCount(e.DType, e.Shape)
		if err != nil {
			return nil, nil, badf(e.Name, "%v", err)
		}
		if want != e.end-e.begin {
			return nil, nil, badf(e.Name, "%s%s is %d bytes, but data_offsets [%d,%d] hold %d", e.DType, shapeText(e.Shape), want, e.begin, e.end, e.end-e.begin)
		}
		ts[i], begins[i], at = e.Tensor, e.begin, e.end
	}
	if at != dataSize {
		return nil, nil, badf("", "%d bytes of data belong to no tensor", dataSize-at)
	}
	begins[len(entries)] = at
	return ts, begins, nil
}

func slice(ts []Tensor, begins []int64, data []byte) {
	for i := range ts {
		ts[i].Data = data[begins[i]:begins[i+1]:begins[i+1]]
	}
}

// key returns the next token of an object whose syntax json.Valid has accepted,
// where only a string can stand.
func key(d *json.Decoder) string {
	t, _ := d.Token()
	s, _ := t.(string)
	return s
}

func open(d *json.Decoder, want json.Delim) bool {
	t, err := d.Token()
	return err == nil && t == want
}

func parseMetadata(d *json.Decoder) (map[string]string, error) {
	if !open(d, '{') {
		return nil, badf("", "__metadata__ is not an object")
	}
	m := map[string]string{}
	for d.More() {
		k := key(d)
		t, _ := d.Token()
		v, ok := t.(string)
		if !ok {
			return nil, badf("", "__metadata__: the value of %q is not a string", k)
		}
		if _, twice := m[k]; twice {
			return nil, badf("", "__metadata__: %q appears twice", k)
		}
		m[k] = v
	}
	_, _ = d.Token()
	return m, nil
}

func parseEntry(d *json.Decoder, name string) (entry, error) {
	e := entry{Tensor: Tensor{Name: name}}
	if !open(d, '{') {
		return e, badf(name, "its entry is not an object")
	}
	seen := map[string]bool{}
	for d.More() {
		k := key(d)
		if seen[k] {
			return e, badf(name, "%q appears twice", k)
		}
		seen[k] = true
		switch k {
		case "dtype":
			t, _ := d.Token()
			s, ok := t.(string)
			if !ok {
				return e, badf(name, "dtype is not a string")
			}
			if _, known := dtypeSize[s]; !known {
				return e, badf(name, "unknown dtype %q", s)
			}
			e.DType = s
		case "shape":
			dims, err := integers(d, name, k)
			if err != nil {
				return e, err
			}
			e.Shape = make([]int, len(dims))
			for i, v := range dims {
				e.Shape[i] = int(v)
				if int64(e.Shape[i]) != v {
					return e, badf(name, "shape: %d is too large for this machine", v)
				}
			}
		case "data_offsets":
			off, err := integers(d, name, k)
			if err != nil {
				return e, err
			}
			if len(off) != 2 {
				return e, badf(name, "data_offsets has %d numbers, expected 2", len(off))
			}
			e.begin, e.end = off[0], off[1]
		default:
			return e, badf(name, "unknown key %q", k)
		}
	}
	_, _ = d.Token()
	for _, k := range []string{"dtype", "shape", "data_offsets"} {
		if !seen[k] {
			return e, badf(name, "%s is missing", k)
		}
	}
	return e, nil
}

func integers(d *json.Decoder, name, k string) ([]int64, error) {
	if !open(d, '[') {
		return nil, badf(name, "%s is not a list", k)
	}
	out := []int64{}
	for d.More() {
		t, _ := d.Token()
		num, ok := t.(json.Number)
		if !ok {
			return nil, badf(name, "%s holds something else than a number", k)
		}
		v, err := strconv.ParseInt(num.String(), 10, 64)
		if err != nil || v < 0 {
			return nil, badf(name, "%s: %s is not a whole number from 0 to 2^63-1", k, num)
		}
		out = append(out, v)
	}
	_, _ = d.Token()
	return out, nil
}
