package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"gotrain/internal/ckpt"
	"gotrain/internal/train"
)

func newFitCommand(argv []string, t *terminal) *cobra.Command {
	own := []ownFlag{{"ckpt_path", "go on from a checkpoint folder, or from best or last of the newest run", takesValue}}
	return verbCommand(train.FitVerb, "Train a model", argv, t, own, runFit)
}

func runFit(j *job) error {
	s, done, err := j.session()
	if err != nil {
		return err
	}
	defer done()
	if s.Resolved, err = j.resolved(); err != nil {
		return err
	}
	ctx, stopped, release := stopOnSignal(j.t.err)
	defer release()
	s.Stop = stopped
	switch {
	case j.own["ckpt_path"] != "":
		if s.Checkpoint, err = j.checkpoint(s.Console.Note); err != nil {
			return err
		}
	case j.run != "": // a run folder: go on where it stopped
		if s.Checkpoint, err = ckpt.Resolve(filepath.Join(j.run, "checkpoints"), "last"); err != nil {
			return j.noCheckpoint("", j.run+" has no checkpoint to go on from")
		}
		s.Console.Note("going on from " + s.Checkpoint)
	}
	res, err := train.Fit(ctx, s)
	if err != nil {
		return err
	}
	if j.json {
		return j.result(res.Metrics)
	}
	if j.trainer.FastDevRun > 0 {
		s.Console.Note(fmt.Sprintf("fast_dev_run: %d step(s) of everything ran; nothing is left behind", res.Step))
		return nil
	}
	if res.RunDir != "" {
		s.Console.Note("run folder " + res.RunDir)
	}
	return nil
}
