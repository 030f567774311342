package ckpt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Encode writes a safetensors file. Equal arguments give equal bytes: tensors
// lie by element size, largest first, then by name (the reference library's
// order, which keeps every element aligned), metadata by key, and the header is
// padded with spaces to 8 bytes. It returns an error, having written nothing,
// for a duplicate or reserved name, an unknown dtype or data of another size.
func Encode(w io.Writer, ts []Tensor, meta map[string]string) error {
	ts = slices.Clone(ts)
	slices.SortFunc(ts, func(a, b Tensor) int {
		if d := dtypeSize[b.DType] - dtypeSize[a.DType]; d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	header, err := encodeHeader(ts, meta)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range ts {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

// WriteSafetensors writes a file as WriteFileAtomic does.
func WriteSafetensors(path string, ts []Tensor, meta map[string]string) error {
	return hooks{}.writeAtomic(path, 0o644, func(w io.Writer) error { return Encode(w, ts, meta) })
}

func encodeHeader(ts []Tensor, meta map[string]string) ([]byte, error) {
	var h bytes.Buffer
	h.WriteByte('{')
	if len(meta) > 0 {
		h.WriteString(`"__metadata__":{`)
		for i, k := range slices.Sorted(maps.Keys(meta)) {
			if !utf8.ValidString(k) || !utf8.ValidString(meta[k]) {
				return nil, fmt.Errorf("metadata %q is not UTF-8", k)
			}
			comma(&h, i)
			h.WriteString(quote(k) + ":" + quote(meta[k]))
		}
		h.WriteByte('}')
		if len(ts) > 0 {
			h.WriteByte(',')
		}
	}
	seen, at := map[string]bool{}, int64(0)
	for i, t := range ts {
		switch {
		case t.Name == "__metadata__" || !utf8.ValidString(t.Name):
			return nil, fmt.Errorf("tensor name %q cannot be written", t.Name)
		case seen[t.Name]:
			return nil, fmt.Errorf("two tensors are named %q", t.Name)
		}
		seen[t.Name] = true
		if err := t.check(); err != nil {
			return nil, err
		}
		comma(&h, i)
		end := at + int64(len(t.Data))
		fmt.Fprintf(&h, `%s:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, quote(t.Name), t.DType, shapeText(t.Shape), at, end)
		at = end
	}
	h.WriteByte('}')
	for h.Len()%8 != 0 {
		h.WriteByte(' ')
	}
	if h.Len() > maxHeader {
		return nil, fmt.Errorf("header of %d bytes is above the format's limit of %d", h.Len(), maxHeader)
	}
	return h.Bytes(), nil
}

func comma(b *bytes.Buffer, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}

// quote keeps < > & readable, unlike json.Marshal.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// shapeText is a shape as JSON and as we print it: [400,784].
func shapeText(shape []int) string {
	s := make([]string, len(shape))
	for i, d := range shape {
		s[i] = strconv.Itoa(d)
	}
	return "[" + strings.Join(s, ",") + "]"
}
