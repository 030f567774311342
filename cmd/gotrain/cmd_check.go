package main

import (
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"gotrain/internal/engine"
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
		fmt.Fprintf(j.t.out, "%s parameters in %d tensors\n", thousands(int(n)), int(report["tensors"]))
	}
	if cost.Kernels > 0 {
		fmt.Fprintf(j.t.out, "a step of %d samples: %s, %s read and %s written by %d kernels\n",
			batch, flopsText(cost.FLOPs), bytesText(cost.Read), bytesText(cost.Written), cost.Kernels)
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
	if err := s.CheckFitMemory(); err != nil {
		return cost, 0, err
	}
	return s.StepCost()
}

// flopsText writes 435337000 as "435 MFLOP".
func flopsText(n int64) string { return scaled(n, "FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP") }

// bytesText writes 17123400 as "17.1 MB".
func bytesText(n int64) string { return scaled(n, "bytes", "kB", "MB", "GB", "TB", "PB") }

// scaled writes n to three digits in the unit, each 1000 times the one before, that fits.
func scaled(n int64, units ...string) string {
	x, i := float64(n), 0
	for x >= 999.5 && i < len(units)-1 {
		x, i = x/1000, i+1
	}
	digits := 0
	if i > 0 {
		digits = max(0, 2-int(math.Log10(max(x, 1))))
	}
	return strconv.FormatFloat(x, 'f', digits, 64) + " " + units[i]
}

// thousands writes 652824 as 652,824.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
