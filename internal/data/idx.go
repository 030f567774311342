package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// idxArray is an IDX file of bytes: a magic number (0, 0, type, rank), the dimensions as
// big-endian words, then the bytes.
type idxArray struct {
	path   string
	dims   []int
	data   []byte
	sha256 string // of the uncompressed file
}

// maxIDX bounds what is read into memory: EMNIST's largest file is half of it, and a
// small compressed file cannot claim more.
const maxIDX = 1 << 30

// readIDX reads a file of images or labels, plain or compressed, and checks all of it.
func readIDX(path string, labels bool) (*idxArray, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	in, compressed, err := uncompressed(f)
	if err != nil {
		return nil, formatErrorf(path, 0, "a gzip file", "%v", err)
	}
	size := fi.Size()
	if compressed {
		size = -1
	}
	return parseIDX(in, path, size, labels)
}

// countIDX is the number of samples that a file's head says.
func countIDX(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	in, _, err := uncompressed(f)
	if err != nil {
		return 0, err
	}
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, err
	}
	return int(min(binary.BigEndian.Uint32(head[4:]), maxIDX/pixels)), nil
}

// uncompressed looks at the first bytes and not at the name, as both kinds go by both.
func uncompressed(f io.Reader) (r io.Reader, compressed bool, err error) {
	b := bufio.NewReaderSize(f, 1<<16)
	if head, _ := b.Peek(2); !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return b, false, nil
	}
	z, err := gzip.NewReader(b)
	return z, true, err
}

// parseIDX reads images (n, 28, 28) or labels (n). size is the file's, or -1 where only
// reading to the end tells; nothing is allocated because a header says so.
func parseIDX(r io.Reader, path string, size int64, labels bool) (*idxArray, error) {
	rank := 3
	if labels {
		rank = 1
	}
	head := make([]byte, 4+4*rank)
	if n, err := io.ReadFull(r, head); err != nil {
		return nil, shortFile(path, int64(n), fmt.Sprintf("an IDX header of %d bytes", len(head)), err)
	}
	a := &idxArray{path: path}
	body, err := a.header(head, rank)
	if err != nil {
		return nil, err
	}
	total := int64(len(head)) + body
	if size >= 0 && size != total {
		return nil, formatErrorf(path, min(size, total), fmt.Sprintf("%d bytes, as the header says", total), "%d", size)
	}
	if a.data, err = readBody(r, body, size >= 0); err != nil || int64(len(a.data)) < body {
		return nil, shortFile(path, int64(len(head)+len(a.data)), fmt.Sprintf("%d bytes, as the header says", total), err)
	}
	if err := atEnd(r, path, total); err != nil {
		return nil, err
	}
	if labels {
		for i, c := range a.data {
			if c >= classes {
				return nil, formatErrorf(path, int64(len(head)+i), "a label from 0 to 9", "%d", c)
			}
		}
	}
	h := sha256.New()
	h.Write(head)
	h.Write(a.data)
	a.sha256 = hex.EncodeToString(h.Sum(nil))
	return a, nil
}

// header checks the header and gives the number of bytes that follow it.
func (a *idxArray) header(head []byte, rank int) (int64, error) {
	const ubyte = 8
	if want := uint32(ubyte<<8 | rank); binary.BigEndian.Uint32(head) != want {
		return 0, formatErrorf(a.path, 0, fmt.Sprintf("magic number %#08x (bytes, rank %d)", want, rank), "%#08x", binary.BigEndian.Uint32(head))
	}
	body := int64(1)
	for i := range rank {
		at := 4 + 4*i
		d := int64(binary.BigEndian.Uint32(head[at:]))
		switch {
		case i > 0 && d != side:
			return 0, formatErrorf(a.path, int64(at), "images of 28 x 28", "a dimension of %d", d)
		case d == 0:
			return 0, formatErrorf(a.path, int64(at), "at least one sample", "none")
		}
		body *= d // fits: one 32-bit count, times 784
		a.dims = append(a.dims, int(d))
	}
	if body > maxIDX {
		return 0, formatErrorf(a.path, 4, fmt.Sprintf("at most %d bytes of samples", maxIDX), "%d", body)
	}
	return body, nil
}

// readBody reads n bytes, or fewer where there are no more. Only where the file is known
// to have them are they allocated ahead.
func readBody(r io.Reader, n int64, known bool) ([]byte, error) {
	if known {
		data := make([]byte, n)
		got, err := io.ReadFull(r, data)
		return data[:got], err
	}
	return io.ReadAll(io.LimitReader(r, n))
}

// atEnd checks that nothing follows, which is also what makes gzip check its checksum.
func atEnd(r io.Reader, path string, total int64) error {
	n, err := r.Read(make([]byte, 1))
	for n == 0 && err == nil {
		n, err = r.Read(make([]byte, 1))
	}
	switch {
	case n > 0:
		return formatErrorf(path, total, fmt.Sprintf("the end of the file after %d bytes, as the header says", total), "more")
	case err != io.EOF:
		return shortFile(path, total, "the end of the file", err)
	}
	return nil
}

// shortFile tells a file that ends early, or is damaged within its compression, from one
// that the system fails to read.
func shortFile(path string, at int64, expected string, err error) error {
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return formatErrorf(path, at, expected, "the end of the file")
	case errors.As(err, new(*os.PathError)):
		return err
	}
	return formatErrorf(path, at, expected, "%v", err)
}
