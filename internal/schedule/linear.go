package schedule

// linear is PyTorch's LinearLR from 1 to min_lr/lr.
var linear = &spec{
	Name: "linear", Doc: "lr falls to min_lr in equal steps, and stays there",
	Args: []arg{minLR, over},
	Rate: func(p *point) float64 {
		return p.Base + (p.number(minLR)-p.Base)*p.progress()
	},
}
