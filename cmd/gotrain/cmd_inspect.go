package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gotrain/internal/diag"
	"gotrain/internal/logger"
	"gotrain/internal/train"
)

func newInspectCommand(argv []string, t *terminal) *cobra.Command {
	own := []ownFlag{
		{"ckpt_path", "the weights of a checkpoint folder, or of best or last of the newest run; new weights by default", takesValue},
		{"images", "write the values that are images to this folder, a PNG each", takesValue},
	}
	c := verbCommand(train.InspectVerb, "Run one batch and show values of it", argv, t, own, runInspect)
	c.Use = "inspect FILE [NAME...] [flags]"
	c.Long = `Run the first training batch and show shape, range, mean, deviation and first numbers of
values of it. NAME is a data field, a value of model, a net (its result at its first
call), a step as diagnostics name it (model.encoder[2]), loss, loss.TERM, metrics.NAME,
predict.NAME, or an expression over these, in quotes: 'mu -> exp'. Without NAME: all.`
	return c
}

func runInspect(j *job) error {
	if _, _, problems, err := j.model.Inspect(j.names); err != nil {
		return err
	} else if err := j.fail(problems, nil); err != nil {
		return err
	}
	s, done, err := j.session()
	if err != nil {
		return err
	}
	defer done()
	if err := j.startFrom(s); err != nil {
		return err
	}
	values, err := train.Inspect(context.Background(), s, j.names)
	if err != nil {
		return err
	}
	if dir := j.own["images"]; dir != "" {
		if err := writeImages(dir, values, s.Console.Note); err != nil {
			return err
		}
	}
	if j.json {
		return inspectionJSON(j, values)
	}
	return printInspection(j.t, values, len(j.names) > 0)
}

// writeImages draws each value that is an image.
func writeImages(dir string, values []train.Inspection, note func(string)) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return &diag.EnvError{Text: "cannot make " + dir, Err: err}
	}
	drawn := 0
	for _, v := range values {
		if !v.IsImage() {
			continue
		}
		img, scaled, err := v.Grid()
		if err != nil {
			return err
		}
		path := filepath.Join(dir, fileName(v.Name)+".png")
		if err := logger.WritePNG(path, img); err != nil {
			return &diag.EnvError{Text: "cannot write " + path, Err: err}
		}
		note(path + scale(v, scaled))
		drawn++
	}
	if drawn == 0 {
		return usage("none of the values is an image", "an image is [C,H,W] with 1 or 3 channels")
	}
	return nil
}

// fileName makes a file's name of a value's: model.encoder[2] and expressions have signs
// that a file should not have.
func fileName(name string) string {
	return strings.Trim(noFileSign.ReplaceAllString(name, "_"), "_.-")
}

var noFileSign = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

// scale says from which range an image was drawn, where that is not 0 to 1.
func scale(v train.Inspection, scaled bool) string {
	if !scaled {
		return ""
	}
	return fmt.Sprintf(" (%.3g is black, %.3g white)", v.Min, v.Max)
}

// printInspection prints a table; of named values also the first numbers and, on a
// terminal, the first images.
func printInspection(t *terminal, values []train.Inspection, named bool) error {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "value\tshape\tmin\tmean\tmax\tstd\tnot finite")
	for _, v := range values {
		if v.Const != "" {
			fmt.Fprintf(w, "%s\tconstant %s\t\t\t\t\t\n", v.Name, v.Const)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%.4g\t%.4g\t%.4g\t%.4g\t%s\n", v.Name, shapeText(v), v.Min, v.Mean, v.Max, v.Std, notFinite(v))
	}
	if err := w.Flush(); err != nil {
		return &diag.EnvError{Text: "the result could not be written", Err: err}
	}
	if !named {
		return nil
	}
	for _, v := range values {
		if v.Values == nil {
			continue
		}
		fmt.Fprintf(t.out, "\n%s, first sample:%s\n", v.Name, firstNumbers(v, 8))
		if v.IsImage() && colour(t.out) {
			samples, scaled := v.Unit(8)
			fmt.Fprint(t.out, halfBlocks(samples, v.Shape, width(t.out)))
			if scaled {
				fmt.Fprintln(t.out, strings.TrimSpace(scale(v, scaled)))
			}
		}
	}
	return nil
}

func shapeText(v train.Inspection) string {
	parts := make([]string, len(v.Shape))
	for i, d := range v.Shape {
		parts[i] = strconv.Itoa(d)
	}
	text := "[" + strings.Join(parts, ",") + "]"
	if v.Batched {
		text = fmt.Sprintf("%d x %s", v.Rows, text)
	}
	return text
}

func notFinite(v train.Inspection) string {
	var parts []string
	if v.NaN > 0 {
		parts = append(parts, fmt.Sprintf("%d NaN", v.NaN))
	}
	if v.Inf > 0 {
		parts = append(parts, fmt.Sprintf("%d Inf", v.Inf))
	}
	return strings.Join(parts, ", ")
}

func firstNumbers(v train.Inspection, n int) string {
	var b strings.Builder
	size := len(v.Values) / max(v.Rows, 1)
	for _, x := range v.Values[:min(size, n)] {
		fmt.Fprintf(&b, " %.4g", x)
	}
	if size > n {
		b.WriteString(" ...")
	}
	return b.String()
}

// inspectionJSON prints one object, {"values": [...]}. A number that is not finite is a
// text, since JSON has none.
func inspectionJSON(j *job, values []train.Inspection) error {
	number := func(x float64) any {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Sprint(x)
		}
		return x
	}
	list := make([]map[string]any, len(values))
	for i, v := range values {
		if v.Const != "" {
			list[i] = map[string]any{"name": v.Name, "constant": v.Const}
			continue
		}
		size := len(v.Values) / max(v.Rows, 1)
		var first []any
		for _, x := range v.Values[:min(size, 8)] {
			first = append(first, number(float64(x)))
		}
		shape := v.Shape
		if shape == nil {
			shape = []int{}
		}
		list[i] = map[string]any{
			"name": v.Name, "shape": shape, "rows": v.Rows, "min": number(v.Min), "max": number(v.Max), "mean": number(v.Mean),
			"std": number(v.Std), "nan": v.NaN, "inf": v.Inf, "first": first,
		}
	}
	return json.NewEncoder(j.t.out).Encode(map[string]any{"values": list})
}
