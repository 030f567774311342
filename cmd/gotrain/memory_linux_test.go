package main

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSummaryTellsTheMemory trains and compares the most memory that the process was ever
// seen to hold with what summary told before: within 5 %.
func TestSummaryTellsTheMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes memory of its own")
	}
	for _, flags := range [][]string{
		{"--max_steps", "60", "--max_epochs", "2"},
		{"--hidden", "2000", "--max_steps", "4"},
		{"--hidden", "2000", "--max_steps", "4", "--enable_checkpointing=false", "--gradient_clip_val", "1"},
		{"--hidden", "1000", "--max_steps", "3", "--accumulate_grad_batches", "2"},
	} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			dir := t.TempDir()
			config := filepath.Join(dir, "vae.yaml")
			text, err := os.ReadFile("../../configs/vae-mnist.yaml")
			if err != nil {
				t.Fatal(err)
			}
			drawn := strings.Replace(string(text), "source: mnist", "source: digits, samples: {train: 2000, val: 500}", 1)
			if err := os.WriteFile(config, []byte(drawn), 0o666); err != nil {
				t.Fatal(err)
			}
			told := toldBytes(t, append([]string{"summary", config, "--json"}, flags...))
			held := heldBytes(t, append([]string{"fit", config, "--default_root_dir", dir, "--num_sanity_val_steps", "1"}, flags...))
			if off := float64(told)/float64(held) - 1; math.Abs(off) > 0.05 {
				t.Errorf("summary told %.1f MB, the process held %.1f MB: %+.1f %%", float64(told)/1e6, float64(held)/1e6, 100*off)
			}
		})
	}
}

func toldBytes(t *testing.T, args []string) int64 {
	t.Helper()
	out, err := exec.Command("gotrain", args...).Output()
	if err != nil {
		t.Fatal(err, string(out))
	}
	var result struct {
		Total int64 `json:"total_bytes"`
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatal(err)
	}
	return result.Total
}

// heldBytes runs a command and gives its VmHWM, the most it ever held, as last seen.
func heldBytes(t *testing.T, args []string) int64 {
	t.Helper()
	cmd := exec.Command("gotrain", args...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	most := int64(0)
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err, said.String())
			}
			return most
		case <-time.After(2 * time.Millisecond):
			most = max(most, statusBytes(cmd.Process.Pid, "VmHWM:"))
		}
	}
}

// statusBytes reads a line of /proc/PID/status, 0 where there is none.
func statusBytes(pid int, key string) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == key {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}
