package cpu

import (
	"time"

	"gotrain/internal/engine"
	"gotrain/internal/formula"
)

var _ engine.Prober = (*Device)(nil)

const (
	peakTime   = 20 * time.Millisecond // of a measurement
	peakDepth  = 128                   // steps of k: both panels stay in the first-level cache
	peakFloats = 1 << 22               // of an array of a worker: three are beyond any cache
)

// Peak measures the largest tile of the kernel set, and d = a + b over arrays in memory, on
// all threads.
func (d *Device) Peak() (flops, bytes float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := &d.kernels.Gemm
	tile, width := g.tile(g.MR, g.NR)
	height := g.MR
	workers := make([][3]block, d.Threads())
	for i := range workers {
		for j := range workers[i] {
			workers[i][j] = newBlock(peakFloats)
			defer workers[i][j].free()
		}
	}
	rate := func(each float64, run func(w *[3]block)) float64 {
		done := make([]float64, len(workers))
		job := newJob(len(workers), func(task, _ int) {
			run(&workers[task])
			start := time.Now()
			turns := 0.0
			for ; time.Since(start) < peakTime; turns++ {
				run(&workers[task])
			}
			done[task] = turns * each / time.Since(start).Seconds()
		})
		if d.pool.do(job) != nil {
			return 0
		}
		sum := 0.0
		for _, x := range done {
			sum += x
		}
		return sum
	}
	const turns = 100 // tiles between two looks at the clock
	flops = rate(float64(2*turns*height*width*peakDepth), func(w *[3]block) {
		for range turns {
			tile(peakDepth, &w[0].data[0], 4, 4*height, &w[1].data[0], 4*width, &w[2].data[0], 4*width, 0)
		}
	})
	bytes = rate(3*4*peakFloats, func(w *[3]block) {
		for at := 0; at < peakFloats; at += tileLen {
			d.kernels.Loop[formula.Add](w[2].data[at:][:tileLen], w[0].data[at:][:tileLen], w[1].data[at:][:tileLen], nil)
		}
	})
	return flops, bytes
}
