package train_test

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/engine/cpu"
	"gotrain/internal/graph"
	"gotrain/internal/rng"
)

// TestPassesOff: every config trains to the same losses, within rounding, whether the plan
// is optimised or not, with gradients clipped and accumulated or not.
func TestPassesOff(t *testing.T) {
	files, err := filepath.Glob("../../configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			for name, form := range map[string]struct {
				clip  graph.Clip
				parts []graph.Part
			}{
				"whole":                   {graph.Clip{}, []graph.Part{graph.WholeStep}},
				"clipped by norm":         {graph.Clip{Norm: 0.1}, []graph.Part{graph.WholeStep}},
				"clipped by value":        {graph.Clip{Value: 0.01}, []graph.Part{graph.WholeStep}},
				"accumulated and clipped": {graph.Clip{Norm: 0.1}, []graph.Part{graph.Accumulate, graph.LastStep}},
			} {
				with := lossesOf(t, file, form.clip, form.parts, nil)
				without := lossesOf(t, file, form.clip, form.parts, engine.OptionalPasses())
				for i := range with {
					// A few updates of sums of float32 products, in another order.
					if !(math.Abs(with[i]-without[i]) <= 1e-5*math.Abs(without[i])) {
						t.Errorf("%s: step %d has loss %v with all passes, %v with none", name, i, with[i], without[i])
					}
				}
			}
		})
	}
}

// lossesOf trains four steps of a config on drawn inputs.
func lossesOf(t *testing.T, file string, clip graph.Clip, parts []graph.Part, skip []string) []float64 {
	t.Helper()
	model, _ := modelOf(t, file)
	dev := cpu.New(cpu.Options{})
	defer dev.Close()
	store := engine.NewStore(dev)
	defer store.Close()
	cache := engine.NewCache(dev, store)
	defer cache.Close()
	cache.Options = engine.Options{Verify: true, Skip: skip}
	const batch = 8
	var losses []float64
	var programs []*graph.Program
	for _, part := range parts {
		p, err := model.Train(graph.TrainOptions{Clip: clip, Part: part})
		if err == nil {
			err = store.Ensure(p.States)
		}
		if err == nil {
			err = store.Init(1, p.States)
		}
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, p)
	}
	for step := range 4 {
		p := programs[step%len(programs)]
		exe, err := cache.Get(p, batch)
		if err != nil {
			t.Fatal(err)
		}
		if err := exe.Step(context.Background(), drawn(p, batch, step)); err != nil {
			t.Fatal(err)
		}
		losses = append(losses, float64(exe.Output("loss")[0]))
	}
	return losses
}

// drawn feeds every input of p with numbers that depend on the step.
func drawn(p *graph.Program, batch, step int) engine.Feed {
	feed := engine.Feed{Float: map[string][]float32{}, Int: map[string][]int32{}}
	for _, v := range p.Inputs {
		x := make([]float32, v.Shape.Size(batch))
		rng.NewStream(1, v.Name).Uniform(x, uint32(step), 0)
		switch {
		case v.Name == graph.InputLR:
			x[0] = 1e-3
		case v.Name == graph.InputCount:
			x[0] = float32(batch)
		}
		feed.Float[v.Name] = x
		if v.DType == graph.I32 {
			ints := make([]int32, len(x))
			for i, u := range x {
				ints[i] = int32(10 * u)
			}
			feed.Int[v.Name] = ints
		}
	}
	return feed
}
