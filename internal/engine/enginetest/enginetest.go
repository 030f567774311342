// Package enginetest holds the tests that every engine.Device must pass.
//
// In: a function that makes a device. Each op runs over a table of shapes and is compared
// with graph.Interpret, the float64 reference, within a tolerance that says where it comes
// from; then whole programs: in-place chains, states and their guard, several executables
// on one store, traces, generated programs. A device's own tests add what only it can
// promise, such as equal bits at any number of threads.
package enginetest

import (
	"testing"

	"gotrain/internal/engine"
)

// Run runs all tests on devices made by newDevice, which are closed afterwards.
func Run(t *testing.T, newDevice func() engine.Device) {
	for _, s := range []struct {
		name string
		run  func(*testing.T, engine.Device)
	}{
		{"primitives", testPrimitives},
		{"formulas", testFormulas},
		{"broadcast", testBroadcast},
		{"reduce", testReduce},
		{"matmul", testMatMul},
		{"move", testMove},
		{"convolution", testConvolution},
		{"pooling", testPooling},
		{"random", testRandom},
		{"aliasing", testAliasing},
		{"commit", testCommit},
		{"guard", testGuard},
		{"sharing", testSharing},
		{"trace", testTrace},
		{"errors", testErrors},
		{"language", testLanguage},
		{"fused", testFused},
		{"epilogue", testEpilogue},
		{"programs", testPrograms},
		{"passes", testPassesOff},
		{"allocations", testAllocations},
	} {
		t.Run(s.name, func(t *testing.T) {
			dev := newDevice()
			defer func() {
				if err := dev.Close(); err != nil {
					t.Error(err)
				}
			}()
			s.run(t, dev)
		})
	}
}
