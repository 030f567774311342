package cpu

import (
	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// pooling goes over the planes of (samples·channels, H, W), each whole in one task.
type pooling struct {
	graph.Window
	planes  int
	in, out [2]int
}

func newPooling(w graph.Window, x, y []int) *pooling {
	return &pooling{Window: w, planes: x[0] * x[1], in: [2]int(x[2:]), out: [2]int(y[2:])}
}

// overPlanes runs plane over parts of the planes of two values.
func (p *pooling) job(c *compiler, large, small int, plane func(large, small []float32, i int)) *job {
	size, pooled := p.in[0]*p.in[1], p.out[0]*p.out[1]
	return overSpan(p.planes, pooled*p.Kernel[0]*p.Kernel[1]+size, 1, func(lo, hi, _ int) {
		for i := lo; i < hi; i++ {
			plane(c.mem.f[large][i*size:][:size], c.mem.f[small][i*pooled:][:pooled], i)
		}
	})
}

// windows visits each place of the result with the part of the input it comes from: rows
// top to bottom-1, columns left to right-1.
func (p *pooling) windows(visit func(at, top, bottom, left, right int)) {
	at := 0
	for i := range p.out[0] {
		y := i*p.Stride[0] - p.Pad[0]
		top, bottom := max(y, 0), min(y+p.Kernel[0], p.in[0])
		for j := range p.out[1] {
			x := j*p.Stride[1] - p.Pad[1]
			visit(at, top, bottom, max(x, 0), min(x+p.Kernel[1], p.in[1]))
			at++
		}
	}
}

// largest is the first place of the largest element of a window; a NaN is the largest.
func (p *pooling) largest(x []float32, top, bottom, left, right int) int {
	best := top*p.in[1] + left
	most := x[best]
	for i := top; i < bottom; i++ {
		for j := i*p.in[1] + left; j < i*p.in[1]+right; j++ {
			if v := x[j]; v > most || v != v && most == most {
				best, most = j, v
			}
		}
	}
	return best
}

// halves reports whether the windows are squares of 2 by 2 beside each other, as most are.
func (p *pooling) halves() bool {
	two := [2]int{2, 2}
	return p.Kernel == two && p.Stride == two && p.Pad == [2]int{}
}

// eachHalf visits the result's rows with the two input rows that each comes from.
func (p *pooling) eachHalf(small, large []float32, visit func(small, top, bottom []float32)) {
	w := 2 * p.out[1]
	for i := range p.out[0] {
		visit(small[i*p.out[1]:][:p.out[1]], large[2*i*p.in[1]:][:w], large[(2*i+1)*p.in[1]:][:w])
	}
}

// largestOfFour is largest of a square: 0 to 3, by rows.
func largestOfFour(a, b, c, d float32) (place int, most float32) {
	most = a
	if b > most || b != b && most == most {
		place, most = 1, b
	}
	if c > most || c != c && most == most {
		place, most = 2, c
	}
	if d > most || d != d && most == most {
		place, most = 3, d
	}
	return place, most
}

func (c *compiler) maxPoolJobs(in *engine.Instr) ([]*job, error) {
	x, y := in.In[0], in.Out
	p := newPooling(in.Op.(graph.MaxPool).Window, c.f.Values[x].Shape, c.f.Values[y].Shape)
	return []*job{p.job(c, x, y, func(x, y []float32, _ int) {
		if p.halves() {
			p.eachHalf(y, x, func(y, top, bottom []float32) {
				for j := range y {
					y[j] = max(top[2*j], top[2*j+1], bottom[2*j], bottom[2*j+1])
				}
			})
			return
		}
		p.windows(func(at, top, bottom, left, right int) { y[at] = x[p.largest(x, top, bottom, left, right)] })
	})}, nil
}

func (c *compiler) maxPoolGradJobs(in *engine.Instr) ([]*job, error) {
	x, dy, dx := in.In[0], in.In[1], in.Out
	p := newPooling(in.Op.(graph.MaxPoolGrad).Window, c.f.Values[x].Shape, c.f.Values[dy].Shape)
	size := p.in[0] * p.in[1]
	return []*job{p.job(c, x, dy, func(x, dy []float32, i int) {
		to := c.mem.f[dx][i*size:][:size]
		clear(to)
		if p.halves() {
			row := 0
			p.eachHalf(dy, x, func(dy, top, bottom []float32) {
				for j, d := range dy {
					place, _ := largestOfFour(top[2*j], top[2*j+1], bottom[2*j], bottom[2*j+1])
					to[row+place/2*p.in[1]+2*j+place%2] = d
				}
				row += 2 * p.in[1]
			})
			return
		}
		p.windows(func(at, top, bottom, left, right int) { to[p.largest(x, top, bottom, left, right)] += dy[at] })
	})}, nil
}

func (c *compiler) avgPoolJobs(in *engine.Instr) ([]*job, error) {
	x, y := in.In[0], in.Out
	p := newPooling(in.Op.(graph.AvgPool).Window, c.f.Values[x].Shape, c.f.Values[y].Shape)
	n := 1 / float32(p.Kernel[0]*p.Kernel[1])
	return []*job{p.job(c, x, y, func(x, y []float32, _ int) {
		p.windows(func(at, top, bottom, left, right int) {
			sum := float32(0)
			for i := top; i < bottom; i++ {
				for _, v := range x[i*p.in[1]+left : i*p.in[1]+right] {
					sum += v
				}
			}
			y[at] = sum * n
		})
	})}, nil
}

func (c *compiler) avgPoolGradJobs(in *engine.Instr) ([]*job, error) {
	dy, dx := in.In[0], in.Out
	p := newPooling(in.Op.(graph.AvgPoolGrad).Window, c.f.Values[dx].Shape, c.f.Values[dy].Shape)
	n := 1 / float32(p.Kernel[0]*p.Kernel[1])
	return []*job{p.job(c, dx, dy, func(dx, dy []float32, _ int) {
		clear(dx)
		p.windows(func(at, top, bottom, left, right int) {
			g := float32(dy[at] * n)
			for i := top; i < bottom; i++ {
				row := dx[i*p.in[1]+left : i*p.in[1]+right]
				for j := range row {
					row[j] += g
				}
			}
		})
	})}, nil
}
