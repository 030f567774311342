package main

import (
	"context"

	"github.com/spf13/cobra"

	"gotrain/internal/train"
)

func newValidateCommand(argv []string, t *terminal) *cobra.Command {
	return evaluateCommand(train.ValidateVerb, "Measure a checkpoint on the validation split", argv, t)
}

func newTestCommand(argv []string, t *terminal) *cobra.Command {
	return evaluateCommand(train.TestVerb, "Measure a checkpoint on the test split", argv, t)
}

func evaluateCommand(verb train.Verb, short string, argv []string, t *terminal) *cobra.Command {
	return verbCommand(verb, short, argv, t, []ownFlag{checkpointFlag}, func(j *job) error {
		return j.withCheckpoint(func(s *train.Session) error {
			res, err := train.Evaluate(context.Background(), s, verb)
			if err != nil {
				return err
			}
			return j.resultWithTables(res.Metrics, res.Tables)
		})
	})
}

// withCheckpoint runs action on a session that starts from a checkpoint.
func (j *job) withCheckpoint(action func(s *train.Session) error) error {
	s, done, err := j.session()
	if err != nil {
		return err
	}
	defer done()
	if s.Checkpoint, err = j.checkpoint(s.Console.Note); err != nil {
		return err
	}
	return action(s)
}
