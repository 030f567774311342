package ckpt

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// childEnv turns the test binary into a process that does one thing to a
// directory: "action|dir|argument".
const childEnv = "GOTRAIN_TEST_CHILD"

func TestMain(m *testing.M) {
	if spec := os.Getenv(childEnv); spec != "" {
		part := strings.SplitN(spec, "|", 3)
		if err := child(part[0], part[1], part[2]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func kill() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }

func child(action, dir, arg string) error {
	killAt := hooks{at: func(s string) error {
		if s == arg {
			kill()
		}
		return nil
	}}
	switch action {
	case "replace": // step 2, which is there
		_, err := killAt.save(dir, 2, sample(9))
		return err
	case "add":
		_, err := killAt.save(dir, 3, sample(9))
		return err
	case "torn": // dies in the middle of a file
		h := hooks{wrap: func(name string, w io.Writer) io.Writer {
			if name == arg {
				return killer{w}
			}
			return w
		}}
		_, err := h.save(dir, 3, sample(9))
		return err
	case "link":
		return killAt.setLink(dir, "last", "step_2")
	case "prune":
		_, err := killAt.prune(dir, nil)
		return err
	case "file":
		// The step's name begins with the temporary one, which is not known.
		h := hooks{at: func(s string) error {
			if strings.HasSuffix(s, arg) {
				kill()
			}
			return nil
		}}
		return h.writeAtomic(filepath.Join(dir, "f"), 0o644, func(w io.Writer) error {
			_, err := w.Write([]byte("new"))
			return err
		})
	case "many":
		n, _ := strconv.Atoi(arg)
		for step := range n {
			if _, err := Save(dir, step, sample(float32(step))); err != nil {
				return err
			}
			if err := SetLink(dir, "last", stepName(step)); err != nil {
				return err
			}
			if _, err := Prune(dir, nil); err != nil {
				return err
			}
		}
		return nil
	case "small": // no file may grow above arg bytes
		n, _ := strconv.Atoi(arg)
		signal.Ignore(syscall.SIGXFSZ) // so that the write fails instead
		lim := syscall.Rlimit{Cur: uint64(n), Max: uint64(n)}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &lim); err != nil {
			return err
		}
		_, err := Save(dir, 3, sample(9))
		if !errors.Is(err, syscall.EFBIG) {
			return fmt.Errorf("%v, expected EFBIG", err)
		}
		return nil
	case "denied":
		return denied()
	}
	return fmt.Errorf("no action %q", action)
}

type killer struct{ w io.Writer }

func (k killer) Write(p []byte) (int, error) {
	_, _ = k.w.Write(p[:len(p)/2])
	kill()
	return 0, nil
}

// run returns how the child ended; a child that reported an error fails.
func run(t *testing.T, action, dir, arg string) (killed bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+action+"|"+dir+"|"+arg)
	out, err := cmd.CombinedOutput()
	var ee *exec.ExitError
	if errors.As(err, &ee) && ee.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		t.Fatalf("%s %s: %v: %s", action, arg, err, out)
	}
	return false
}

// crashed makes a directory with steps 1 and 2, kills a child at point and
// checks what must hold whatever the point: step 1 loads, step 2 loads as it
// was or as it was to become, a later Save and Prune clean up.
func crashed(t *testing.T, action, point string) {
	t.Helper()
	dir := t.TempDir()
	mustSave(t, dir, 1, 1)
	mustSave(t, dir, 2, 2)
	for link, to := range map[string]string{"best": "step_1", "last": "step_2"} {
		if err := SetLink(dir, link, to); err != nil {
			t.Fatal(err)
		}
	}
	if !run(t, action, dir, point) {
		t.Fatalf("%s: the child passed %q alive", action, point)
	}

	holds(t, filepath.Join(dir, "step_1"), 1, 1)
	last, err := Resolve(dir, "last")
	if err != nil {
		t.Fatal(err)
	}
	s, step, err := Load(last)
	old, fresh := sample(2), sample(9)
	committed := slices.Index(saveSteps, point) >= slices.Index(saveSteps, "new renamed in")
	switch {
	case err != nil || step != 2:
		t.Fatalf("%s at %q: step %d, %v", action, point, step, err)
	case action == "replace" && committed && !same(s, &fresh), !(action == "replace" && committed) && !same(s, &old):
		t.Errorf("%s at %q: step 2 holds %s", action, point, s.Run)
	}
	list, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if err := Verify(c.Path); err != nil {
			t.Errorf("%s at %q: List shows %v", action, point, err)
		}
	}

	// A reader has changed nothing; the next writer leaves only what counts.
	mustSave(t, dir, 4, 4)
	want := []string{"best", "last", "step_1", "step_2", "step_4"}
	if action == "add" && committed {
		want = []string{"best", "last", "step_1", "step_2", "step_3", "step_4"}
	}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("%s at %q: %v, expected %v", action, point, got, want)
	}
	v := float32(2)
	if action == "replace" && committed {
		v = 9
	}
	holds(t, filepath.Join(dir, "last"), 2, v)
}

func TestKilledAtEveryFailpoint(t *testing.T) {
	for _, point := range saveSteps {
		crashed(t, "replace", point)
		if !strings.HasPrefix(point, "old ") {
			crashed(t, "add", point)
		}
	}
	for _, file := range []string{modelFile, optimizerFile, stateFile} {
		crashed(t, "torn", file)
	}
}

func TestKilledWhileLinking(t *testing.T) {
	for point, want := range map[string]int{"link made": 1, "link renamed": 2} {
		dir := t.TempDir()
		mustSave(t, dir, 1, 1)
		mustSave(t, dir, 2, 2)
		if err := SetLink(dir, "last", "step_1"); err != nil {
			t.Fatal(err)
		}
		if !run(t, "link", dir, point) {
			t.Fatal("the child lives")
		}
		holds(t, filepath.Join(dir, "last"), want, float32(want))
		mustSave(t, dir, 3, 3)
		if got := names(t, dir); !slices.Equal(got, []string{"last", "step_1", "step_2", "step_3"}) {
			t.Error(got)
		}
	}
}

func TestKilledWhilePruning(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		mustSave(t, dir, i, float32(i))
	}
	if !run(t, "prune", dir, "renamed away") {
		t.Fatal("the child lives")
	}
	list, err := List(dir)
	if err != nil || len(list) != 2 {
		t.Error(list, err)
	}
	if _, err := Prune(dir, nil); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"step_2"}) {
		t.Error(got)
	}
}

func TestKilledWhileWritingAFile(t *testing.T) {
	for _, c := range []struct{ point, want string }{{" opened", "old"}, {" written", "old"}, {" synced", "old"}, {"file renamed", "new"}} {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		if err := WriteFileAtomic(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		if !run(t, "file", dir, c.point) {
			t.Fatal("the child lives")
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != c.want {
			t.Errorf("%s: %q %v", c.point, b, err)
		}
	}
}

func TestFileSizeLimit(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 1, 1)
	for _, n := range []string{"0", "300"} {
		run(t, "small", dir, n)
		if got := names(t, dir); !slices.Equal(got, []string{"step_1"}) {
			t.Errorf("%s: %v", n, got)
		}
	}
	holds(t, filepath.Join(dir, "step_1"), 1, 1)
}

func TestTwoProcesses(t *testing.T) {
	root := t.TempDir()
	var running []*exec.Cmd
	for _, d := range []string{"a", "b"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"=many|"+filepath.Join(root, d)+"|20")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"a", "b"} {
		holds(t, filepath.Join(root, d, "last"), 19, 19)
		if got := names(t, filepath.Join(root, d)); !slices.Equal(got, []string{"last", "step_19"}) {
			t.Error(got)
		}
	}
}

// TestReaderBesideWriter loads while the same step is replaced and others are
// pruned: it must never see anything but a whole checkpoint.
func TestReaderBesideWriter(t *testing.T) {
	dir := t.TempDir()
	mustSave(t, dir, 0, 0)
	if err := SetLink(dir, "last", "step_0"); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan bool), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			step := i / 3 // each step three times
			_, err := Save(dir, step, sample(float32(step)))
			if err == nil {
				err = SetLink(dir, "last", stepName(step))
			}
			if err == nil {
				_, err = Prune(dir, nil)
			}
			if err != nil {
				done <- err
				return
			}
		}
	}()
	for range 500 {
		s, step, err := Load(filepath.Join(dir, "last"))
		if err != nil {
			t.Error(err)
			break
		}
		if want := sample(float32(step)); !same(s, &want) {
			t.Errorf("step %d holds %s", step, s.Run)
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestPermissionDenied(t *testing.T) { run(t, "denied", "", "") }

// denied runs in a child, since root, whom nothing is denied, has to become
// someone else for good.
func denied() error {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "ckpt-denied-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path, err := Save(dir, 1, sample(1))
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		return err
	}
	defer os.Chmod(dir, 0o755)
	for name, f := range map[string]func() error{
		"Save fresh":      func() error { _, err := Save(dir, 2, sample(1)); return err },
		"Save again":      func() error { _, err := Save(dir, 1, sample(1)); return err },
		"SetLink":         func() error { return SetLink(dir, "last", "step_1") },
		"WriteFileAtomic": func() error { return WriteFileAtomic(filepath.Join(dir, "f"), nil, 0o644) },
		"Save below":      func() error { _, err := Save(filepath.Join(dir, "x"), 1, sample(1)); return err },
	} {
		if err := f(); !errors.Is(err, os.ErrPermission) {
			return fmt.Errorf("%s: %v, expected permission denied", name, err)
		}
	}
	// A read-only directory is enough to read from.
	if _, _, err := Load(path); err != nil {
		return err
	}
	// What may not be read is not called damaged.
	if err := os.Chmod(filepath.Join(path, modelFile), 0); err != nil {
		return err
	}
	_, _, err = Load(path)
	var ce *CorruptError
	if !errors.Is(err, os.ErrPermission) || errors.As(err, &ce) {
		return fmt.Errorf("Load: %v, expected permission denied", err)
	}
	return nil
}
