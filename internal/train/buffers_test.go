package train_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"gotrain/internal/ckpt"
	"gotrain/internal/train"
)

// cnn has all that the phase changes: running statistics and elements that fall out.
const cnn = `
name: small
data: {source: digits, batch: 24, samples: {train: 100, val: 40}}
model:
  logits:
    - image
    - conv(4, 5, stride=2) -> batchnorm -> relu -> maxpool(2)
    - flatten
    - dropout(0.3)
    - dense(16) -> batchnorm -> gelu -> dense(label.classes)
loss: cross_entropy(logits, label)
metrics: {acc: "accuracy(logits, label)"}
predict: {scores: softmax(logits)}
optimizer: {name: sgd, lr: 0.1, momentum: 0.9}
`

func TestResumeWithRunningStatisticsIsBitExact(t *testing.T) {
	resumesBitExactly(t, cnn, func(k int) bool { return k%6 != 4 })
}

// TestModelFileHasItsBuffers: a checkpoint evaluates as the run did, and another run that
// starts from it starts with its statistics.
func TestModelFileHasItsBuffers(t *testing.T) {
	s := newSession(t, cnn, map[string]any{"max_epochs": 2, "default_root_dir": t.TempDir()})
	res, err := train.Fit(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	best := filepath.Join(res.RunDir, "checkpoints", "best")
	s.Checkpoint = best
	again, err := train.Evaluate(context.Background(), s, train.ValidateVerb)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"val/loss", "val/acc"} {
		if got, want := again.Metrics[name], res.Metrics[name]; got != want {
			t.Errorf("%s %v, logged %v", name, got, want)
		}
	}
	tensors, _, err := ckpt.ReadSafetensors(filepath.Join(best, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	moved := 0
	for _, w := range tensors {
		x, err := w.Float32()
		if err != nil {
			t.Fatal(err)
		}
		switch w.Name {
		case "logits.batchnorm.running_mean", "logits.batchnorm_2.running_mean":
			if x[0] != 0 {
				moved++
			}
		case "logits.batchnorm.running_var", "logits.batchnorm_2.running_var":
			if x[0] != 1 {
				moved++
			}
		}
	}
	if moved != 4 {
		t.Errorf("%d of 4 running statistics have moved", moved)
	}

	from := newSession(t, cnn+"checkpoint: {init_from: "+best+"/model.safetensors}\n", map[string]any{"max_epochs": 0, "default_root_dir": t.TempDir()})
	start, err := train.Fit(context.Background(), from)
	if err != nil {
		t.Fatal(err)
	}
	copied, _, err := ckpt.ReadSafetensors(filepath.Join(start.RunDir, "checkpoints/last/model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range tensors {
		if string(copied[i].Data) != string(w.Data) {
			t.Errorf("%s differs from what the run started from", w.Name)
		}
	}
}

// TestInitFromTakesBuffers: a glob names running statistics as it does weights, and what it
// does not name is as it would be without it.
func TestInitFromTakesBuffers(t *testing.T) {
	read := func(more string, epochs int) (dir string, byName map[string]string) {
		res, err := train.Fit(context.Background(), newSession(t, cnn+more, map[string]any{"max_epochs": epochs, "default_root_dir": t.TempDir()}))
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(res.RunDir, "checkpoints", "last")
		tensors, err := ckpt.LoadWeights(dir)
		if err != nil {
			t.Fatal(err)
		}
		byName = map[string]string{}
		for _, w := range tensors {
			byName[w.Name] = string(w.Data)
		}
		return dir, byName
	}
	dir, trained := read("", 1)
	_, fresh := read("", 0)
	_, started := read("checkpoint: {init_from: {file: "+dir+", only: '*.running_*'}}\n", 0)
	taken := 0
	for name, got := range started {
		want := fresh[name]
		if strings.Contains(name, ".running_") {
			want = trained[name]
			taken++
		}
		if got != want {
			t.Errorf("%s is not what it should start from", name)
		}
	}
	if taken != 4 || trained["logits.batchnorm.running_mean"] == fresh["logits.batchnorm.running_mean"] {
		t.Errorf("%d running statistics, want 4 that have moved", taken)
	}
}
