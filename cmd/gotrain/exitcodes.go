package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"gotrain/internal/diag"
	"gotrain/internal/train"
)

// The exit codes. exitCodes documents them; code maps errors to them.
const (
	exitOK          = 0
	exitBug         = 1
	exitUser        = 2
	exitEnvironment = 3
	exitDiverged    = 4
	exitInterrupted = 5
	exitWorkerLost  = 6
	exitStopped     = 130 // 128 + SIGINT, as shells have it
)

var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitOK, "all went well"},
	{exitBug, "a bug in gotrain: please report it with the text it printed"},
	{exitUser, "the config or the command line is wrong: nothing was loaded or written"},
	{exitEnvironment, "the environment failed: data, disk or device"},
	{exitDiverged, "training diverged: the last good checkpoint is intact"},
	{exitInterrupted, "interrupted: a checkpoint was saved, and the command that goes on printed"},
	{exitWorkerLost, "a worker process was lost: the last checkpoint is intact"},
	{exitStopped, "stopped by a signal with nothing saved: checkpoints were off, none was due, or a second signal came"},
}

// code gives the exit code of an error's class.
func code(err error) int {
	var (
		user        *diag.ListError
		env         *diag.EnvError
		diverged    *train.DivergedError
		interrupted *train.InterruptedError
	)
	switch {
	case err == nil, errors.Is(err, errHelp):
		return exitOK
	case errors.As(err, &user) && user.List.OfEnvironment():
		return exitEnvironment
	case errors.As(err, &user):
		return exitUser
	case errors.As(err, &diverged):
		return exitDiverged
	case errors.As(err, &interrupted):
		if interrupted.Checkpoint == "" {
			return exitStopped
		}
		return exitInterrupted
	case errors.As(err, &env):
		return exitEnvironment
	}
	return exitBug
}

// report prints an error in the words of its class and gives its exit code.
func (t *terminal) report(err error) int {
	c := code(err)
	var user *diag.ListError
	var env *diag.EnvError
	var shown *shownError
	switch {
	case c == exitOK, errors.As(err, &shown):
	case t.json && errors.As(err, &user):
		diag.FprintJSON(t.out, user.List)
	case t.json:
		json.NewEncoder(t.out).Encode(map[string]any{"error": err.Error(), "exit_code": c})
	case errors.As(err, &user):
		diag.Fprint(t.err, user.List, readSource, colour(t.err))
	case c == exitBug:
		fmt.Fprintf(t.err, "gotrain: a bug: %v\nversion %s; please report this with the config\n", err, version)
	default:
		fmt.Fprintf(t.err, "gotrain: %v\n", err)
		if errors.As(err, &env) {
			for _, h := range env.Hints {
				fmt.Fprintf(t.err, "  %s\n", h)
			}
		}
	}
	return c
}

// readSource gives the text of a config that was read before, to show a line of it.
func readSource(file string) []byte {
	text, _ := os.ReadFile(file)
	return text
}

// shownError wraps an error that has been printed already.
type shownError struct{ error }

func (e *shownError) Unwrap() error { return e.error }

func explainExitCodes(t *terminal, _ []string) error {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, e := range exitCodes {
		fmt.Fprintf(w, "%d\t%s\n", e.code, e.meaning)
	}
	return w.Flush()
}
