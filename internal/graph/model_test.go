package graph

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

var updateGolden = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with testdata/name; -update writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateGolden {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs: run make golden and read the diff\n%s", path, got)
	}
}

func check(t *testing.T, cfg *config.Config) *Model {
	t.Helper()
	m, diags, err := Check(cfg, digitFields)
	if err != nil {
		t.Fatal(err)
	}
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestPlansOfTheConfigs: the programs of every file in configs/.
func TestPlansOfTheConfigs(t *testing.T) {
	files, err := filepath.Glob("../../configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no configs", err)
	}
	for _, path := range files {
		file := filepath.Base(path)
		t.Run(file, func(t *testing.T) {
			m := check(t, loadConfig(t, file))
			var out strings.Builder
			add := func(p *Program, err error) {
				if err != nil {
					t.Fatal(err)
				}
				out.WriteString(p.String())
			}
			add(m.Train(TrainOptions{}))
			add(m.Train(TrainOptions{Part: Accumulate}))
			add(m.Train(TrainOptions{Part: LastStep, Clip: Clip{Norm: 1}}))
			add(m.Eval())
			for _, name := range m.PredictNames {
				add(m.Predict(name))
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".plan", out.String())
		})
	}
}

func TestParametersOfTheVAE(t *testing.T) {
	p, err := check(t, loadConfig(t, "vae-mnist.yaml")).Train(TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	var names []string
	for _, s := range p.States {
		if s.Role == Param {
			total += s.Value.Shape.Size(1)
			names = append(names, s.Name)
		}
	}
	if total != 652_824 {
		t.Errorf("%d parameters, want 652,824", total)
	}
	want := []string{
		"encoder.dense.weight", "encoder.dense.bias", "encoder.dense_2.weight", "encoder.dense_2.bias",
		"decoder.dense.weight", "decoder.dense.bias", "decoder.dense_2.weight", "decoder.dense_2.bias",
	}
	if !slices.Equal(names, want) {
		t.Errorf("parameters %v, want %v", names, want)
	}
}

// TestPredictNeedsOnlyItsPart: sampling takes no data and no encoder.
func TestPredictNeedsOnlyItsPart(t *testing.T) {
	p, err := check(t, loadConfig(t, "vae-mnist.yaml")).Predict("sample")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.States {
		if !strings.HasPrefix(s.Name, "decoder.") {
			t.Errorf("sample reads %s", s.Name)
		}
	}
	for _, in := range p.Inputs {
		if in.Name != InputPosition && in.Name != InputEpoch {
			t.Errorf("sample reads input %s", in.Name)
		}
	}
}

// TestDrawsAreNamedByPlace: the draw of z is the same stream in training and evaluation,
// and adding another draw elsewhere does not rename it.
func TestDrawsAreNamedByPlace(t *testing.T) {
	m := check(t, loadConfig(t, "vae-mnist.yaml"))
	train, err := m.Train(TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	eval, err := m.Eval()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Program{train, eval} {
		n := 0
		for _, v := range p.Values {
			if r, ok := v.Op.(Random); ok {
				n++
				if r.Stream != "z.randn_like" {
					t.Errorf("%s: stream %q", p.Name, r.Stream)
				}
			}
		}
		if n != 1 {
			t.Errorf("%s: %d draws, want 1", p.Name, n)
		}
	}
}

// faultFields are the fields of testdata/faults: those of digits, a sequence, and whole
// numbers of an array.
var faultFields = append(slices.Clone(digitFields),
	config.Field{Name: "tokens", Shape: []int{4}, Int: true, Consts: map[string]int{"vocab": 7}},
	config.Field{Name: "marks", Shape: []int{}, Int: true, Range: &config.Range{Min: -1, Max: 3}},
	config.Field{Name: "mask", Shape: []int{28, 28}, Int: true, Range: &config.Range{Max: 20}},
)

// TestDiagnostics: each file of testdata/faults with all that is wrong in it, as printed.
func TestDiagnostics(t *testing.T) {
	files, err := filepath.Glob("testdata/faults/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no fault files", err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Base(path)
			cfg, diags := config.Load(file, src, nil)
			if cfg != nil {
				_, more, err := Check(cfg, faultFields)
				if err != nil {
					t.Fatal(err)
				}
				diags.Append(more)
			}
			diags.Sort()
			var out bytes.Buffer
			diag.Fprint(&out, diags, func(string) []byte { return src }, false)
			golden(t, filepath.Join("faults", name+".txt"), out.String())
		})
	}
}
