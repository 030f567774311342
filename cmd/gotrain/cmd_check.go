package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gotrain/internal/graph"
	"gotrain/internal/train"
)

// checkVerb needs no section at all: it checks what is there.
const checkVerb train.Verb = "check"

func newCheckCommand(argv []string, t *terminal) *cobra.Command {
	return verbCommand(checkVerb, "Compile a config, and do nothing else", argv, t, nil, runCheck)
}

// runCheck builds every program of the config: no data is read and no folder is made.
func runCheck(j *job) error {
	report := map[string]float64{}
	if len(j.cfg.Loss) > 0 && j.cfg.Optimizer != nil {
		p, err := j.model.Train(graph.TrainOptions{})
		if err != nil {
			return err
		}
		tensors, parameters := 0, 0
		for _, s := range p.States {
			if s.Role == graph.Param {
				tensors++
				parameters += s.Value.Shape.Size(1)
			}
		}
		report["parameters"], report["tensors"], report["train_ops"] = float64(parameters), float64(tensors), float64(len(p.Values))
	}
	for _, name := range j.model.PredictNames {
		if _, err := j.model.Predict(name); err != nil {
			return err
		}
	}
	if len(j.cfg.Loss)+len(j.cfg.Metrics) > 0 {
		if _, err := j.model.Eval(); err != nil {
			return err
		}
	}
	if j.json {
		return j.result(report)
	}
	fmt.Fprintf(j.t.out, "%s: no problems\n", j.file)
	if n, ok := report["parameters"]; ok {
		fmt.Fprintf(j.t.out, "%s parameters in %d tensors\n", thousands(int(n)), int(report["tensors"]))
	}
	return nil
}

// thousands writes 652824 as 652,824.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
