// Command kernelgen writes the CPU's assembly through avo: the micro-kernels of products,
// the loops of formulas' primitives and the catalogue's formulas in a straight line, each
// for AVX-512 and for AVX2 with FMA.
//
// It is a module of its own, so that the program does not depend on avo. It reads the formulas from
// the plans of models that use them. `go generate` in
// internal/engine/cpu runs it; its output is committed.
package main

import (
	"flag"
	"log"

	"github.com/mmcloughlin/avo/build"
)

// files are what can be generated, by the name given with -kernels.
var files = map[string]func(){
	"gemm_avx512":     func() { gemmTiles(avx512) },
	"gemm_avx2":       func() { gemmTiles(avx2) },
	"loops_avx512":    func() { loops(avx512) },
	"loops_avx2":      func() { loops(avx2) },
	"straight_avx512": func() { straight(avx512) },
	"straight_avx2":   func() { straight(avx2) },
}

func main() {
	name := flag.String("kernels", "", "which file to write")
	flag.Parse()
	write, ok := files[*name]
	if !ok {
		log.Fatalf("kernelgen: no kernels %q", *name)
	}
	build.ConstraintExpr("amd64")
	write()
	build.Generate()
}
