package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/train"
	"gotrain/internal/units"
)

// checkVerb needs no section at all: it checks what is there.
const checkVerb train.Verb = "check"

func newCheckCommand(argv []string, t *terminal) *cobra.Command {
	return verbCommand(checkVerb, "Compile a config, and do nothing else", argv, t, nil, runCheck)
}

// runCheck builds every program of the config: no data is read and no folder is made.
func runCheck(j *job) error {
	if _, err := j.opener(); err != nil {
		return err
	}
	report := map[string]float64{}
	if len(j.cfg.Loss) > 0 && j.cfg.Optimizer != nil {
		p, err := j.model.Train(train.StepOptions(j.trainer))
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
	cost, batch, err := j.checkFit()
	if err != nil {
		return err
	}
	if cost.Kernels > 0 {
		report["step_samples"], report["step_kernels"], report["step_flops"] = float64(batch), float64(cost.Kernels), float64(cost.FLOPs)
		report["step_bytes_read"], report["step_bytes_written"] = float64(cost.Read), float64(cost.Written)
	}
	if j.json {
		return j.object(report, map[string]any{"warnings": j.warnings})
	}
	fmt.Fprintf(j.t.out, "%s: no problems\n", j.file)
	if n, ok := report["parameters"]; ok {
		fmt.Fprintf(j.t.out, "%s parameters in %d tensors\n", units.Thousands(int(n)), int(report["tensors"]))
	}
	if cost.Kernels > 0 {
		fmt.Fprintf(j.t.out, "a step of %d samples: %s, %s read and %s written by %d kernels\n",
			batch, units.FLOPs(cost.FLOPs), units.Bytes(cost.Read), units.Bytes(cost.Written), cost.Kernels)
	}
	return nil
}

// checkFit refuses what fit would, a run that does not fit in the machine, and gives what
// the step that updates costs; nothing where there is no fit to judge.
func (j *job) checkFit() (cost engine.Cost, batch int, err error) {
	if missing := train.Require(train.FitVerb, j.cfg); missing.HasErrors() {
		return cost, 0, nil
	}
	s, done, err := j.session()
	if err != nil {
		return cost, 0, err
	}
	defer done()
	need, err := s.FitFootprint()
	if err != nil {
		return cost, 0, err
	}
	if err := s.CheckFitMemory(need); err != nil {
		return cost, 0, err
	}
	return s.StepCost()
}
