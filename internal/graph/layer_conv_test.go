package graph

import (
	"math"
	"testing"

	"gotrain/internal/config"
)

// TestConvStartsAsPyTorchDoes, and as init= says, by what a result's element is summed of.
func TestConvStartsAsPyTorchDoes(t *testing.T) {
	const src = `
data: {source: mnist, batch: 4}
model:
  plain: image -> conv(6, kernel=[3, 5], groups=2)
  given: image -> conv(6, init=kaiming)
loss: mean(plain) + mean(given)
optimizer: {name: sgd}
`
	cfg, diags := config.Load("conv.yaml", []byte(src), nil)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	m, diags, err := Check(cfg, []config.Field{{Name: "image", Shape: []int{4, 8, 8}}})
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags.Err())
	}
	p, err := m.Train(TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	bound := 1 / math.Sqrt(2*3*5)
	want := map[string]Init{
		"plain.conv.weight": {Dist: UniformInit, Scale: bound},
		"plain.conv.bias":   {Dist: UniformInit, Scale: bound},
		"given.conv.weight": {Dist: NormalInit, Scale: math.Sqrt(2.0 / (4 * 3 * 3))},
		"given.conv.bias":   {Dist: UniformInit, Scale: 1 / math.Sqrt(4*3*3)},
	}
	for _, s := range p.States {
		if w, ok := want[s.Name]; ok {
			delete(want, s.Name)
			if s.Init != w {
				t.Errorf("%s starts as %+v, want %+v", s.Name, s.Init, w)
			}
		}
	}
	for name := range want {
		t.Errorf("no weight %s", name)
	}
}
