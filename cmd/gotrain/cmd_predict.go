package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"gotrain/internal/ckpt"
	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/logger"
	"gotrain/internal/train"
)

func newPredictCommand(argv []string, t *terminal) *cobra.Command {
	own := []ownFlag{
		checkpointFlag,
		{"output", "which predict output; may be left out where there is one", takesValue},
		{"feed", "model values that are others: z=randn draws in z's shape, z=0 is a constant; several by commas", takesValue},
		{"n", "how many rows; all of the data, or 64 draws, by default", takesValue},
		{"grid", "write the rows as a grid of images to this PNG", takesValue},
		{"out", "write the rows to this .npy file", takesValue},
	}
	return verbCommand(train.PredictVerb, "Compute a predict output from a checkpoint", argv, t, own, runPredict)
}

func runPredict(j *job) error {
	o, err := j.predictOptions()
	if err != nil {
		return err
	}
	return j.withCheckpoint(func(s *train.Session) error { return j.predict(s, o) })
}

func (j *job) predict(s *train.Session, o train.PredictOptions) error {
	p, err := train.Predict(context.Background(), s, o)
	if err != nil {
		return err
	}
	if path := j.own["out"]; path != "" {
		if err := ckpt.WriteNpy(path, append([]int{p.Rows}, p.Shape...), p.Data); err != nil {
			return &diag.EnvError{Text: "cannot write " + path, Err: err}
		}
		s.Console.Note(fmt.Sprintf("%s: %d rows of %v", path, p.Rows, p.Shape))
	}
	if path := j.own["grid"]; path != "" {
		if p.Rows == 0 {
			return usage("there are no rows to draw", "limit_predict_batches or --n leaves none")
		}
		img, err := p.Grid()
		if err != nil {
			return usage(err.Error(), "--out FILE.npy takes any shape")
		}
		if err := logger.WritePNG(path, img); err != nil {
			return &diag.EnvError{Text: "cannot write " + path, Err: err}
		}
		s.Console.Note(fmt.Sprintf("%s: %d images", path, p.Rows))
	}
	if o.N > p.Rows {
		s.Console.Note(fmt.Sprintf("--n %d: the data have %d rows", o.N, p.Rows))
	}
	switch {
	case j.json:
		return json.NewEncoder(j.t.out).Encode(map[string]any{
			"output": p.Name, "rows": p.Rows, "shape": p.Shape, "out": j.own["out"], "grid": j.own["grid"], "checkpoint": s.Checkpoint,
		})
	case j.own["out"] == "" && j.own["grid"] == "":
		return printRows(j, p)
	}
	return nil
}

// gridRows is how many rows a grid shows where --n does not say.
const gridRows = 64

// predictOptions reads the verb's flags, all faults at once.
func (j *job) predictOptions() (train.PredictOptions, error) {
	var l diag.List
	o := train.PredictOptions{Output: j.own["output"]}
	names := j.model.PredictNames
	switch {
	case o.Output == "" && len(names) == 1:
		o.Output = names[0]
	case o.Output == "":
		l.Errorf("usage", diag.Pos{}, "which output?").Hint = "--output NAME, one of: " + strings.Join(names, ", ")
	case !slices.Contains(names, o.Output):
		d := l.Errorf("unknown-output", diag.Pos{}, "unknown output %q", o.Output)
		d.Origin = "--output"
		if near := diag.Suggest(o.Output, names); near != "" {
			d.Hint = "did you mean " + near + "?  "
		}
		d.Hint += "(there are: " + strings.Join(names, ", ") + ")"
	}
	if text := j.own["n"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			l.Errorf("bad-value", diag.Pos{}, "expected a number of rows from 1, found %q", text).Origin = "--n"
		}
		o.N = n
	}
	if o.N == 0 && j.own["grid"] != "" && j.own["out"] == "" {
		o.N = gridRows
	}
	if out := j.own["out"]; out != "" && !strings.HasSuffix(out, ".npy") {
		l.Errorf("bad-value", diag.Pos{}, "%q is no .npy file", out).Origin = "--out"
	}
	if grid := j.own["grid"]; grid != "" && !strings.HasSuffix(grid, ".png") {
		l.Errorf("bad-value", diag.Pos{}, "%q is no .png file", grid).Origin = "--grid"
	}
	if text, given := j.own["feed"]; given && o.Output != "" {
		if err := j.feed(o.Output, text, &l); err != nil {
			return o, err
		}
	}
	return o, j.fail(l, nil)
}

// feed puts other values in the place of the model's own.
func (j *job) feed(output, text string, l *diag.List) error {
	e, _ := config.ParseExpr("feed("+text+")", diag.Pos{})
	call, ok := e.(*config.Call)
	if ok = ok && !slices.ContainsFunc(call.Args, func(a config.Arg) bool { return a.Name == "" }); !ok {
		d := l.Errorf("bad-value", diag.Pos{}, "expected name=value, found %q", text)
		d.Origin, d.Hint = "--feed", "for example: --feed z=randn"
		return nil
	}
	fed, found, err := j.model.Feed(output, call.Args)
	if err != nil {
		return err
	}
	for _, d := range found.Items {
		d.Origin = "--feed"
		l.Add(d)
	}
	if fed != nil {
		j.model = fed
	}
	return nil
}

// printRows shows the first numbers of the first rows, where no file was asked for.
func printRows(j *job, p *train.Prediction) error {
	const rows, numbers = 8, 8
	size := len(p.Data) / max(p.Rows, 1)
	fmt.Fprintf(j.t.out, "%s: %d rows of %v\n", p.Name, p.Rows, p.Shape)
	for r := range min(rows, p.Rows) {
		for _, x := range p.Data[r*size : r*size+min(size, numbers)] {
			fmt.Fprintf(j.t.out, "%10.4g", x)
		}
		if size > numbers {
			fmt.Fprint(j.t.out, "  ...")
		}
		fmt.Fprintln(j.t.out)
	}
	if p.Rows > rows {
		fmt.Fprintln(j.t.out, "...   (--out FILE.npy writes all, --grid FILE.png draws them)")
	}
	return nil
}
