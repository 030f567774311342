package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/term"

	"gotrain/internal/ckpt"
	"gotrain/internal/diag"
	"gotrain/internal/engine"
	"gotrain/internal/engine/cpu"
	"gotrain/internal/logger"
	"gotrain/internal/train"
)

// devices is the table of accelerators. To add one: its package, and a line here.
var devices = map[string]func(j *job) (engine.Device, error){
	"cpu": openCPU,
}

func openCPU(j *job) (engine.Device, error) {
	o := cpu.Options{Threads: j.trainer.Threads}
	if name := j.trainer.Kernels; name != "auto" {
		set, err := cpu.Set(name)
		if err != nil {
			return nil, &diag.EnvError{Text: "--kernels: " + err.Error(), Hints: []string{"--kernels auto takes the best of them"}}
		}
		o.Kernels = set
	}
	return cpu.New(o), nil
}

// opener is how the accelerator that the flags ask for is opened, if this program has it.
func (j *job) opener() (func(j *job) (engine.Device, error), error) {
	name := j.trainer.Accelerator
	if name == "auto" {
		name = "cpu"
	}
	open, ok := devices[name]
	if !ok {
		return nil, &diag.EnvError{Text: "accelerator " + name + ": built without GPU support", Hints: []string{"--accelerator auto takes the CPU"}}
	}
	return open, nil
}

// session makes the train.Session of a job; done releases it.
func (j *job) session() (s *train.Session, done func(), err error) {
	open, err := j.opener()
	if err != nil {
		return nil, nil, err
	}
	dev, err := open(j)
	if err != nil {
		return nil, nil, err
	}
	out := j.t.out
	if j.json {
		out = j.t.err // standard output is for the result
	}
	console := logger.NewConsole(logger.ConsoleOptions{
		Out: out, Terminal: isTerminal(out), Width: func() int { return width(out) }, Color: colour(out), Bar: j.trainer.EnableProgressBar,
	})
	s = &train.Session{
		Config: j.cfg, Trainer: j.trainer, Model: j.model, Device: dev, Console: console, Stop: func() bool { return false },
		Command: j.argv, Overrides: j.changed, Variables: variables(),
		Env: map[string]string{"version": version, "go": runtime.Version(), "cpu": cpuName(), "os": runtime.GOOS + "/" + runtime.GOARCH},
	}
	return s, func() {
		console.Close()
		dev.Close()
	}, nil
}

// echo is how long after a first signal a second one is taken for the same: a terminal, a
// timeout or a scheduler may send it to the process and to its group.
const echo = 500 * time.Millisecond

// stopOnSignal watches for SIGINT and SIGTERM: after the first, stopped is true and ctx
// ends; a second one ends the process at once.
func stopOnSignal(errOut io.Writer) (ctx context.Context, stopped func() bool, release func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	signal.Ignore(ignored...)
	var stopping atomic.Bool
	ctx, cancel := context.WithCancel(context.Background())
	released := make(chan struct{})
	go func() {
		select {
		case <-signals:
			fmt.Fprintln(errOut, "\nstopping after this step and saving; once more stops at once")
			stopping.Store(true)
			cancel()
		case <-released:
			return
		}
		first := time.Now()
		for {
			select {
			case <-signals:
				if time.Since(first) > echo {
					os.Exit(exitStopped)
				}
			case <-released:
				return
			}
		}
	}()
	return ctx, stopping.Load, func() {
		signal.Stop(signals)
		cancel()
		close(released)
	}
}

// startFrom gives a verb that may run on new weights the checkpoint that it is asked for.
func (j *job) startFrom(s *train.Session) (err error) {
	if j.own["ckpt_path"] != "" || j.run != "" {
		s.Checkpoint, err = j.checkpoint(s.Console.Note)
	}
	return err
}

// checkpoint finds the checkpoint that a verb starts from. Without --ckpt_path it is best,
// else last, of the run folder or of the newest run of this name; it says which. There is
// always one, or an error: no verb runs on fresh weights by accident.
func (j *job) checkpoint(note func(string)) (string, error) {
	want := j.own["ckpt_path"]
	if want != "" && want != "best" && want != "last" {
		if _, err := os.Stat(want); err != nil {
			return "", j.noCheckpoint("--ckpt_path", "there is no checkpoint "+want)
		}
		if run := filepath.Join(want, "checkpoints"); isDir(run) { // a run folder
			return j.linked(run, "", note)
		}
		return want, nil
	}
	run := j.run
	if run == "" {
		run = train.NewestRun(j.trainer.DefaultRootDir, j.cfg.Name)
	}
	if run == "" {
		return "", j.noCheckpoint("", fmt.Sprintf("there is no run of %q under %s to take a checkpoint from", j.cfg.Name, j.trainer.DefaultRootDir))
	}
	return j.linked(filepath.Join(run, "checkpoints"), want, note)
}

// linked resolves best or last of a checkpoints folder; with neither asked for, the first
// of them that is there.
func (j *job) linked(dir, want string, note func(string)) (string, error) {
	names := []string{"best", "last"}
	if want != "" {
		names = []string{want}
	}
	for _, name := range names {
		if path, err := ckpt.Resolve(dir, name); err == nil {
			note("checkpoint " + path + " (" + name + ")")
			return path, nil
		}
	}
	return "", j.noCheckpoint("--ckpt_path", fmt.Sprintf("%s has no %s checkpoint", dir, strings.Join(names, " or ")))
}

func (j *job) noCheckpoint(origin, text string) error {
	var l diag.List
	d := l.Errorf("no-checkpoint", diag.Pos{}, "%s", text)
	d.Origin = origin
	d.Hint = "train first: gotrain fit " + j.file + ", or name one: --ckpt_path FOLDER"
	return j.fail(l, nil)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func colour(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }

func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 80
}

// cpuName is the processor's name where the system tells it.
func cpuName() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
