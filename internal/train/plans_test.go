package train_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/engine"
	"gotrain/internal/engine/null"
	"gotrain/internal/graph"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files")

// TestPlans counts, on the null device, what each program of each config asks of a device.
// A plan that gets worse differs from testdata/plans; so does one that gets better.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("../../configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var goldens []string
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		goldens = append(goldens, filepath.Join("testdata", "plans", name+".txt"))
		t.Run(name, func(t *testing.T) { checkPlans(t, file, goldens[len(goldens)-1]) })
	}
	have, err := filepath.Glob("testdata/plans/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range have {
		if !slices.Contains(goldens, path) {
			t.Errorf("%s is of no config: remove it", path)
		}
	}
}

func checkPlans(t *testing.T, file, golden string) {
	model, batch := modelOf(t, file)
	var out bytes.Buffer
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "batch %d\tkernels\tMFLOP\tKB read\tKB written\tallocations\tKB allocated\t  kinds\n", batch)
	for _, p := range programsOf(t, model) {
		dev := null.New()
		store := engine.NewStore(dev)
		e, err := engine.CompileWith(dev, store, p.program, batch, engine.Options{Verify: true})
		if err == nil {
			err = e.Step(context.Background(), drawn(p.program, batch, 0))
		}
		if err != nil {
			t.Fatal(err)
		}
		c := dev.Counts()
		fmt.Fprintf(w, "%s\t%d\t%.3f\t%.1f\t%.1f\t%d\t%.1f\t  %s\n", p.name, c.Kernels, float64(c.FLOPs)/1e6,
			float64(c.Read)/1e3, float64(c.Written)/1e3, c.Allocations, float64(c.AllocatedBytes)/1e3, kinds(e.Func()))
	}
	w.Flush()
	if *updateGolden {
		if err := os.MkdirAll(filepath.Dir(golden), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, out.Bytes()) {
		t.Errorf("%s differs: run make golden and read the diff\ngot\n%s\nwant\n%s", golden, &out, want)
	}
}

func modelOf(t *testing.T, file string) (*graph.Model, int) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load(file, src, nil)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	fields, _ := data.Fields(*cfg.Data)
	model, diags, err := graph.Check(cfg, fields)
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags.Err())
	}
	return model, cfg.Data.Batch
}

type namedProgram struct {
	name    string
	program *graph.Program
}

// programsOf builds every form of every program of a model.
func programsOf(t *testing.T, m *graph.Model) []namedProgram {
	t.Helper()
	var all []namedProgram
	add := func(name string, p *graph.Program, err error) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, namedProgram{name, p})
	}
	for _, f := range []struct {
		name string
		o    graph.TrainOptions
	}{
		{"train", graph.TrainOptions{}},
		{"train, clipped", graph.TrainOptions{Clip: graph.Clip{Norm: 1}}},
		{"accumulate", graph.TrainOptions{Part: graph.Accumulate}},
		{"train, accumulated", graph.TrainOptions{Part: graph.LastStep}},
	} {
		p, err := m.Train(f.o)
		add(f.name, p, err)
	}
	p, err := m.Eval()
	add("eval", p, err)
	for _, name := range m.PredictNames {
		p, err := m.Predict(name)
		add("predict "+name, p, err)
	}
	return all
}

// kinds counts the instructions of f by their type: "7 Gemm, 3 Fused".
func kinds(f *engine.Func) string {
	n := map[string]int{}
	for _, in := range f.Instrs {
		n[reflect.TypeOf(in.Op).Name()]++
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d %s", n[name], name))
	}
	return strings.Join(parts, ", ")
}
