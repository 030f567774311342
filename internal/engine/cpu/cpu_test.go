package cpu

import (
	"testing"

	"go.uber.org/goleak"

	"gotrain/internal/engine"
	"gotrain/internal/engine/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	for _, set := range sets() {
		t.Run(set.Name, func(t *testing.T) {
			enginetest.Run(t, func() engine.Device { return New(Options{Kernels: set}) })
		})
	}
}
