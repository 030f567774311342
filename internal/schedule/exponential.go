package schedule

import "math"

var exponentialGamma = arg{Name: "gamma", Kind: number, Need: true, Doc: "what an epoch multiplies lr by"}

// exponential is PyTorch's ExponentialLR, stepped once an epoch, without its stairs: lr
// falls a little at each step, by gamma over an epoch.
var exponential = &spec{
	Name: "exponential", Doc: "lr falls by the same factor in each epoch, a little at each step",
	Args: []arg{exponentialGamma},
	Rate: func(p *point) float64 {
		return p.Base * math.Pow(p.number(exponentialGamma), p.T/float64(max(p.run.StepsPerEpoch, 1)))
	},
}
