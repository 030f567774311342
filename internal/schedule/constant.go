package schedule

var constant = &spec{
	Name: "constant", Doc: "lr stays",
	Rate: func(p *point) float64 { return p.Base },
}
