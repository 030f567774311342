package train_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotrain/internal/train"
)

// TestResumeIsBitExact stops a run after every number of batches, in the middle of epochs
// and of accumulation windows, and goes on: nothing may tell the result from that of a run
// that was never stopped.
func TestResumeIsBitExact(t *testing.T) {
	const scheduled = vae + "schedule: {name: cosine, warmup: 3 steps}\n"
	resumesBitExactly(t, scheduled, func(k int) bool { return testing.Short() && k%6 != 4 }) // 4 and 10: inside an epoch and a window
}

// TestResumeRefusesAnotherPlan: what would make the place in the epoch mean other samples
// is an error; what would not, is not.
func TestResumeRefusesAnotherPlan(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string // in the config
		trainer  map[string]any
		want     string // "" where the run goes on
	}{
		"seed":            {"name: small", "name: small\nseed: 3", nil, "seed is 0"},
		"batch":           {"batch: 24", "batch: 25", nil, "data.batch is 24"},
		"data":            {"train: 100", "train: 90", nil, "the data, or their split"},
		"shuffle":         {"batch: 24", "batch: 24, shuffle: false", nil, "data.shuffle is true"},
		"limit":           {"", "", map[string]any{"limit_train_batches": 4}, "an epoch has 5 batches"},
		"window":          {"", "", map[string]any{"accumulate_grad_batches": 2}, "accumulate_grad_batches is 3"},
		"model":           {"latent: 4", "latent: 5", nil, "shape"},
		"lr may change":   {"lr: 1e-3", "lr: 1e-4", nil, ""},
		"logs may change": {"", "", map[string]any{"log_every_n_steps": 1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			trainer := map[string]any{"max_epochs": 2, "accumulate_grad_batches": 3, "default_root_dir": t.TempDir()}
			stopped := stopAfter(t, vae, trainer, 2)
			for k, v := range c.trainer {
				trainer[k] = v
			}
			s := newSession(t, strings.Replace(vae, c.old, c.new, 1), trainer)
			s.Checkpoint = stopped.Checkpoint
			_, err := train.Fit(context.Background(), s)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestResumeFromWithinValidation: a run told to stop while it validates has done its
// epoch's batches; going on, it validates first, and nothing differs.
func TestResumeFromWithinValidation(t *testing.T) {
	trainer := func(root string) map[string]any {
		return map[string]any{"max_epochs": 2, "log_every_n_steps": 1, "default_root_dir": root, "num_sanity_val_steps": 0}
	}
	res, err := train.Fit(context.Background(), newSession(t, vae, trainer(t.TempDir())))
	if err != nil {
		t.Fatal(err)
	}
	want := files(t, res.RunDir)
	root := t.TempDir()
	s := newSession(t, vae, trainer(root))
	ctx, cancel := context.WithCancel(context.Background())
	asked := 0
	s.Stop = func() bool {
		if asked++; asked == 5 { // the epoch's last batch: the signal comes right after it
			cancel()
			return false
		}
		return asked > 5
	}
	_, err = train.Fit(ctx, s)
	var stopped *train.InterruptedError
	if !errors.As(err, &stopped) {
		t.Fatalf("not stopped: %v", err)
	}
	s = newSession(t, vae, trainer(root))
	s.Checkpoint = stopped.Checkpoint
	if res, err = train.Fit(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	for name, got := range files(t, res.RunDir) {
		if !bytes.Equal(got, want[name]) {
			t.Errorf("%s differs", name)
		}
	}
}

// TestResolvedIsOfTheStepsToCome: of several resumes at one step, whose configs differ, the
// first keeps that of the steps before, and each leaves its own for the steps to come.
func TestResolvedIsOfTheStepsToCome(t *testing.T) {
	trainer := map[string]any{"max_epochs": 1, "accumulate_grad_batches": 3, "default_root_dir": t.TempDir()}
	with := func(lr string) string { return strings.Replace(vae, "lr: 1e-3", "lr: "+lr, 1) }
	stopped := stopAfter(t, vae, trainer, 1) // inside the first window: no step is done
	run := filepath.Dir(filepath.Dir(stopped.Checkpoint))
	for _, lr := range []string{"2e-3", "3e-3"} {
		s := newSession(t, with(lr), trainer)
		s.Checkpoint = filepath.Join(run, "checkpoints", "last")
		s.Stop = func() bool { return true }
		var again *train.InterruptedError
		if _, err := train.Fit(context.Background(), s); !errors.As(err, &again) {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(run, "resolved.yaml"))
		if err != nil || !strings.Contains(string(text), "lr: "+lr) {
			t.Errorf("resolved.yaml after a resume with lr %s (%v):\n%s", lr, err, text)
		}
		earlier, err := os.ReadFile(filepath.Join(run, "resolved.until_step_0.yaml"))
		if err != nil || !strings.Contains(string(earlier), "lr: 1e-3") {
			t.Errorf("the config of the steps before (%v):\n%s", err, earlier)
		}
	}
}

// TestResumeFromWherever stops a run at each point where it looks for a signal, within
// validations inside an epoch also, and goes on: the same to the last bit.
func TestResumeFromWherever(t *testing.T) {
	src := vae + "trainer: {early_stop: {monitor: val/loss, patience: 4 epochs}}\n"
	trainer := func(root string) map[string]any {
		return map[string]any{"max_epochs": 2, "log_every_n_steps": 1, "val_check_interval": 2, "default_root_dir": root, "num_sanity_val_steps": 0}
	}
	res, err := train.Fit(context.Background(), newSession(t, src, trainer(t.TempDir())))
	if err != nil {
		t.Fatal(err)
	}
	want := files(t, res.RunDir)
	within := 0
	every := 1
	if testing.Short() {
		every = 5
	}
	for n := 1; ; n += every {
		inner, cancel := context.WithCancel(context.Background())
		s := newSession(t, src, trainer(t.TempDir()))
		s.Stop = func() bool { return inner.Err() != nil }
		_, err := train.Fit(&countdown{Context: inner, cancel: cancel, left: n}, s)
		cancel()
		var stopped *train.InterruptedError
		if err == nil {
			break
		}
		if !errors.As(err, &stopped) {
			t.Fatalf("signal at look %d: %v", n, err)
		}
		if stopped.Checkpoint == "" {
			continue // before there was anything to save
		}
		state, err := os.ReadFile(filepath.Join(stopped.Checkpoint, "state.json"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(state, []byte(`"validation_due":true`)) {
			within++
		}
		again := newSession(t, src, trainer(t.TempDir()))
		again.Checkpoint = stopped.Checkpoint
		if res, err = train.Fit(context.Background(), again); err != nil {
			t.Fatal(err)
		}
		for name, got := range files(t, res.RunDir) {
			if !bytes.Equal(got, want[name]) {
				t.Errorf("signal at look %d: %s differs", n, name)
			}
		}
	}
	if within < 4/every+1 {
		t.Errorf("%d signals came within a validation", within)
	}
}
