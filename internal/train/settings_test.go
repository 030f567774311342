package train_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotrain/internal/train"
)

// TestHParams: every process of a run tells its settings, and only one that comes to the
// end says so: TensorBoard believes the first that does.
func TestHParams(t *testing.T) {
	const (
		start, end = "_hparams_/session_start_info", "_hparams_/session_end_info"
		src        = vae + "schedule: {name: cosine, warmup: 2 steps}\n"
	)
	flags := map[string]any{"max_epochs": 2, "gradient_clip_val": 0.5, "limit_train_batches": 3, "default_root_dir": t.TempDir()}
	stopped := stopAfter(t, src, flags, 4)
	run := filepath.Dir(filepath.Dir(stopped.Checkpoint))
	text := eventFiles(t, run)
	if strings.Count(text, start) != 1 || strings.Contains(text, end) {
		t.Errorf("stopped: %d starts, %d ends; want 1 and 0", strings.Count(text, start), strings.Count(text, end))
	}
	for _, name := range []string{
		"latent", "hidden", "seed", "data.source", "data.batch", "data.shuffle", "data.samples.train", "optimizer.name", "optimizer.lr",
		"schedule.name", "schedule.warmup", "max_epochs", "accumulate_grad_batches", "gradient_clip_val", "gradient_clip_algorithm", "limit_train_batches",
	} {
		if !strings.Contains(text, "\x0a"+string(rune(len(name)))+name+"\x12") {
			t.Errorf("no setting %s", name)
		}
	}
	if strings.Contains(text, "max_steps\x12") {
		t.Error("max_steps is no limit, and a setting")
	}
	s := newSession(t, src, flags)
	s.Checkpoint = stopped.Checkpoint
	if _, err := train.Fit(context.Background(), s); err != nil {
		t.Fatal(err)
	}
	if text := eventFiles(t, run); strings.Count(text, start) != 2 || strings.Count(text, end) != 1 {
		t.Errorf("at the end: %d starts, %d ends; want 2 and 1", strings.Count(text, start), strings.Count(text, end))
	}
}

// eventFiles is all that a run's event files hold.
func eventFiles(t *testing.T, run string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(run, "events.out.tfevents.*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s has no event files (%v)", run, err)
	}
	var all bytes.Buffer
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
