package enginetest

import (
	"context"
	"testing"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/graph/optest"
)

// testLanguage runs every op of the language, value and gradients, on the cases that
// finite differences and PyTorch judge in float64.
func testLanguage(t *testing.T, dev engine.Device) {
	// A case is a handful of float32 operations on numbers near 1; a transcendental one is
	// good to a few units in the last place, and sums cancel.
	tol := tolerance{rel: 64 * ulp, abs: 64 * ulp}
	for _, c := range optest.Cases {
		t.Run(c.Name, func(t *testing.T) {
			p, err := c.Program()
			if err != nil {
				t.Fatal(err)
			}
			in := c.Data(p)
			want, err := graph.Interpret(p, optest.Batch, in, in)
			if err != nil {
				t.Fatal(err)
			}
			store := engine.NewStore(dev)
			defer store.Close()
			if err := store.Ensure(p.States); err != nil {
				t.Fatal(err)
			}
			for _, s := range p.States {
				if err := store.Set(s.Name, narrow(in[s.Name])); err != nil {
					t.Fatal(err)
				}
			}
			exe, err := engine.CompileWith(dev, store, p, optest.Batch, verified)
			if err != nil {
				t.Fatal(err)
			}
			defer exe.Close()
			feed := engine.Feed{Float: map[string][]float32{}, Int: map[string][]int32{}}
			for _, v := range p.Inputs {
				if v.DType == graph.F32 {
					feed.Float[v.Name] = narrow(in[v.Name])
					continue
				}
				for _, x := range in[v.Name] {
					feed.Int[v.Name] = append(feed.Int[v.Name], int32(x))
				}
			}
			if err := exe.Step(context.Background(), feed); err != nil {
				t.Fatal(err)
			}
			for _, o := range p.Outputs {
				for i, got := range exe.Output(o.Name) {
					if w := want[o.Value.ID].Data[i]; !tol.holds(got, w) {
						t.Errorf("%s[%d] = %v, in float64 %v", o.Name, i, got, w)
					}
				}
			}
		})
	}
}
