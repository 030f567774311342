package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gotrain/internal/diag"
	"gotrain/internal/engine"
	"gotrain/internal/train"
	"gotrain/internal/units"
)

func newSummaryCommand(argv []string, t *terminal) *cobra.Command {
	own := []ownFlag{
		{"dump", "a folder for the plan of the training step after each pass, as text", takesValue},
		{"graph", "a file for a drawing of the plan: .svg, or .dot for Graphviz", takesValue},
	}
	return verbCommand(train.SummaryVerb, "Show what a training step computes and takes, before anything runs", argv, t, own, runSummary)
}

func runSummary(j *job) error {
	s, done, err := j.session()
	if err != nil {
		return err
	}
	defer done()
	var dump func(string, *engine.Func)
	var dumped error
	if dir := j.own["dump"]; dir != "" {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return &diag.EnvError{Text: "--dump: the folder cannot be made", Err: err}
		}
		n := 0
		dump = func(pass string, f *engine.Func) {
			path := filepath.Join(dir, fmt.Sprintf("%02d_%s.txt", n, pass))
			n++
			if err := os.WriteFile(path, []byte(f.String()), 0o666); err != nil && dumped == nil {
				dumped = &diag.EnvError{Text: "--dump: the plan cannot be written", Err: err}
			}
		}
	}
	sum, err := train.Summarize(s, dump)
	if err != nil {
		return err
	}
	if dumped != nil {
		return dumped
	}
	if path := j.own["graph"]; path != "" {
		if err := drawPlan(path, sum.Plan); err != nil {
			return err
		}
	}
	refused := s.CheckFitMemory(sum.Footprint)
	if j.json {
		return printSummaryJSON(j.t, sum, refused)
	}
	if err := printSummary(j, sum); err != nil {
		return err
	}
	return refused
}

// printSummaryJSON prints one object. Bytes are those of a fit; flops those of a step. Where
// it cannot fit, the object says so and the error is as good as printed.
func printSummaryJSON(t *terminal, s *train.Summary, refused error) error {
	type row struct {
		Name       string `json:"name"`
		Op         string `json:"op"`
		Shape      []int  `json:"shape"`
		Parameters int    `json:"parameters"`
		FLOPs      int64  `json:"flops"`
		Bytes      int64  `json:"bytes"`
	}
	rows := []row{}
	for _, r := range s.Rows {
		name, op := nameAndOp(r.Path)
		rows = append(rows, row{name, op, append([]int{}, r.Shape...), r.Parameters, r.FLOPs, r.Bytes})
	}
	f := s.Footprint
	result := map[string]any{
		"parameters": s.Parameters, "flops": s.Cost.FLOPs, "kernels": s.Cost.Kernels, "bytes_read": s.Cost.Read, "bytes_written": s.Cost.Written,
		"batch": f.Batch, "parameter_bytes": f.Parameters, "gradient_bytes": f.Gradients, "optimizer_bytes": f.Optimizer,
		"activation_bytes": f.Activations, "data_bytes": f.Data, "data_known": f.DataKnown, "checkpoint_bytes": f.Checkpoint,
		"runtime_bytes": f.Runtime, "total_bytes": f.Total(), "ops": rows,
	}
	if refused != nil {
		result["error"], result["exit_code"] = refused.Error(), code(refused)
	}
	if err := json.NewEncoder(t.out).Encode(result); err != nil {
		return &diag.EnvError{Text: "the result could not be written", Err: err}
	}
	if refused != nil {
		return &shownError{refused}
	}
	return nil
}

func printSummary(j *job, s *train.Summary) error {
	w := tabwriter.NewWriter(j.t.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	left := tabwriter.NewWriter(j.t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(j.t.out, "%s: a training step of %d samples\n\n", j.file, s.Batch)
	names := 0
	for _, r := range s.Rows {
		name, _ := nameAndOp(r.Path)
		names = max(names, len(name))
	}
	fmt.Fprintf(w, "%-*s\top\toutput\tparameters\tFLOPs\tbytes\t\n", names, "name")
	var flops, bytes int64
	for _, r := range s.Rows {
		name, op := nameAndOp(r.Path)
		fmt.Fprintf(w, "%-*s\t%s\t%s\t%s\t%s\t%s\t\n", names, name, op, axesText(r.Shape), numberText(r.Parameters), units.FLOPs(r.FLOPs), units.Bytes(r.Bytes))
		flops += r.FLOPs
		bytes += r.Bytes
	}
	fmt.Fprintf(w, "%-*s\t\t\t%s\t%s\t%s\t\n", names, "each op alone", numberText(s.Parameters), units.FLOPs(flops), units.Bytes(bytes))
	fmt.Fprintf(w, "%-*s\t\t\t\t%s\t%s\t\n", names, fmt.Sprintf("as planned, %d kernels", s.Cost.Kernels), units.FLOPs(s.Cost.FLOPs), units.Bytes(s.Cost.Read+s.Cost.Written))
	if err := w.Flush(); err != nil {
		return &diag.EnvError{Text: "the table could not be written", Err: err}
	}
	f := s.Footprint
	fmt.Fprintln(j.t.out, "\nmemory of a fit")
	data, total := "the data set, and batches made ahead", ""
	if !f.DataKnown {
		data, total = "batches made ahead; how large the data set is, its files do not tell yet", "and the data set"
	}
	for _, l := range []struct {
		name  string
		bytes int64
		what  string
	}{
		{"parameters", f.Parameters, "before and after a step: one that is not finite is dropped"},
		{"gradients", f.Gradients, "0 where each is used in the product that makes it"},
		{"optimizer", f.Optimizer, "moments and sums of metrics, before and after"},
		{"activations", f.Activations, "scratch of training and validation steps, whole and last batches"},
		{"data", f.Data, data},
		{"checkpoint", f.Checkpoint, "a copy of the states while one is written"},
		{"runtime", f.Runtime, "the program itself: what it holds now, and its code still to be read"},
		{"total", f.Total(), total},
	} {
		fmt.Fprintf(left, "  %s\t%10s\t%s\n", l.name, units.Bytes(l.bytes), l.what)
	}
	if err := left.Flush(); err != nil {
		return &diag.EnvError{Text: "the table could not be written", Err: err}
	}
	fmt.Fprintln(j.t.out, "\nA product of (m,k) by (k,n) is 2mnk FLOPs, any other operation on a number 1; forward and backward. Bytes: each operand and result once.")
	return nil
}

// nameAndOp splits "model.encoder[2].dense" in where it stands and what stands there.
func nameAndOp(path string) (name, op string) {
	if i := strings.LastIndexByte(path, '.'); i > 0 {
		return path[:i], path[i+1:]
	}
	return path, ""
}

// axesText writes a shape as "[128,400]".
func axesText(shape []int) string {
	if shape == nil {
		return ""
	}
	return strings.ReplaceAll(fmt.Sprint(shape), " ", ",")
}

// numberText leaves a place empty where there is nothing to count.
func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return units.Thousands(n)
}
