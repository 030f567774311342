//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// tinyConfig is a run of a moment.
const tinyConfig = `name: tiny
data: {source: digits, samples: {train: 64, val: 32}, batch: 32}
model:
  logits: image -> flatten -> dense(label.classes)
loss: cross_entropy(logits, label)
optimizer: {name: sgd, lr: 0.1}
trainer: {max_epochs: 2, log_every_n_steps: 1, threads: 1}
`

func tinyFile(t *testing.T) (dir, config string) {
	t.Helper()
	dir = t.TempDir()
	config = filepath.Join(dir, "tiny.yaml")
	if err := os.WriteFile(config, []byte(tinyConfig), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir, config
}

// TestRunsOfOneMomentShareNoFolder starts many fits at once: each has a folder of its own,
// whole, and all of them the same numbers.
func TestRunsOfOneMomentShareNoFolder(t *testing.T) {
	dir, config := tinyFile(t)
	n := 24
	if testing.Short() {
		n = 6
	}
	runs := make([]*exec.Cmd, n)
	outs := make([]bytes.Buffer, n)
	for i := range runs {
		runs[i] = exec.Command("gotrain", "fit", config, "--default_root_dir", filepath.Join(dir, "runs"))
		runs[i].Stdout, runs[i].Stderr = &outs[i], &outs[i]
		if err := runs[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	taken := map[string]bool{}
	for i, c := range runs {
		if err := c.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, &outs[i])
		}
		_, folder, ok := strings.Cut(outs[i].String(), "run folder ")
		if folder = strings.TrimSpace(folder); !ok || taken[folder] {
			t.Errorf("run %d: folder %q", i, folder)
		}
		taken[folder] = true
	}
	var first []byte
	for i := range n {
		run := filepath.Join(dir, "runs", "tiny", fmt.Sprintf("version_%d", i))
		text, err := os.ReadFile(filepath.Join(run, "metrics.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = text
		}
		if !bytes.Equal(text, first) || !taken[run] {
			t.Errorf("%s: its metrics are not those of a run alone, or no run named it:\n%s", run, text)
		}
		if events, _ := filepath.Glob(filepath.Join(run, "events.out.tfevents.*")); len(events) != 1 {
			t.Errorf("%s has %d event files", run, len(events))
		}
	}
}

// TestReadOnlyFolder: a run whose folder may not be written ends with a clear error, and
// its checkpoint stays as it was. Root may write anything, so the fit is then another
// user's.
func TestReadOnlyFolder(t *testing.T) {
	dir, config := tinyFile(t)
	root := filepath.Join(dir, "runs")
	if out, err := exec.Command("gotrain", "fit", config, "--default_root_dir", root).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := filepath.Join(root, "tiny", "version_0")
	model := filepath.Join(run, "checkpoints", "last", "model.safetensors")
	before, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("gotrain")
	if err != nil {
		t.Fatal(err)
	}
	public := filepath.Join(dir, "gotrain") // where another user can reach it
	if err := os.Link(program, public); err != nil {
		t.Skip(err)
	}
	as := func(c *exec.Cmd) *exec.Cmd {
		if os.Geteuid() == 0 {
			const nobody = 65534
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		}
		return c
	}
	setAll := func(files, folders os.FileMode) {
		for _, p := range []string{run, filepath.Join(run, "checkpoints"), root, filepath.Join(root, "tiny")} {
			if err := os.Chmod(p, folders); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(filepath.Join(run, ".lock"), files); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{dir, filepath.Dir(dir)} { // the way there: both are of this test
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	setAll(0o444, 0o555)
	t.Cleanup(func() { setAll(0o644, 0o755) })
	for _, args := range [][]string{{"fit", run, "--max_epochs", "3"}, {"fit", config, "--default_root_dir", root}} {
		out, err := as(exec.Command(public, args...)).CombinedOutput()
		var code *exec.ExitError
		if c, ok := err.(*exec.ExitError); ok {
			code = c
		} else {
			t.Skipf("no other user can run the program: %v", err)
		}
		if code.ExitCode() != 3 || !strings.Contains(string(out), "cannot write") || !strings.Contains(string(out), "permission denied") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	if after, err := os.ReadFile(model); err != nil || !bytes.Equal(before, after) {
		t.Error("the checkpoint is not what it was", err)
	}
}
