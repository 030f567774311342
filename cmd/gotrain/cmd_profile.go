package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"gotrain/internal/diag"
	"gotrain/internal/train"
	"gotrain/internal/units"
)

// defaultProfileSteps is enough for a median that repeats.
const defaultProfileSteps = 300

func newProfileCommand(argv []string, t *terminal) *cobra.Command {
	own := []ownFlag{
		{"steps", "how many training steps to measure; 300 by default", takesValue},
		{"trace", "write an average step to this file, for chrome://tracing or ui.perfetto.dev", takesValue},
		{"ckpt_path", "the weights of a checkpoint folder, or of best or last of the newest run; new weights by default", takesValue},
	}
	c := verbCommand(train.ProfileVerb, "Train some steps and show where their time goes", argv, t, own, runProfile)
	c.Long = `Train some steps, keep nothing of them, and show how long a step takes, what each
instruction of the plan takes of it, and how near both come to what the machine can do.`
	return c
}

func runProfile(j *job) error {
	steps := defaultProfileSteps
	if text := j.own["steps"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 2 || n > 1_000_000 {
			return usage(fmt.Sprintf("--steps: expected a whole number from 2 to 1000000, found %q", text), "for example: --steps 300")
		}
		steps = n
	}
	s, done, err := j.session()
	if err != nil {
		return err
	}
	defer done()
	if err := j.startFrom(s); err != nil {
		return err
	}
	p, err := train.RunProfile(context.Background(), s, steps, processStart)
	if err != nil {
		return err
	}
	if path := j.own["trace"]; path != "" {
		if err := writeTrace(path, p); err != nil {
			return err
		}
	}
	if j.json {
		return printProfileJSON(j.t, p)
	}
	return printProfile(j, p)
}

// quantile is a step's time that a share of the steps stays below.
func quantile(sorted []time.Duration, share float64) time.Duration {
	return sorted[int(share*float64(len(sorted)-1)+0.5)]
}

// rate is n a second; 0 of no time.
func rate(n int64, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(n) / took.Seconds()
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

// explained is the share of a step that the rows and the wait for data add up to.
func explained(p *train.Profile) float64 {
	sum := p.Waiting
	for _, r := range p.Rows {
		sum += r.Took
	}
	return float64(sum) / float64(max(p.Timed, 1))
}

// shareOf is a part of what the machine can do; 0 where that is not known.
func shareOf(x, peak float64) float64 {
	if peak == 0 {
		return 0
	}
	return x / peak
}

func printProfileJSON(t *terminal, p *train.Profile) error {
	type row struct {
		Path    string  `json:"path"`
		Kind    string  `json:"kind"`
		Shape   []int   `json:"shape"`
		Ms      float64 `json:"ms"`
		FLOPs   int64   `json:"flops"`
		Bytes   int64   `json:"bytes"`
		FLOPSec float64 `json:"flops_per_s"`
		ByteSec float64 `json:"bytes_per_s"`
	}
	rows := []row{}
	for _, r := range p.Rows {
		rows = append(rows, row{r.Path, r.Kind, append([]int{}, r.Shape...), milliseconds(r.Took), r.FLOPs, r.Read + r.Write, rate(r.FLOPs, r.Took), rate(r.Read+r.Write, r.Took)})
	}
	median := quantile(p.Steps, 0.5)
	err := json.NewEncoder(t.out).Encode(map[string]any{
		"step_ms_median": milliseconds(median), "step_ms_p10": milliseconds(quantile(p.Steps, 0.1)), "step_ms_p90": milliseconds(quantile(p.Steps, 0.9)),
		"samples_per_s": rate(int64(p.Plan.Batch), median), "flops_per_step": p.Cost.FLOPs, "peak_flops": p.PeakFLOPs, "peak_bytes": p.PeakBytes,
		"peak_share": shareOf(rate(p.Cost.FLOPs, median), p.PeakFLOPs), "first_step_ms": milliseconds(p.FirstStep),
		"data_wait_ms": milliseconds(p.Waiting), "explained": explained(p), "batch": p.Plan.Batch, "rows": rows,
	})
	if err != nil {
		return &diag.EnvError{Text: "the result could not be written", Err: err}
	}
	return nil
}

func printProfile(j *job, p *train.Profile) error {
	median := quantile(p.Steps, 0.5)
	fmt.Fprintf(j.t.out, "%s: a training step of %d samples, %d measured\n\n", j.file, p.Plan.Batch, len(p.Steps))
	fmt.Fprintf(j.t.out, "  step        %.3f ms median, %.3f p10, %.3f p90; the first was done after %.0f ms\n",
		milliseconds(median), milliseconds(quantile(p.Steps, 0.1)), milliseconds(quantile(p.Steps, 0.9)), milliseconds(p.FirstStep))
	fmt.Fprintf(j.t.out, "  throughput  %s samples/s, %s/s\n", units.Thousands(int(rate(int64(p.Plan.Batch), median))), units.FLOPs(int64(rate(p.Cost.FLOPs, median))))
	if p.PeakFLOPs > 0 {
		fmt.Fprintf(j.t.out, "  machine     %s/s of multiply-adds, %s/s of memory, measured now: the step is at %.0f %% of the first\n",
			units.FLOPs(int64(p.PeakFLOPs)), units.Bytes(int64(p.PeakBytes)), 100*shareOf(rate(p.Cost.FLOPs, median), p.PeakFLOPs))
	}
	fmt.Fprintln(j.t.out)
	w := tabwriter.NewWriter(j.t.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "share\ttime\tGFLOP/s\tof peak\tGB/s\tof memory\toutput\tinstruction\t  of")
	rows := slices.Clone(p.Rows)
	slices.SortStableFunc(rows, func(a, b train.ProfileRow) int { return cmp.Compare(b.Took, a.Took) })
	percent := func(x float64) string {
		if x == 0 {
			return ""
		}
		return fmt.Sprintf("%.0f %%", 100*x)
	}
	for _, r := range rows {
		flops, bytes := rate(r.FLOPs, r.Took), rate(r.Read+r.Write, r.Took)
		fmt.Fprintf(w, "%.1f %%\t%.1f µs\t%.1f\t%s\t%.1f\t%s\t%s\t%s\t  %s\n", 100*float64(r.Took)/float64(max(p.Timed, 1)), float64(r.Took)/1e3,
			flops/1e9, percent(shareOf(flops, p.PeakFLOPs)), bytes/1e9, percent(shareOf(bytes, p.PeakBytes)), axesText(r.Shape), r.Kind, r.Path)
	}
	fmt.Fprintf(w, "%.1f %%\t%.1f µs\t\t\t\t\t\t\t  waiting for data\n", 100*float64(p.Waiting)/float64(max(p.Timed, 1)), float64(p.Waiting)/1e3)
	if err := w.Flush(); err != nil {
		return &diag.EnvError{Text: "the table could not be written", Err: err}
	}
	fmt.Fprintf(j.t.out, "\nThese are %.1f %% of the steps that were timed so. More than the peak of memory: it came from a cache.\n", 100*explained(p))
	return nil
}

// writeTrace writes an average step as Chrome's trace events.
func writeTrace(path string, p *train.Profile) error {
	type event struct {
		Name  string         `json:"name"`
		Kind  string         `json:"cat"`
		Phase string         `json:"ph"`
		Start float64        `json:"ts"` // µs
		Took  float64        `json:"dur"`
		PID   int            `json:"pid"`
		TID   int            `json:"tid"`
		Args  map[string]any `json:"args"`
	}
	at := float64(p.Waiting) / 1e3
	events := []event{{Name: "waiting for data", Kind: "data", Phase: "X", Took: at}}
	for _, r := range p.Rows {
		took := float64(r.Took) / 1e3
		events = append(events, event{r.Path, r.Kind, "X", at, took, 0, 0, map[string]any{"instruction": r.Kind, "output": axesText(r.Shape), "flops": r.FLOPs, "bytes": r.Read + r.Write}})
		at += took
	}
	text, err := json.Marshal(map[string]any{"traceEvents": events, "displayTimeUnit": "ms"})
	if err == nil {
		err = os.WriteFile(path, text, 0o666)
	}
	if err != nil {
		return &diag.EnvError{Text: "--trace: the file cannot be written", Err: err}
	}
	return nil
}
