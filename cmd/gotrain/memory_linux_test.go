package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
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
		{"--data.samples.train", "40000", "--max_epochs", "2"}, // pictures and checkpoints beside a large data set
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
			compareMemory(t, dir, config, flags)
		})
	}
}

// TestSummaryTellsTheMemoryOfArrays does so of data that are a file, compressed or not, and
// of pairs.
func TestSummaryTellsTheMemoryOfArrays(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes memory of its own")
	}
	const rows, width = 16000, 784 // 50 MB
	header := func(descr, shape string) []byte {
		text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", descr, shape)
		return append([]byte{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, byte(len(text)), byte(len(text) >> 8)}, text...)
	}
	numbers := make([]byte, 4*rows*width) // bytes that compress to something
	for i := range rows * width {
		binary.LittleEndian.PutUint32(numbers[4*i:], math.Float32bits(float32(i%1000)/1000))
	}
	labels := make([]byte, 8*rows)
	for i := range rows {
		labels[8*i] = byte(i % 10)
	}
	members := []struct {
		name string
		text []byte
	}{
		{"image.npy", append(header("<f4", fmt.Sprintf("%d, %d", rows, width)), numbers...)},
		{"label.npy", append(header("<i8", fmt.Sprintf("%d,", rows)), labels...)},
	}
	const plain = `model:
  logits: image -> dense(label.classes)
loss: cross_entropy(logits, label)
`
	const pairs = `model:
  encode(x): x -> dense(16)
  distance: sum((encode(left) - encode(right))**2)
loss: same * distance + (1 - same) * relu(1 - distance)
`
	for _, c := range []struct {
		name   string
		method uint16
		data   string
		rest   string
	}{
		{"stored", zip.Store, "batch: 100, split: {val: 1000}", plain},
		{"deflated", zip.Deflate, "batch: 100, split: {val: 1000}", plain},
		{"pairs", zip.Store, "batch: 2000, split: {val: 2000}, pairs: label", pairs},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			var text bytes.Buffer
			z := zip.NewWriter(&text)
			for _, m := range members {
				w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: c.method})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := w.Write(m.text); err != nil {
					t.Fatal(err)
				}
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			config := filepath.Join(dir, "arrays.yaml")
			yaml := "data: {source: npz, path: a.npz, " + c.data + "}\n" + c.rest + "optimizer: {name: adam, lr: 1e-3}\ntrainer: {max_epochs: 1}\n"
			for name, text := range map[string][]byte{"a.npz": text.Bytes(), "arrays.yaml": []byte(yaml)} {
				if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			compareMemory(t, dir, config, nil)
		})
	}
}

// compareMemory compares what summary tells of a fit with the most that it held.
func compareMemory(t *testing.T, dir, config string, flags []string) {
	t.Helper()
	told := toldBytes(t, append([]string{"summary", config, "--json"}, flags...))
	held := heldBytes(t, append([]string{"fit", config, "--default_root_dir", dir, "--num_sanity_val_steps", "1"}, flags...))
	if off := float64(told)/float64(held) - 1; math.Abs(off) > 0.05 {
		t.Errorf("summary told %.1f MB, the process held %.1f MB: %+.1f %%", float64(told)/1e6, float64(held)/1e6, 100*off)
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
