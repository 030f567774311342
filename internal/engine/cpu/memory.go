package cpu

import "unsafe"

// lineBytes is a cache line and the widest vector.
const lineBytes = 64

// ownPages is from how many floats on memory is mapped and not taken from Go's heap.
const ownPages = 1 << 15

// block is memory that starts at a cache line and is freed by hand.
type block struct {
	data []float32
	free func()
}

func newBlock(n int) block {
	if n < ownPages {
		return block{onHeap(n), func() {}}
	}
	data, free := pages(n)
	return block{data, free}
}

// onHeap makes n zeros that start at a cache line.
func onHeap(n int) []float32 {
	s := make([]float32, n+lineBytes/4)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(s))) % lineBytes / 4
	return s[skip : skip+uintptr(n) : skip+uintptr(n)]
}

// scratch is what one Run at a time needs and leaves nothing in: all Runnables of a device
// share it. It grows to what the largest of them asks for.
type scratch struct {
	tiles  [][]float32  // by worker: slots of tapes, tiles of products
	panels [2][]float32 // the packed operands of a product
	blocks []block      // theirs
}

// grow makes room, while nothing runs.
func (s *scratch) grow(threads, tile int, panels [2]int) {
	if s.tiles == nil {
		s.tiles = make([][]float32, threads)
		s.blocks = make([]block, threads+len(panels))
		for i := range s.blocks {
			s.blocks[i] = newBlock(0)
		}
	}
	for i := range s.tiles {
		s.tiles[i] = s.atLeast(i, tile)
	}
	for i, n := range panels {
		s.panels[i] = s.atLeast(threads+i, n)
	}
}

// atLeast is block i with room for n floats.
func (s *scratch) atLeast(i, n int) []float32 {
	if len(s.blocks[i].data) < n {
		s.blocks[i].free()
		s.blocks[i] = newBlock(n)
	}
	return s.blocks[i].data
}

func (s *scratch) free() {
	for _, b := range s.blocks {
		b.free()
	}
	*s = scratch{}
}
