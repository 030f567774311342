package logger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The reader of event files is the tests' own: gotrain only writes them.

// maxRecord bounds what a record's length may ask for.
const maxRecord = 256 << 20

// errTorn is a record that a crash cut off.
var errTorn = errors.New("torn record")

// readRecord gives the next record's data; io.EOF after the last.
func readRecord(r io.Reader) ([]byte, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		if err == io.ErrUnexpectedEOF {
			err = errTorn
		}
		return nil, err
	}
	n := binary.LittleEndian.Uint64(head[:])
	if maskedCRC(head[:8]) != binary.LittleEndian.Uint32(head[8:]) || n > maxRecord {
		return nil, fmt.Errorf("record of length %d: wrong checksum", n)
	}
	data, err := io.ReadAll(io.LimitReader(r, int64(n)+4))
	if err != nil {
		return nil, err
	}
	if uint64(len(data)) != n+4 {
		return nil, errTorn
	}
	data, sum := data[:n], binary.LittleEndian.Uint32(data[n:])
	if maskedCRC(data) != sum {
		return nil, errors.New("record: wrong checksum")
	}
	return data, nil
}
