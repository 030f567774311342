package schedule

import "math"

var (
	stepEvery = arg{Name: "every", Kind: span, Need: true, Doc: "time between two falls"}
	stepGamma = arg{Name: "gamma", Kind: number, Default: "0.1", Doc: "what a fall multiplies lr by"}
)

// step is PyTorch's StepLR.
var step = &spec{
	Name: "step", Doc: "lr falls by a factor from time to time",
	Args: []arg{stepEvery, stepGamma},
	Rate: func(p *point) float64 {
		every := max(p.steps(stepEvery), 1)
		return p.Base * math.Pow(p.number(stepGamma), math.Floor(p.T/every))
	},
}
