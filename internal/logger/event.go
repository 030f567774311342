package logger

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// TensorBoard's event files are records of protocol buffers: a length, its checksum, the
// data, its checksum. The numbers of fields are facts of the format; there is no .proto
// file here, since these few messages are all that is written.

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

func doubleField(b []byte, field protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), math.Float64bits(v))
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
func event(at time.Time, step int) []byte {
	return intField(doubleField(nil, 1, seconds(at)), 2, uint64(int64(step)))
}

// seconds since 1970.
func seconds(at time.Time) float64 { return float64(at.UnixNano()) / 1e9 }

// fileVersion is the event that opens every file: file_version=3.
func fileVersion(at time.Time) []byte { return textField(event(at, 0), 3, "brain.Event:2") }

// sessionStart is session_log=7 {status=1: START}.
func sessionStart(at time.Time, step int) []byte {
	return bytesField(event(at, step), 7, intField(nil, 1, 1))
}

// summaryEvent is summary=5 {value=1, repeated}.
func summaryEvent(at time.Time, step int, values ...[]byte) []byte {
	var summary []byte
	for _, v := range values {
		summary = bytesField(summary, 1, v)
	}
	return bytesField(event(at, step), 5, summary)
}

// Data classes of the plugins' values.
const (
	tensorClass = 2
	blobClass   = 3
)

// TensorProto's dtypes.
const (
	floatType  = 1
	stringType = 7
)

// scalarValue is Summary.Value: tag=1, simple_value=2. It is the older way to write a
// scalar, and the one that every reader knows: TensorBoard turns it into a tensor, while
// the EventAccumulator that scripts use lists only these as scalars, and forgets only
// these when a session starts again.
func scalarValue(tag string, v float32) []byte {
	b := protowire.AppendTag(textField(nil, 1, tag), 2, protowire.Fixed32Type)
	return protowire.AppendFixed32(b, math.Float32bits(v))
}

// summaryValue is Summary.Value: tag=1, tensor=8, metadata=9 {plugin_data=1 {plugin_name=1,
// content=2}, data_class=4}. content is the plugin's own, nil where it has none.
func summaryValue(tag, plugin string, content []byte, class uint64, tensor []byte) []byte {
	v := textField(nil, 1, tag)
	v = bytesField(v, 8, tensor)
	data := textField(nil, 1, plugin)
	if content != nil {
		data = bytesField(data, 2, content)
	}
	meta := intField(bytesField(nil, 1, data), 4, class)
	return bytesField(v, 9, meta)
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
