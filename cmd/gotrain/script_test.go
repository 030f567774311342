package main

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gotrain/internal/ckpt"
)

// The test binary is gotrain too: scripts run it as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gotrain": main, "stopped": runStopped})
}

// TestScript runs the scripts of testdata/script, one subject a file. A script starts in a
// folder with configs/, numpy.npz (see internal/data/testdata/make.py), and with vae.yaml and mlp.yaml: the same on 256 drawn digits and
// with 32 hidden units, so that an epoch takes a moment.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   filepath.Join("testdata", "script"),
		Setup: setUpScript,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "same": same, "tensors": tensors, "flip": flip, "logged": logged, "npy": npy, "picture": picture, "sorted": isSorted, "agree": agree, "npysave": npySave,
		},
		RequireExplicitExec: true,
	})
}

func setUpScript(env *testscript.Env) error {
	for _, v := range []string{"GOTRAIN_VERIFY", "GOCOVERDIR"} {
		if x, ok := os.LookupEnv(v); ok {
			env.Setenv(v, x)
		}
	}
	env.Setenv("HOME", filepath.Join(env.WorkDir, ".home"))
	env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
	env.Setenv("GOMAXPROCS", "2")
	scripts, err := filepath.Abs(filepath.Join("..", "..", "scripts"))
	if err != nil {
		return err
	}
	env.Setenv("SCRIPTS", scripts)
	if err := os.CopyFS(filepath.Join(env.WorkDir, "configs"), os.DirFS(filepath.Join("..", "..", "configs"))); err != nil {
		return err
	}
	arrays, err := os.ReadFile(filepath.Join("..", "..", "internal", "data", "testdata", "numpy.npz"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, "numpy.npz"), arrays, 0o666); err != nil {
		return err
	}
	small := strings.NewReplacer(
		"source: mnist, batch: 128", "source: digits, samples: {train: 256, val: 128}, batch: 32",
		"source: mnist, batch: 64", "source: digits, samples: {train: 256, val: 128}, batch: 32",
		"hidden: 400", "hidden: 32", "hidden: 128", "hidden: 32")
	for _, name := range []string{"vae", "mlp"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "configs", name+"-mnist.yaml"))
		if err != nil {
			return err
		}
		out := small.Replace(string(text))
		if strings.Contains(out, "source: mnist") || !strings.Contains(out, "hidden: 32") {
			return fmt.Errorf("%s-mnist.yaml has changed: teach setUpScript to make it small", name)
		}
		if err := os.WriteFile(filepath.Join(env.WorkDir, name+".yaml"), []byte(out), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// exits runs a command and checks its exit code: exits CODE program args...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE program args...")
	}
	checkCode(ts, args[0], ts.Exec(args[1], args[2:]...))
}

func checkCode(ts *testscript.TestScript, want string, err error) {
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got := strconv.Itoa(code); got != want {
		ts.Fatalf("exit code %s, want %s", got, want)
	}
}

// runStopped is the program stopped: it runs a command, sends it a signal once a line of a
// file matches, and ends as the command does, with 137 for a killed one and 99 for one that
// was too fast: stopped TERM|INT|KILL FILE REGEXP program args...
func runStopped() {
	sig := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}[os.Args[1]]
	when := regexp.MustCompile("(?m)" + os.Args[3])
	c := exec.Command(os.Args[4], os.Args[5:]...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	if err := c.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "stopped:", err)
		os.Exit(99)
	}
	done := make(chan struct{})
	go func() {
		c.Wait()
		close(done)
	}()
	for sent := false; !sent; {
		select {
		case <-done:
			fmt.Fprintln(os.Stderr, "stopped: the command ended before the signal")
			os.Exit(99)
		case <-time.After(2 * time.Millisecond):
			if text, err := os.ReadFile(os.Args[2]); err == nil && when.Match(text) {
				sent = c.Process.Signal(sig) == nil
			}
		}
	}
	<-done
	if code := c.ProcessState.ExitCode(); code >= 0 {
		os.Exit(code)
	}
	os.Exit(137)
}

// same checks that two files are equal, byte for byte.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] same FILE FILE")
	}
	a, b := []byte(ts.ReadFile(args[0])), []byte(ts.ReadFile(args[1]))
	if bytes.Equal(a, b) != neg {
		return
	}
	if neg {
		ts.Fatalf("%s and %s are the same", args[0], args[1])
	}
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	ts.Fatalf("%s (%d bytes) and %s (%d bytes) differ from byte %d on", args[0], len(a), args[1], len(b), at)
}

// tensors checks that two files of weights hold the same under names that start alike:
// [!] tensors PREFIX FILE FILE
func tensors(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] tensors PREFIX FILE FILE")
	}
	var found [2][]ckpt.Tensor
	for i, path := range args[1:] {
		all, _, err := ckpt.ReadSafetensors(ts.MkAbs(path))
		ts.Check(err)
		found[i] = slices.DeleteFunc(all, func(t ckpt.Tensor) bool { return !strings.HasPrefix(t.Name, args[0]) })
		if len(found[i]) == 0 {
			ts.Fatalf("%s has nothing under %s", path, args[0])
		}
	}
	if reflect.DeepEqual(found[0], found[1]) == neg {
		ts.Fatalf("%s of %s and %s: the same is %v", args[0], args[1], args[2], !neg)
	}
}

// flip inverts the bits of the byte in the middle of a file.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: flip FILE")
	}
	text := []byte(ts.ReadFile(args[0]))
	text[len(text)/2] ^= 0xff
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o666))
}

// logged checks a value of a JSON object of results against the smallest, largest, first or
// last one of that column of metrics.csv, bit for bit at the precision written there:
// logged COLUMN min|max|first|last CSV JSON. JSON may be stdout.
func logged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: logged COLUMN min|max|first|last CSV JSON")
	}
	rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[2]))).ReadAll()
	ts.Check(err)
	column := slices.Index(rows[0], args[0])
	if column < 0 {
		ts.Fatalf("%s has no column %s: %v", args[2], args[0], rows[0])
	}
	text, value := "", math.NaN()
	for _, row := range rows[1:] {
		x, err := strconv.ParseFloat(row[column], 64)
		if err == nil && (text == "" || args[1] == "last" || args[1] == "min" && x < value || args[1] == "max" && x > value) {
			text, value = row[column], x
		}
	}
	var results map[string]float64
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[3])), &results))
	got, ok := results[args[0]]
	if !ok {
		ts.Fatalf("the result has no %s: %v", args[0], results)
	}
	short, err := strconv.ParseFloat(text, 32)
	ts.Check(err)
	if got != value && got != short {
		ts.Fatalf("%s: logged %s, reprinted %v", args[0], text, got)
	}
}

// npy checks the header and the size of a little-endian float32 array: npy FILE DIM...
func npy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: npy FILE DIM...")
	}
	text := ts.ReadFile(args[0])
	if !strings.HasPrefix(text, "\x93NUMPY\x01\x00") {
		ts.Fatalf("%s does not begin as an npy file of version 1.0: %q", args[0], text[:min(len(text), 8)])
	}
	size := int(text[8]) | int(text[9])<<8
	if (10+size)%64 != 0 {
		ts.Fatalf("the header is not padded to 64 bytes: %d", 10+size)
	}
	header := text[10 : 10+size]
	bytesWant := 4
	for _, d := range args[1:] {
		n, err := strconv.Atoi(d)
		ts.Check(err)
		bytesWant *= n
	}
	shape := "(" + strings.Join(args[1:], ", ") + ")"
	for _, want := range []string{"'descr': '<f4'", "'fortran_order': False", "'shape': " + shape} {
		if !strings.Contains(header, want) {
			ts.Fatalf("the header lacks %q: %q", want, header)
		}
	}
	if got := len(text) - 10 - size; got != bytesWant || header[size-1] != '\n' {
		ts.Fatalf("%d bytes of data, want %d; header %q", got, bytesWant, header)
	}
}

// picture checks that each file is a PNG with something to see.
func picture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: picture FILE...")
	}
	for _, name := range args {
		img, err := png.Decode(strings.NewReader(ts.ReadFile(name)))
		if err != nil {
			ts.Fatalf("%s: %v", name, err)
		}
		b := img.Bounds()
		seen := map[uint32]bool{}
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				r, _, _, _ := img.At(x, y).RGBA()
				seen[r] = true
			}
		}
		if b.Dx() < 28 || b.Dy() < 28 || len(seen) < 3 {
			ts.Fatalf("%s: %d x %d with %d shades", name, b.Dx(), b.Dy(), len(seen))
		}
	}
}

// isSorted checks a list of runs as JSON: best first, those without a best last.
func isSorted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sorted JSON")
	}
	var runs []struct {
		Dir  string
		Best *float64
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &runs))
	if len(runs) < 2 {
		ts.Fatalf("%d runs are too few to be sorted", len(runs))
	}
	for i := range runs[1:] {
		a, b := runs[i].Best, runs[i+1].Best
		if a == nil && b != nil || a != nil && b != nil && *a > *b {
			ts.Fatalf("%s stands before %s", runs[i].Dir, runs[i+1].Dir)
		}
	}
}

// agree checks that two JSON objects have the same number under two names: agree JSON NAME
// JSON NAME.
func agree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: agree JSON NAME JSON NAME")
	}
	var found [2]float64
	for i := range found {
		var object map[string]any
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[2*i])), &object))
		n, ok := object[args[2*i+1]].(float64)
		if !ok {
			ts.Fatalf("%s has no number %s: %v", args[2*i], args[2*i+1], object)
		}
		found[i] = n
	}
	if found[0] != found[1] {
		ts.Fatalf("%s is %v, %s is %v", args[1], found[0], args[3], found[1])
	}
}

// npySave writes an array of so many float32: npysave FILE N.
func npySave(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: npysave FILE N")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }\n", n)
	file := append([]byte{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, byte(len(header)), 0}, header...)
	for i := range n {
		file = binary.LittleEndian.AppendUint32(file, math.Float32bits(float32(i)/float32(n)))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file, 0o666))
}
