package train_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gotrain/internal/ckpt"
	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/engine"
	"gotrain/internal/engine/cpu"
	"gotrain/internal/graph"
)

// The parity runs: the same models, weights, batches and noise as oracle/parity.py gave
// PyTorch, step by step. oracle/README.md has the formula of the images and where the
// tolerances come from.

const oracleData = "../../oracle/testdata"

// reference is one run of oracle/testdata/parity.json.
type reference struct {
	Config struct {
		Batch int `json:"batch"`
		Steps int `json:"steps"`
	} `json:"config"`
	Losses          []float64            `json:"losses"`
	Terms           map[string][]float64 `json:"terms"`
	FinalNorms      map[string]float64   `json:"final_norms"`
	FinalCosineSums map[string]float64   `json:"final_cosine_sums"`
	Step1GradNorms  map[string]float64   `json:"step1_grad_norms"`
	ZeroGradParams  []string             `json:"zero_grad_params"`
}

type references struct {
	VAE        reference            `json:"vae"`
	MLP        reference            `json:"mlp"`
	LeNet      reference            `json:"lenet"`
	Normed     reference            `json:"normed"`
	Optimizers map[string]reference `json:"optimizers"`
}

func readReferences(t *testing.T) references {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(oracleData, "parity.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r references
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// parityImage writes sample i of the parity runs and gives its label.
func parityImage(i int, out []float32) int32 {
	for j := range out {
		h := uint32(i)*2654435761 + uint32(j)*40503 + 12345
		h ^= h >> 15
		h *= 2246822519
		h ^= h >> 13
		out[j] = 0
		if h&0xff < 64 {
			out[j] = float32(h>>24) / 255
		}
	}
	return int32((i*7 + 3) % 10)
}

// paritySamples is how many images there are; batches go round them in order.
const paritySamples = 1280

// parityRun is a model on the way through a run.
type parityRun struct {
	store *engine.Store
	cache *engine.Cache
	steps map[graph.Part]*graph.Program
	feed  engine.Feed
	lr    float64
}

// skipShort leaves the long runs out under the race detector, which has nothing to find in
// them that the others have not.
func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a hundred steps take minutes under the race detector")
	}
}

func newParityRun(t *testing.T, file string, clip graph.Clip, weights string, overrides ...config.Override) *parityRun {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("../../configs", file))
	if err != nil {
		t.Fatal(err)
	}
	return newParityRunOf(t, file, src, clip, weights, overrides...)
}

func newParityRunOf(t *testing.T, file string, src []byte, clip graph.Clip, weights string, overrides ...config.Override) *parityRun {
	t.Helper()
	cfg, diags := config.Load(file, src, overrides)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	fields, _ := data.Fields(*cfg.Data)
	model, diags, err := graph.Check(cfg, fields)
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags.Err())
	}
	dev := cpu.New(cpu.Options{})
	t.Cleanup(func() { dev.Close() })
	r := &parityRun{store: engine.NewStore(dev), steps: map[graph.Part]*graph.Program{}, lr: model.LR()}
	r.cache = engine.NewCache(dev, r.store)
	for _, part := range []graph.Part{graph.WholeStep, graph.Accumulate, graph.LastStep} {
		p, err := model.Train(graph.TrainOptions{Clip: clip, Part: part, RecordedNoise: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.store.Ensure(p.States); err != nil {
			t.Fatal(err)
		}
		r.steps[part] = p
	}
	tensors, _, err := ckpt.ReadSafetensors(filepath.Join(oracleData, weights))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(r.store.Names(graph.Param, graph.Buffer)); got != len(tensors) {
		t.Fatalf("%d tensors, %s has %d", got, weights, len(tensors))
	}
	for _, w := range tensors {
		x, err := w.Float32()
		if err == nil {
			err = r.store.Set(w.Name, x)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r.feed = engine.Feed{Float: map[string][]float32{}, Int: map[string][]int32{}}
	return r
}

// step feeds samples from first on, count of them in the window, and gives the outputs.
func (r *parityRun) step(t *testing.T, part graph.Part, first, size, count int, noise []float32) map[string]float64 {
	t.Helper()
	images, labels := make([]float32, size*784), make([]int32, size)
	for i := range size {
		labels[i] = parityImage((first+i)%paritySamples, images[i*784:(i+1)*784])
	}
	r.feed.Float["image"], r.feed.Int["label"] = images, labels
	r.feed.Float["noise/z.randn_like"] = noise
	r.feed.Float[graph.InputLR] = []float32{float32(r.lr)}
	r.feed.Float[graph.InputCount] = []float32{float32(count)}
	exe, err := r.cache.Get(r.steps[part], size)
	if err == nil {
		err = exe.Step(context.Background(), r.feed)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, o := range r.steps[part].Outputs {
		out[o.Name] = float64(exe.Output(o.Name)[0])
	}
	return out
}

// within fails unless got is near want, relative to want, and returns the distance.
func within(t *testing.T, what string, got, want, tolerance float64) float64 {
	t.Helper()
	d := math.Abs(got-want) / math.Abs(want)
	if !(d <= tolerance) {
		t.Errorf("%s: %.9g, PyTorch %.9g: %.1e apart, %.0e allowed", what, got, want, d, tolerance)
	}
	return d
}

// finalWithin compares every parameter with a file: the largest difference over the
// largest element of the tensor.
func (r *parityRun) finalWithin(t *testing.T, file string, tolerance float64) {
	t.Helper()
	tensors, _, err := ckpt.ReadSafetensors(filepath.Join(oracleData, file))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range tensors {
		want, err := w.Float32()
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.store.Get(w.Name)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for i := range want {
			worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
		}
		if worst > tolerance {
			t.Errorf("%s: an element is %.1e from PyTorch's, %.0e allowed", w.Name, worst, tolerance)
		}
		t.Logf("%-24s worst element %.1e apart", w.Name, worst)
	}
}

func TestVAEFollowsPyTorchFor100Steps(t *testing.T) {
	skipShort(t)
	ref := readReferences(t).VAE
	r := newParityRun(t, "vae-mnist.yaml", graph.Clip{}, "vae.init.safetensors")
	tensors, _, err := ckpt.ReadSafetensors(filepath.Join(oracleData, "vae.noise.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	noise, err := tensors[0].Float32()
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i, want := range ref.Losses {
		out := r.step(t, graph.WholeStep, i*128, 128, 128, noise[i*128*20:(i+1)*128*20])
		worst = max(worst, within(t, "loss", out["loss"], want, 1e-4))
		for _, term := range []string{"rec", "kl"} {
			within(t, term, out["loss."+term], ref.Terms[term][i], 1e-4)
		}
	}
	t.Logf("worst loss %.1e apart, relative", worst)
	r.finalWithin(t, "vae.final.safetensors", 1e-3)
}

func TestMLPFollowsPyTorchFor100Steps(t *testing.T) {
	skipShort(t)
	ref := readReferences(t).MLP
	r := newParityRun(t, "mlp-mnist.yaml", graph.Clip{}, "mlp.init.safetensors")
	r.follow(t, ref, "mlp.final.safetensors")
}

// follow runs every step of a reference and compares losses, then all tensors.
func (r *parityRun) follow(t *testing.T, ref reference, final string) {
	t.Helper()
	size, worst := ref.Config.Batch, 0.0
	for i, want := range ref.Losses {
		worst = max(worst, within(t, "loss", r.step(t, graph.WholeStep, i*size, size, size, nil)["loss"], want, 1e-4))
	}
	t.Logf("worst loss %.1e apart, relative", worst)
	r.finalWithin(t, final, 1e-3)
}

// TestLeNetFollowsPyTorchFor100Steps: convolutions and pooling, without the dropout whose
// draws are gotrain's own.
func TestLeNetFollowsPyTorchFor100Steps(t *testing.T) {
	skipShort(t)
	r := newParityRun(t, "lenet-mnist.yaml", graph.Clip{}, "lenet.init.safetensors",
		set("vars", "width", "4"), set("vars", "hidden", "32"), set("vars", "drop", "0"), set("optimizer", "lr", "3e-4"))
	r.follow(t, readReferences(t).LeNet, "lenet.final.safetensors")
}

const normed = `
name: normed
data: {source: mnist, batch: 64}
model:
  logits:
    - image
    - conv(6, 5, stride=2, bias=false) -> batchnorm -> relu -> maxpool(2)
    - flatten
    - dense(32) -> batchnorm -> relu -> dense(label.classes)
loss: cross_entropy(logits, label)
optimizer: {name: sgd, lr: 0.02, momentum: 0.9}
`

// TestBatchNormFollowsPyTorchFor100Steps compares running statistics too.
func TestBatchNormFollowsPyTorchFor100Steps(t *testing.T) {
	skipShort(t)
	r := newParityRunOf(t, "normed.yaml", []byte(normed), graph.Clip{}, "normed.init.safetensors")
	r.follow(t, readReferences(t).Normed, "normed.final.safetensors")
}

func set(path ...string) config.Override {
	return config.Override{Path: path[:len(path)-1], Text: path[len(path)-1], Origin: "test"}
}

// TestOptimizersFollowPyTorch runs every optimizer, clipping and accumulation. The
// tolerance is ten times what rounding alone explains (oracle/README.md, Tolerances).
func TestOptimizersFollowPyTorch(t *testing.T) {
	skipShort(t)
	const tolerance = 1e-5
	lr := func(v string) config.Override { return set("optimizer", "lr", v) }
	name := func(v string) config.Override { return set("optimizer", "name", v) }
	decay := func(v string) config.Override { return set("optimizer", "weight_decay", v) }
	runs := map[string]struct {
		clip      graph.Clip
		window    int
		overrides []config.Override
	}{
		"sgd_nesterov":         {overrides: []config.Override{name("sgd"), lr("0.05"), set("optimizer", "momentum", "0.9"), set("optimizer", "nesterov", "true"), decay("5e-4")}},
		"sgd_clip_norm":        {clip: graph.Clip{Norm: 0.1}, overrides: []config.Override{name("sgd"), lr("0.05")}},
		"adam":                 {},
		"adam_weight_decay":    {overrides: []config.Override{decay("0.01")}},
		"adamw":                {overrides: []config.Override{name("adamw"), decay("0.01")}},
		"adam_clip_norm":       {clip: graph.Clip{Norm: 0.4}},
		"adam_clip_value":      {clip: graph.Clip{Value: 0.005}},
		"adam_clip_norm_idle":  {clip: graph.Clip{Norm: 1}},
		"adam_clip_value_idle": {clip: graph.Clip{Value: 0.05}},
		"adam_accumulate_2":    {window: 2},
	}
	for run, ref := range readReferences(t).Optimizers {
		t.Run(run, func(t *testing.T) {
			c, ok := runs[run]
			if !ok {
				t.Fatal("no such run here")
			}
			r := newParityRun(t, "mlp-mnist.yaml", c.clip, "mlp_small.init.safetensors", append(c.overrides, set("vars", "hidden", "32"))...)
			for i, want := range ref.Losses {
				var out map[string]float64
				if c.window == 2 {
					r.step(t, graph.Accumulate, i*64, 32, 64, nil)
					out = r.step(t, graph.LastStep, i*64+32, 32, 64, nil)
				} else {
					out = r.step(t, graph.WholeStep, i*64, 64, 64, nil)
				}
				within(t, "loss", out["loss"], want, tolerance)
			}
			for name, want := range ref.FinalNorms {
				x, err := r.store.Get(name)
				if err != nil {
					t.Fatal(err)
				}
				norm, cosine := 0.0, 0.0
				for k, v := range x {
					norm += float64(v) * float64(v)
					cosine += float64(v) * math.Cos(float64(k+1))
				}
				norm = math.Sqrt(norm)
				within(t, "norm of "+name, norm, want, tolerance)
				if d := math.Abs(cosine-ref.FinalCosineSums[name]) / norm; d > tolerance {
					t.Errorf("cosine sum of %s: %.9g, PyTorch %.9g", name, cosine, ref.FinalCosineSums[name])
				}
			}
		})
	}
}
