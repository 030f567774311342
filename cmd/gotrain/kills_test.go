package main

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"gotrain/internal/train"
)

var kills = flag.Int("kills", 5, "how many times TestKilledRunsEndAlike kills a fit")

// killed is a run that saves, validates, draws and accumulates at different paces, so that
// a kill meets each of them in each state.
const killed = `name: killed
data: {source: digits, samples: {train: 320, val: 64}, batch: 16}
model:
  encoder(x): x -> flatten -> dense(24) -> relu -> dense(8)
  decoder(z): z -> dense(24) -> relu -> dense(image.size) -> reshape(image.shape)
  mu, logvar: encoder(image) -> split(2)
  recon: decoder(mu + exp(0.5*logvar) * randn_like(mu))
loss:
  rec: bce_logits(recon, image, reduce=sum)
  kl: kl_normal(mu, logvar)
predict:
  sample: sigmoid(decoder(randn(4)))
optimizer: {name: adam, lr: 1e-3}
schedule: {name: cosine, warmup: 10%}
checkpoint: {every: 3 steps, keep: 2}
trainer:
  max_epochs: 6
  accumulate_grad_batches: 3
  val_check_interval: 7
  log_every_n_steps: 1
  threads: 1
  enable_progress_bar: false
  early_stop: {patience: 5 epochs}
  log_images: {sample: 2 epochs}
`

// TestKilledRunsEndAlike kills a fit with SIGKILL at random moments, and goes on from last
// each time, until it ends; then begins again, until there were so many kills. Model,
// optimizer, state and metrics.csv at the end are those of the run that nothing disturbed.
func TestKilledRunsEndAlike(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts many processes")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "killed.yaml")
	if err := os.WriteFile(config, []byte(killed), 0o666); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	whole := filepath.Join(dir, "whole")
	if out, err := exec.Command("gotrain", "fit", config, "--default_root_dir", whole).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	length := time.Since(began)
	want := atTheEnd(t, whole)
	seed := uint64(began.UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	runs, resumed := 0, 0
	for done := 0; done < *kills; runs++ {
		root := filepath.Join(dir, "disturbed")
		if err := os.RemoveAll(root); err != nil {
			t.Fatal(err)
		}
		for ended := false; !ended; {
			args := []string{"fit", config, "--default_root_dir", root}
			if train.NewestRun(root, "killed") != "" {
				args = append(args, "--ckpt_path", "last")
				resumed++
			}
			var out bytes.Buffer
			c := exec.Command("gotrain", args...)
			c.Stdout, c.Stderr = &out, &out
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			var timer *time.Timer
			if done < *kills {
				after := time.Duration(rnd.Float64() * float64(length))
				timer = time.AfterFunc(after, func() { c.Process.Kill() })
			}
			err := c.Wait()
			if timer != nil {
				timer.Stop()
			}
			switch {
			case err == nil:
				ended = true
			case c.ProcessState.ExitCode() >= 0: // it ended by itself, and badly
				t.Fatalf("seed %d, kill %d: %v: %v\n%s", seed, done, args, err, &out)
			default:
				done++
			}
		}
		for name, text := range atTheEnd(t, root) {
			if !bytes.Equal(text, want[name]) {
				t.Fatalf("seed %d: after %d kills %s is not that of the undisturbed run", seed, done, name)
			}
		}
	}
	if resumed == 0 && *kills > 20 {
		t.Error("no run had a checkpoint to go on from")
	}
	t.Logf("%d kills in %d runs, %d times resumed, all ended alike", *kills, runs, resumed)
}

// atTheEnd reads what must be equal, bit for bit.
func atTheEnd(t *testing.T, root string) map[string][]byte {
	t.Helper()
	run := train.NewestRun(root, "killed")
	out := map[string][]byte{}
	for _, name := range []string{"metrics.csv", "resolved.yaml", "checkpoints/last/model.safetensors", "checkpoints/last/optimizer.safetensors", "checkpoints/last/state.json", "checkpoints/best/state.json"} {
		text, err := os.ReadFile(filepath.Join(run, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = text
	}
	return out
}
