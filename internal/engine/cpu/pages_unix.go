//go:build unix

package cpu

import (
	"syscall"
	"unsafe"
)

// pages maps n zeros outside of Go's heap: memory that the garbage collector does not plan
// with, so that a process takes what its plan says, and that goes back when it is freed.
func pages(n int) ([]float32, func()) {
	mem, err := syscall.Mmap(-1, 0, 4*n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil { // let the heap say that there is no memory
		return onHeap(n), func() {}
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(mem))), n), func() { syscall.Munmap(mem) }
}
