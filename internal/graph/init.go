package graph

import "gotrain/internal/rng"

// Init is how a state starts a new run.
type Init struct {
	Dist  InitDist
	Scale float64 // Constant: the value; UniformInit: draws are in Mean ± Scale; NormalInit: the deviation
	Mean  float64 // of the draws
}

// InitDist is the kind of an Init.
type InitDist uint8

// The kinds.
const (
	ConstantInit InitDist = iota
	UniformInit
	NormalInit
)

// Fill sets dst, the elements of the state called name. The numbers depend on seed and
// name alone, so adding a layer changes no other layer's start.
func (i Init) Fill(dst []float32, seed int64, name string) {
	s := rng.NewStream(seed, "init/"+name)
	switch i.Dist {
	case ConstantInit:
		for k := range dst {
			dst[k] = float32(i.Scale)
		}
	case UniformInit:
		s.Uniform(dst, 0, 0)
		for k, u := range dst {
			dst[k] = float32(i.Mean + i.Scale*(2*float64(u)-1))
		}
	case NormalInit:
		s.Normal(dst, 0, 0)
		for k, z := range dst {
			dst[k] = float32(i.Mean + i.Scale*float64(z))
		}
	}
}
