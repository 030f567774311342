package ckpt

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Tensor is one named array. Data is little-endian, row-major, exactly
// product(Shape) elements of DType; an empty Shape is a scalar. What a reader
// returns shares one buffer per file.
type Tensor struct {
	Name  string
	DType string // safetensors' spelling: F32, BF16, I64, BOOL, ...
	Shape []int
	Data  []byte
}

// dtypeSize holds every element type we read and write, with its bytes.
var dtypeSize = map[string]int{
	"F64": 8, "I64": 8, "U64": 8,
	"F32": 4, "I32": 4, "U32": 4,
	"F16": 2, "BF16": 2, "I16": 2, "U16": 2,
	"F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "U8": 1, "BOOL": 1,
}

// FromFloat32 makes an F32 tensor holding a copy of x. The shape is checked
// when the tensor is written.
func FromFloat32(name string, shape []int, x []float32) Tensor {
	b := make([]byte, 4*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(v))
	}
	return Tensor{Name: name, DType: "F32", Shape: append([]int{}, shape...), Data: b}
}

// FromFloat64 makes an F64 tensor holding a copy of x (metric sums).
func FromFloat64(name string, shape []int, x []float64) Tensor {
	b := make([]byte, 8*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint64(b[8*i:], math.Float64bits(v))
	}
	return Tensor{Name: name, DType: "F64", Shape: append([]int{}, shape...), Data: b}
}

// Float32 returns a copy of the elements. F32 keeps every bit, F16 and BF16
// are widened exactly; other types are an error, since they would lose digits.
func (t Tensor) Float32() ([]float32, error) {
	size := dtypeSize[t.DType]
	switch t.DType {
	case "F32", "F16", "BF16":
	default:
		return nil, fmt.Errorf("tensor %q is %s, which does not fit float32 exactly", t.Name, t.DType)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	out := make([]float32, len(t.Data)/size)
	for i := range out {
		b := t.Data[i*size:]
		switch t.DType {
		case "F32":
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b))
		case "BF16":
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16)
		case "F16":
			out[i] = halfToFloat(binary.LittleEndian.Uint16(b))
		}
	}
	return out, nil
}

// Float64 returns a copy of the elements of an F64 tensor, bit for bit.
func (t Tensor) Float64() ([]float64, error) {
	if t.DType != "F64" {
		return nil, fmt.Errorf("tensor %q is %s, expected F64", t.Name, t.DType)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	out := make([]float64, len(t.Data)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(t.Data[8*i:]))
	}
	return out, nil
}

// check holds the invariant of Tensor.
func (t Tensor) check() error {
	want, err := byteCount(t.DType, t.Shape)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if want != int64(len(t.Data)) {
		return fmt.Errorf("tensor %q: %s%s is %d bytes, found %d", t.Name, t.DType, shapeText(t.Shape), want, len(t.Data))
	}
	return nil
}

// byteCount multiplies without ever overflowing: shapes come from files.
func byteCount(dtype string, shape []int) (int64, error) {
	size, ok := dtypeSize[dtype]
	if !ok {
		return 0, fmt.Errorf("unknown dtype %q", dtype)
	}
	n := int64(size)
	for _, d := range shape {
		switch {
		case d < 0:
			return 0, fmt.Errorf("shape %s has a negative dimension", shapeText(shape))
		case d == 0:
			n = 0
		case n > math.MaxInt64/int64(d):
			return 0, fmt.Errorf("shape %s overflows", shapeText(shape))
		default:
			n *= int64(d)
		}
	}
	return n, nil
}

// halfToFloat widens an IEEE half; every half is a float32.
func halfToFloat(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp, frac := uint32(h>>10)&31, uint32(h)&0x3ff
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24
		v := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(v) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
