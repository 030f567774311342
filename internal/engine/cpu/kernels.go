package cpu

import (
	"fmt"
	"strings"
)

// Kernels are the inner loops of a kernel set. Everything around them, tasks, packing,
// tapes, is common to all sets.
type Kernels struct {
	Name   string
	Gemm   GemmKernel
	Loop   loopTable
	Fold   foldTable
	Random RandomKernel
	// Straight are kernels of whole formulas by their structure; what is not there runs as a
	// tape of Loop.
	Straight []straightEntry
}

// straightEntry is a row of the table of kernels of whole formulas.
type straightEntry struct {
	structure string // as formula.Multi.Structure writes it; the rows are in its order
	kernel    straightKernel
}

// straightKernel computes n elements of a formula. args are pointers to its inputs, to its
// results and to a tile of each of its constants. It reads all inputs at an index before it
// writes there.
type straightKernel func(n int, args **float32)

// portable is the set that runs everywhere.
var portable = Kernels{Name: "portable", Gemm: gemmPortable, Loop: portableLoops, Fold: portableFolds}

// sets are those that this machine can run, the best first.
func sets() []*Kernels { return append(vectorSets(), &portable) }

// Set gives a kernel set by its name. One that the machine cannot run is an error.
func Set(name string) (*Kernels, error) {
	var names []string
	for _, s := range sets() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return nil, fmt.Errorf("this machine has no kernel set %q: it has %s", name, strings.Join(names, ", "))
}
