package logger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// TensorBoard's event files are records of protocol buffers: a length, its checksum, the
// data, its checksum. Field numbers are facts of the format.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func maskedCRC(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// frame wraps an event as a record.
func frame(data []byte) []byte {
	out := make([]byte, 12, 16+len(data))
	binary.LittleEndian.PutUint64(out, uint64(len(data)))
	binary.LittleEndian.PutUint32(out[8:], maskedCRC(out[:8]))
	out = append(out, data...)
	return binary.LittleEndian.AppendUint32(out, maskedCRC(data))
}

// maxRecord bounds what a record's length may ask for.
const maxRecord = 256 << 20

// errTorn is a record that a crash cut off.
var errTorn = errors.New("logger: torn record")

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
		return nil, fmt.Errorf("logger: record of length %d: wrong checksum", n)
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
		return nil, errors.New("logger: record: wrong checksum")
	}
	return data, nil
}

func bytesField(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

func textField(b []byte, field protowire.Number, v string) []byte {
	return bytesField(b, field, []byte(v))
}

func intField(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

// event starts an Event: wall_time=1, step=2.
func event(wall float64, step int) []byte {
	b := protowire.AppendFixed64(protowire.AppendTag(nil, 1, protowire.Fixed64Type), math.Float64bits(wall))
	return intField(b, 2, uint64(int64(step)))
}

// Data classes of the plugins' values.
const (
	scalarClass = 1
	tensorClass = 2
	blobClass   = 3
)

// The types of TensorProto.
const (
	floatType  = 1
	stringType = 7
)

// summaryValue is Summary.Value: tag=1, tensor=8, metadata=9 {plugin_data=1 {plugin_name=1}, data_class=4}.
func summaryValue(tag, plugin string, class uint64, tensor []byte) []byte {
	v := textField(nil, 1, tag)
	v = bytesField(v, 8, tensor)
	meta := bytesField(nil, 1, textField(nil, 1, plugin))
	meta = intField(meta, 4, class)
	return bytesField(v, 9, meta)
}

// floatTensor is a TensorProto of one float32 without axes: dtype=1, shape=2, content=4.
func floatTensor(v float32) []byte {
	b := intField(nil, 1, floatType)
	b = bytesField(b, 2, nil)
	return bytesField(b, 4, binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
}

// stringTensor is a TensorProto of one axis of strings: shape=2 {dim=2 {size=1}}, string_val=8.
func stringTensor(items ...[]byte) []byte {
	b := intField(nil, 1, stringType)
	b = bytesField(b, 2, bytesField(nil, 2, intField(nil, 1, uint64(len(items)))))
	for _, s := range items {
		b = bytesField(b, 8, s)
	}
	return b
}
