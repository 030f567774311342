package main

import (
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/engine"
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// activations are steps of a pipeline whose formula, and that of whose gradient, end up in
// the epilogues of products or in passes of their own.
var activations = []string{
	"relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "tanh", "sigmoid", "mish", "softmax", "log_softmax", "layernorm", "rmsnorm", "batchnorm", "dropout(0.1)",
}

// losses are over the logits y (10 wide) and a field.
var losses = []string{
	"cross_entropy(y, label)", "mse(y, t)", "l1(y, t)", "huber(y, t)", "bce_logits(y, sigmoid(t))", "hinge(y, label)", "nll(log_softmax(y), label)",
}

// models are configs that between them have the catalogue's formulas as plans have them.
func models() map[string]string {
	all := map[string]string{}
	text := func(net, loss, optimizer string) string {
		return fmt.Sprintf(`data: {source: digits, batch: 64}
model:
  t: image -> flatten -> dense(10)
  h: image -> flatten -> dense(48) -> %s
  y: h -> dense(24) -> %s -> dense(10)
loss: %s
optimizer: %s
trainer: {max_epochs: 1}
`, net, net, loss, optimizer)
	}
	const sgd, mse = "{name: sgd, lr: 0.1}", "mse(y, t)"
	for _, a := range activations {
		all[a] = text(a, mse, sgd)
	}
	for _, l := range losses {
		all[l] = text("relu", l, sgd)
	}
	for _, o := range graph.OptimizerDocs() {
		all[o.Name] = text("relu", mse, fmt.Sprintf("{name: %s, lr: 0.1}", o.Name))
		all[o.Name+", decayed"] = text("relu", mse, fmt.Sprintf("{name: %s, lr: 0.1, weight_decay: 0.01}", o.Name))
	}
	all["momentum"] = text("relu", mse, "{name: sgd, lr: 0.1, momentum: 0.9}")
	all["nesterov"] = text("relu", mse, "{name: sgd, lr: 0.1, momentum: 0.9, nesterov: true}")
	files, err := filepath.Glob("../../../../configs/*.yaml")
	if err != nil || len(files) == 0 {
		log.Fatal("kernelgen: no configs: ", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		all[file] = string(src)
	}
	return all
}

// From here on a formula is worth a kernel: below, its tape is as fast.
const (
	leastPrimitives = 2
	leastElements   = 32
)

// formulas are the distinct structures in the plans of all models, in a fixed order.
func formulas() []*formula.Multi {
	found := map[string]*formula.Multi{}
	for name, src := range models() {
		cfg, diags := config.Load(name, []byte(src), nil)
		if cfg == nil || diags.HasErrors() {
			log.Fatalf("kernelgen: %s: %v", name, diags.Err())
		}
		fields, _ := data.Fields(*cfg.Data)
		model, diags, err := graph.Check(cfg, fields)
		if err != nil || diags.HasErrors() {
			log.Fatalf("kernelgen: %s: %v %v", name, err, diags.Err())
		}
		for _, p := range programs(name, model) {
			f, err := engine.Plan(p, cfg.Data.Batch, engine.Options{})
			if err != nil {
				log.Fatalf("kernelgen: %s: %v", name, err)
			}
			for _, in := range f.Instrs {
				if m := formulaOf(in.Op); m != nil && m.Primitives() >= leastPrimitives && engine.FLOPs(f, in) >= leastElements*int64(m.Primitives()) {
					found[m.Structure()] = m
				}
			}
		}
	}
	var all []*formula.Multi
	for _, key := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[key])
	}
	return all
}

func programs(name string, m *graph.Model) []*graph.Program {
	var all []*graph.Program
	add := func(p *graph.Program, err error) {
		if err != nil {
			log.Fatalf("kernelgen: %s: %v", name, err)
		}
		all = append(all, p)
	}
	for _, o := range []graph.TrainOptions{{}, {Clip: graph.Clip{Norm: 1}}, {Part: graph.Accumulate}, {Part: graph.LastStep}} {
		add(m.Train(o))
	}
	add(m.Eval())
	return all
}

// formulaOf is the formula of an instruction that has one.
func formulaOf(op graph.Op) *formula.Multi {
	switch op := op.(type) {
	case graph.Map:
		return op.F.Multi()
	case engine.Fused:
		return op.F
	case engine.Gemm:
		return op.F
	}
	return nil
}
