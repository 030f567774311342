package train_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/diag"
	"gotrain/internal/engine/cpu"
	"gotrain/internal/graph"
	"gotrain/internal/logger"
	"gotrain/internal/train"
)

// vae is a small model with noise, so that a run depends on every stream and cursor.
const vae = `
name: small
vars: {latent: 4, hidden: 16}
data: {source: digits, batch: 24, samples: {train: 100, val: 40}}
model:
  encoder(x): x -> flatten -> dense(hidden) -> relu -> dense(2*latent)
  decoder(z): z -> dense(hidden) -> relu -> dense(image.size) -> reshape(image.shape)
  mu, logvar: encoder(image) -> split(2)
  z: mu + exp(0.5*logvar) * randn_like(mu)
  recon: decoder(z)
loss:
  rec: bce_logits(recon, image, reduce=sum)
  kl: kl_normal(mu, logvar)
predict:
  reconstruct: sigmoid(decoder(mu))
  sample: sigmoid(decoder(randn(latent)))
optimizer: {name: adam, lr: 1e-3}
`

// newSession checks a config and makes a session that runs to its end.
func newSession(t *testing.T, src string, trainer map[string]any) *train.Session {
	t.Helper()
	cfg, diags := config.Load("small.yaml", []byte(src), nil)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	fields, _ := data.Fields(*cfg.Data)
	model, diags, err := graph.Check(cfg, fields)
	if err != nil || diags.HasErrors() {
		t.Fatal(err, diags.Err())
	}
	settings, diags := config.DecodeTrainer(trainer, func(string) (diag.Pos, string) { return diag.Pos{}, "test" })
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	dev := cpu.New(cpu.Options{})
	t.Cleanup(func() { dev.Close() })
	return &train.Session{
		Config: cfg, Trainer: settings, Model: model, Device: dev, Console: logger.NewConsole(logger.ConsoleOptions{Out: io.Discard}),
		Stop: func() bool { return false }, Command: []string{"gotrain", "fit", "small.yaml"}, Resolved: cfg.Resolved(),
	}
}

// files reads what must be equal bit for bit at the end of two runs.
func files(t *testing.T, run string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, name := range []string{"metrics.csv", "checkpoints/last/model.safetensors", "checkpoints/last/optimizer.safetensors"} {
		text, err := os.ReadFile(filepath.Join(run, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = text
	}
	return out
}

// resumesBitExactly stops and resumes fits of a config of 100 samples in batches of 24,
// after each number of batches that is not skipped.
func resumesBitExactly(t *testing.T, src string, skip func(k int) bool) {
	t.Helper()
	for _, accumulate := range []int{1, 3} {
		trainer := func(root string) map[string]any {
			return map[string]any{"max_epochs": 3, "val_check_interval": 2, "log_every_n_steps": 1, "accumulate_grad_batches": accumulate, "default_root_dir": root}
		}
		whole := t.TempDir()
		res, err := train.Fit(context.Background(), newSession(t, src, trainer(whole)))
		if err != nil {
			t.Fatal(err)
		}
		want := files(t, res.RunDir)
		const batches = 3 * 5 // of 24 in 100 samples: the last has 4
		for k := 1; k < batches; k++ {
			if skip(k) {
				continue
			}
			root := t.TempDir()
			s := newSession(t, src, trainer(root))
			left := k
			s.Stop = func() bool { left--; return left == 0 }
			_, err := train.Fit(context.Background(), s)
			var stopped *train.InterruptedError
			if !errors.As(err, &stopped) {
				t.Fatalf("stopped after %d batches: %v", k, err)
			}
			if !strings.Contains(stopped.Resume, "--ckpt_path") {
				t.Errorf("no command to go on with: %q", stopped.Resume)
			}
			s = newSession(t, src, trainer(root))
			s.Checkpoint = stopped.Checkpoint
			again, err := train.Fit(context.Background(), s)
			if err != nil {
				t.Fatalf("resumed after %d batches: %v", k, err)
			}
			if again.RunDir != filepath.Join(root, "small", "version_0") {
				t.Errorf("resumed in %s: not the same folder", again.RunDir)
			}
			for name, got := range files(t, again.RunDir) {
				if !bytes.Equal(got, want[name]) {
					t.Errorf("accumulate %d, stopped after %d batches: %s differs", accumulate, k, name)
				}
			}
		}
	}
}

// TestTailOfAWindowIsDividedByItsCount: the last window of an epoch may be shorter, and
// the last batch of it smaller; its gradient is still the mean over its samples. One batch
// of 40 is the same step as batches of 24 and 16 accumulated: the loss of the step after
// shows that the update was the same too.
func TestTailOfAWindowIsDividedByItsCount(t *testing.T) {
	src := strings.Replace(vae, "samples: {train: 100, val: 40}", "samples: {train: 40, val: 8}", 1)
	run := func(src string, accumulate int) [2][]byte {
		s := newSession(t, src, map[string]any{"max_steps": 2, "log_every_n_steps": 1, "accumulate_grad_batches": accumulate, "default_root_dir": t.TempDir(), "logger": "csv"})
		res, err := train.Fit(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(res.RunDir, "metrics.csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows := bytes.Split(text, []byte("\n"))
		if len(rows) < 4 {
			t.Fatalf("metrics.csv: %s", text)
		}
		// head, step 1, its validation, step 2
		return [2][]byte{bytes.Split(rows[1], []byte(","))[2], bytes.Split(rows[3], []byte(","))[2]}
	}
	whole := run(strings.Replace(src, "batch: 24", "batch: 40", 1), 1)
	for _, accumulate := range []int{2, 5} {
		for i, got := range run(src, accumulate) {
			if !near(t, got, whole[i], 1e-6) {
				t.Errorf("accumulate %d: loss of step %d is %s, in one batch %s", accumulate, i+1, got, whole[i])
			}
		}
	}
}

func near(t *testing.T, a, b []byte, tolerance float64) bool {
	t.Helper()
	x, y := parse(t, string(a)), parse(t, string(b))
	return math.Abs(x-y) <= tolerance*math.Abs(y)
}

// TestDivergenceNamesTheFirstOp: the step is not applied, the op and its YAML path are
// named, the last checkpoint stays good.
func TestDivergenceNamesTheFirstOp(t *testing.T) {
	src := strings.Replace(vae, "lr: 1e-3", "lr: 1e5", 1)
	s := newSession(t, src, map[string]any{"max_epochs": 50, "default_root_dir": t.TempDir()})
	_, err := train.Fit(context.Background(), s)
	var diverged *train.DivergedError
	if !errors.As(err, &diverged) {
		t.Fatalf("got %v, want a diverged run", err)
	}
	section, _, _ := strings.Cut(diverged.Path, ".")
	if section != "model" && section != "loss" && section != "optimizer" || diverged.Op == "" {
		t.Errorf("first op at %q (%s): no path of the file", diverged.Path, diverged.Op)
	}
	t.Log(err)
}

// TestDevRunLeavesNothing: every path of a run is touched, and no file is left.
func TestDevRunLeavesNothing(t *testing.T) {
	root, tmp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	src := vae + "trainer: {log_images: {reconstruct: 1 epoch, sample: 1 epoch}}\n"
	s := newSession(t, src, map[string]any{"fast_dev_run": true, "default_root_dir": root})
	res, err := train.Fit(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if res.Step != 1 || res.RunDir != "" {
		t.Errorf("%d steps in %q, want 1 in none", res.Step, res.RunDir)
	}
	for _, dir := range []string{root, tmp} {
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestEvaluationRepeatsTheLoggedLoss: the best checkpoint's val/loss, measured again, is
// the logged one to the last bit.
func TestEvaluationRepeatsTheLoggedLoss(t *testing.T) {
	s := newSession(t, vae, map[string]any{"max_epochs": 2, "default_root_dir": t.TempDir()})
	res, err := train.Fit(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	s.Checkpoint = filepath.Join(res.RunDir, "checkpoints", "best")
	again, err := train.Evaluate(context.Background(), s, train.ValidateVerb)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := again.Metrics["val/loss"], res.Metrics["val/loss"]; got != want {
		t.Errorf("val/loss %v, logged %v", got, want)
	}
}

func parse(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// stopAfter makes a run stop after so many batches and gives its checkpoint.
func stopAfter(t *testing.T, src string, trainer map[string]any, batches int) *train.InterruptedError {
	t.Helper()
	s := newSession(t, src, trainer)
	s.Stop = func() bool { batches--; return batches == 0 }
	_, err := train.Fit(context.Background(), s)
	var stopped *train.InterruptedError
	if !errors.As(err, &stopped) {
		t.Fatalf("not stopped: %v", err)
	}
	return stopped
}

// TestNaNMetricIsKeptOutOfTheCheckpoint: a metric that is no number is shown, and the run
// goes on and saves.
func TestNaNMetricIsKeptOutOfTheCheckpoint(t *testing.T) {
	src := vae + "metrics: {bad: log(mean(image) - 5)}\n"
	s := newSession(t, src, map[string]any{"max_epochs": 1, "default_root_dir": t.TempDir()})
	res, err := train.Fit(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	if v := res.Metrics["val/bad"]; !math.IsNaN(v) {
		t.Errorf("val/bad is %v, want NaN", v)
	}
	if _, err := os.Stat(filepath.Join(res.RunDir, "checkpoints", "best", "state.json")); err != nil {
		t.Error(err)
	}
}

// TestTwoFitsNeverShareAFolder: a second one that goes on in the same folder is refused.
func TestTwoFitsNeverShareAFolder(t *testing.T) {
	trainer := map[string]any{"max_epochs": 2, "default_root_dir": t.TempDir()}
	stopped := stopAfter(t, vae, trainer, 2)
	s := newSession(t, vae, trainer)
	s.Checkpoint = stopped.Checkpoint
	var inner error
	first := true
	s.Stop = func() bool {
		if first {
			first = false
			other := newSession(t, vae, trainer)
			other.Checkpoint = stopped.Checkpoint
			_, inner = train.Fit(context.Background(), other)
		}
		return false
	}
	if _, err := train.Fit(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	var env *diag.EnvError
	if !errors.As(inner, &env) || !strings.Contains(inner.Error(), "another fit") {
		t.Errorf("the second fit: %v", inner)
	}
}

// countdown is a context that ends when it has been asked for its error so many times: a
// signal that comes at any point where a fit could notice it.
type countdown struct {
	context.Context
	cancel context.CancelFunc
	left   int
}

func (c *countdown) Err() error {
	if c.left--; c.left == 0 {
		c.cancel()
	}
	return c.Context.Err()
}
