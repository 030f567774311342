package train_test

import (
	"testing"

	"gotrain/internal/graph"
)

// BenchmarkVAEStep is one training step of configs/vae-mnist.yaml at batch 128, feeding
// included. 420 MFLOP of matrix products.
func BenchmarkVAEStep(b *testing.B) {
	t := &testing.T{}
	r := newParityRun(t, "vae-mnist.yaml", graph.Clip{}, "vae.init.safetensors")
	noise := make([]float32, 128*20)
	r.step(t, graph.WholeStep, 0, 128, 128, noise)
	for b.Loop() {
		r.step(t, graph.WholeStep, 0, 128, 128, noise)
	}
	b.ReportMetric(0.4203*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
}
