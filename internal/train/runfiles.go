package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gotrain/internal/ckpt"
)

// This file is the run folder's life in a fit: locked before its state is read, made last
// of what can fail, described for whoever reads it later.

// lockResumed takes the run folder of the checkpoint that this fit goes on from, if any.
func (l *fitLoop) lockResumed() (err error) {
	if l.Checkpoint != "" && !l.devRun() {
		l.resumed = runOf(l.Checkpoint)
	}
	if l.resumed != "" {
		l.dir = &runDir{path: l.resumed}
		l.lock, err = lockRun(l.dir.path)
	}
	return err
}

// makeFolder makes and locks a new run folder. It comes last of what can fail: a fit that
// cannot start leaves none.
func (l *fitLoop) makeFolder() (err error) {
	switch {
	case l.resumed != "":
		return nil
	case l.devRun():
		l.dir, err = tempRunDir()
	case !l.Trainer.EnableCheckpointing && len(l.Trainer.Logger) == 0 && len(l.pictures) == 0:
		l.dir = &runDir{} // nothing is to be written
	default:
		l.dir, err = newRunDir(l.Trainer.DefaultRootDir, l.Config.Name)
	}
	if err != nil || l.dir.path == "" || l.dir.temp {
		return err
	}
	l.lock, err = lockRun(l.dir.path)
	return err
}

func (l *fitLoop) unlock() error {
	if l.lock == nil {
		return nil
	}
	return l.lock.Close()
}

// openRun describes the run in its folder and opens the sinks there.
func (l *fitLoop) openRun() (err error) {
	if err := l.makeFolder(); err != nil {
		return err
	}
	switch {
	case l.dir.path == "" || l.dir.temp:
		return l.openSinks(false)
	case l.resumed == "":
		err = l.describeRun()
	case !l.finished():
		err = errors.Join(l.keepResolved(), l.keepOverrides(), l.relinkBest())
	}
	if err != nil {
		return err
	}
	return l.openSinks(l.resumed != "")
}

// relinkBest makes best what it was at the checkpoint: a run that goes on from an older one
// leaves the scores after it behind.
func (l *fitLoop) relinkBest() error {
	if len(l.state.Best) == 0 {
		return nil
	}
	name := fmt.Sprintf("step_%d", l.state.Best[0].Step)
	if _, err := os.Stat(filepath.Join(l.dir.checkpoints(), name)); err != nil {
		return nil // removed since
	}
	if err := ckpt.SetLink(l.dir.checkpoints(), "best", name); err != nil {
		return cannotWrite(l.dir.checkpoints(), err)
	}
	return nil
}

// keepOverrides adds the flags of a resumed run to env.json, where `gotrain runs` reads
// them.
func (l *fitLoop) keepOverrides() error {
	path := filepath.Join(l.dir.path, "env.json")
	text, err := os.ReadFile(path)
	env := map[string]any{}
	if err != nil || len(l.Overrides) == 0 || json.Unmarshal(text, &env) != nil {
		return nil
	}
	old, _ := env["overrides"].([]any)
	for _, o := range l.Overrides {
		if !slices.Contains(old, any(o)) {
			old = append(old, fmt.Sprintf("(from step %d) %s", l.state.Step, o))
		}
	}
	env["overrides"] = old
	if text, err = json.MarshalIndent(env, "", "  "); err != nil {
		return fmt.Errorf("train: env.json: %w", err)
	}
	if err := ckpt.WriteFileAtomic(path, append(text, '\n'), 0o666); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// keepResolved keeps the config of a resumed run beside the one of the steps before it,
// where they differ.
func (l *fitLoop) keepResolved() error {
	path := filepath.Join(l.dir.path, "resolved.yaml")
	old, err := os.ReadFile(path)
	if err != nil || bytes.Equal(old, l.Resolved) {
		return nil // gone, or the same
	}
	earlier := filepath.Join(l.dir.path, fmt.Sprintf("resolved.until_step_%d.yaml", l.state.Step))
	if _, err := os.Stat(earlier); err != nil { // else old is of a resume that did no step
		if err := ckpt.WriteFileAtomic(earlier, old, 0o666); err != nil {
			return cannotWrite(earlier, err)
		}
	}
	if err := ckpt.WriteFileAtomic(path, l.Resolved, 0o666); err != nil {
		return cannotWrite(path, err)
	}
	l.Console.Note("the config is not that of the steps before: " + earlier + " has theirs")
	return nil
}

// describeRun writes what a run is into its folder.
func (l *fitLoop) describeRun() error {
	env := map[string]any{"seed": l.Config.Seed, "kernels": l.state.Kernels, "overrides": l.Overrides, "data": l.sets.Hashes, "started": l.started.UTC().Format(time.RFC3339)}
	for k, v := range l.Env {
		env[k] = v
	}
	text, err := json.MarshalIndent(env, "", "  ")
	if err != nil {
		return fmt.Errorf("train: env.json: %w", err)
	}
	files := []struct {
		name string
		data []byte
		perm os.FileMode
	}{
		{"config.yaml", l.Config.Source, 0o666},
		{"resolved.yaml", l.Resolved, 0o666},
		{"command.sh", commandScript(l.Command, l.Variables, filepath.Join(l.dir.path, "config.yaml")), 0o777},
		{"env.json", append(text, '\n'), 0o666},
	}
	for _, f := range files {
		if err := ckpt.WriteFileAtomic(filepath.Join(l.dir.path, f.name), f.data, f.perm); err != nil {
			return cannotWrite(filepath.Join(l.dir.path, f.name), err)
		}
	}
	return nil
}

// commandScript re-runs the command from the folder it was given in, with the variables
// that set flags. A config that came from standard input is read from the run's copy.
func commandScript(argv, variables []string, config string) []byte {
	cwd, _ := os.Getwd()
	var line []string
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		line = append(line, name+"="+shellQuote(value))
	}
	if len(line) > 0 {
		line = append([]string{"env"}, line...)
	}
	for _, a := range argv {
		if a == "-" {
			if full, err := filepath.Abs(config); err == nil {
				a = full
			}
		}
		line = append(line, shellQuote(a))
	}
	return []byte("#!/bin/sh\ncd " + shellQuote(cwd) + "\nexec " + strings.Join(line, " ") + "\n")
}

func shellQuote(s string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,+@%", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// runOf is the run folder that a checkpoint lies in; empty where it lies in none.
func runOf(checkpoint string) string {
	real, err := filepath.EvalSymlinks(checkpoint)
	if err != nil {
		return ""
	}
	checkpoints := filepath.Dir(real)
	run := filepath.Dir(checkpoints)
	if filepath.Base(checkpoints) != "checkpoints" {
		return ""
	}
	if _, err := os.Stat(filepath.Join(run, "config.yaml")); err != nil {
		return ""
	}
	return run
}
