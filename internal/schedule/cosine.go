package schedule

import "math"

// cosine is PyTorch's CosineAnnealingLR, which does not rise again after its end
// (Loshchilov and Hutter 2017, without restarts).
var cosine = &spec{
	Name: "cosine", Doc: "lr falls to min_lr along half a cosine, step by step, and stays there",
	Args: []arg{minLR, over},
	Rate: func(p *point) float64 {
		low := p.number(minLR)
		return low + (p.Base-low)*(1+math.Cos(math.Pi*p.progress()))/2
	},
}
