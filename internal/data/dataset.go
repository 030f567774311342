package data

import "gotrain/internal/config"

// Dataset is a fixed sequence of samples. It is safe for use by many goroutines.
type Dataset interface {
	// Name is for messages: "mnist train".
	Name() string
	// Len is the number of samples.
	Len() int
	// Fields are the arrays of a sample, the same at every call.
	Fields() []config.Field
	// Gather writes sample idx[i] to row i of every buffer in dst.Float and dst.Int, which
	// hold exactly len(idx) rows. It sets nothing else of dst. Indices are in [0, Len()).
	Gather(dst *Batch, idx []int32) error
}

// Batch is a number of samples as plain host buffers, one per field, row after row. It
// belongs to the consumer from Next to Release.
type Batch struct {
	Size     int     // rows
	Index    []int32 // (Size) each row's index in the data set
	Position []int32 // (Size) each row's place in the epoch's order
	Epoch    int
	Number   int                  // place of the batch in the epoch, from 0
	Float    map[string][]float32 // (Size, field shape)
	Int      map[string][]int32   // (Size, field shape)

	capacity *buffers
	out      bool // with the consumer; keeps a second Release harmless
}

// buffers are a batch's arrays at full size.
type buffers struct {
	index, position []int32
	floats          map[string][]float32
	ints            map[string][]int32
}

func elements(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// newBatch makes a batch with room for rows rows.
func newBatch(fields []config.Field, rows int) *Batch {
	c := &buffers{
		index: make([]int32, rows), position: make([]int32, rows),
		floats: map[string][]float32{}, ints: map[string][]int32{},
	}
	for _, f := range fields {
		if n := rows * elements(f.Shape); f.Int {
			c.ints[f.Name] = make([]int32, n)
		} else {
			c.floats[f.Name] = make([]float32, n)
		}
	}
	return &Batch{Float: map[string][]float32{}, Int: map[string][]int32{}, capacity: c}
}

// resize points the batch's buffers at its first size rows.
func (b *Batch) resize(fields []config.Field, size int) {
	b.Size = size
	b.Index, b.Position = b.capacity.index[:size], b.capacity.position[:size]
	for _, f := range fields {
		if n := size * elements(f.Shape); f.Int {
			b.Int[f.Name] = b.capacity.ints[f.Name][:n]
		} else {
			b.Float[f.Name] = b.capacity.floats[f.Name][:n]
		}
	}
}
