package data

import (
	ziparchive "archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxNpzArrays is far more arrays than a sample has.
const maxNpzArrays = 256

// deflateRatio is what deflate can make of a byte at most: a member that claims more lies.
const deflateRatio = 1032

// eachNpz opens the arrays of an npz file in turn, which is a zip of npy files.
func eachNpz(path string, visit func(name string, h *npyHeader, r io.Reader) error) error {
	z, err := ziparchive.OpenReader(path)
	if err != nil {
		if errors.As(err, new(*os.PathError)) {
			return err
		}
		return formatErrorf(path, 0, "an npz file, as numpy.savez writes it", "%v", err)
	}
	defer z.Close()
	if len(z.File) > maxNpzArrays {
		return formatErrorf(path, 0, fmt.Sprintf("at most %d arrays", maxNpzArrays), "%d", len(z.File))
	}
	seen := map[string]bool{}
	for _, m := range z.File {
		name, isArray := strings.CutSuffix(m.Name, ".npy")
		if !isArray || name == "" || seen[name] {
			return formatErrorf(path, 0, "arrays of different names, each NAME.npy", "%q", m.Name)
		}
		seen[name] = true
		if err := visitMember(path, name, m, visit); err != nil {
			return err
		}
	}
	return nil
}

func visitMember(path, name string, m *ziparchive.File, visit func(name string, h *npyHeader, r io.Reader) error) error {
	inside := path + ": " + m.Name
	if m.UncompressedSize64 > m.CompressedSize64*deflateRatio+maxNpyHeader {
		return formatErrorf(inside, 0, "a size that its compressed bytes can hold", "%d from %d", m.UncompressedSize64, m.CompressedSize64)
	}
	f, err := m.Open()
	if err != nil {
		return formatErrorf(inside, 0, "a member of a zip file", "%v", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<16)
	h, err := readNpyHeader(r, inside)
	if err != nil {
		return err
	}
	if uint64(h.head+h.bytes()) != m.UncompressedSize64 {
		return formatErrorf(inside, h.head, fmt.Sprintf("%d bytes, as the header says", h.head+h.bytes()), "%d", m.UncompressedSize64)
	}
	return visit(name, h, r)
}
