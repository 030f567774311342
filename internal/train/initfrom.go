package train

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"gotrain/internal/ckpt"
	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/graph"
)

// checkInitFrom judges the weights to start from by the names and shapes in their file. That
// the file is gone or damaged is the environment's fault, as it is of data.
func checkInitFrom(c *config.Config, m *graph.Model, l *diag.List) error {
	from := c.InitFrom
	at := startFile{from, l}
	file, err := ckpt.ReadShapes(from.File)
	var format *ckpt.FormatError
	switch {
	case errors.As(err, &format):
		at.failf("init-from", "init_from: %v", err).Environment = true
	case errors.Is(err, fs.ErrNotExist) && isFolder(from.File):
		d := at.failf("no-file", "init_from: the folder %s is no checkpoint: it has no model.safetensors", from.File)
		d.Hint, d.Environment = "name a file, or a checkpoint such as checkpoints/last of a run", true
	case errors.Is(err, fs.ErrNotExist):
		at.failf("no-file", "init_from: there is no %s", from.File).Environment = true
	case err != nil:
		at.failf("no-file", "init_from: %v", err).Environment = true
	}
	if missing := Require(FitVerb, c); m == nil || missing.HasErrors() {
		return nil // without a model and a training there are no weights to compare
	}
	p, err := m.Train(graph.TrainOptions{})
	if err != nil {
		return err
	}
	all := weights(p.States)
	taken := takenFrom(from, all)
	for _, t := range from.Only {
		if !slices.ContainsFunc(all, func(w ckpt.Param) bool { return graph.Names(t.Name, w.Name) }) {
			d := l.Errorf("no-weights", t.Pos, "init_from: nothing called %q has weights", t.Name)
			d.Path, d.Hint = "checkpoint.init_from.only", suggestWeights(t.Name, all)
		}
	}
	if file != nil {
		compareWeights(from, taken, file, l)
	}
	return nil
}

// startFile is the file of init_from, and where its faults go.
type startFile struct {
	*config.InitFrom
	diags *diag.List
}

// failf reports a fault of the file, at its place in the config.
func (f startFile) failf(code, format string, args ...any) *diag.Diagnostic {
	d := f.diags.Errorf(code, f.Pos, format, args...)
	d.Path, d.Origin = "checkpoint.init_from", f.Origin
	return d
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// weights are the parameters and buffers among states, each once.
func weights(states []graph.State) []ckpt.Param {
	var out []ckpt.Param
	seen := map[string]bool{}
	for _, s := range ofModel(states) {
		if !seen[s.Name] {
			seen[s.Name] = true
			out = append(out, ckpt.Param{Name: s.Name, Shape: s.Value.Shape, DType: "F32"})
		}
	}
	return out
}

// takenFrom are the weights that start from the file: those that only names, or all.
func takenFrom(from *config.InitFrom, all []ckpt.Param) []ckpt.Param {
	if len(from.Only) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(w ckpt.Param) bool {
		return !slices.ContainsFunc(from.Only, func(t config.Target) bool { return graph.Names(t.Name, w.Name) })
	})
}

// compareWeights reports every weight to be taken that the file has not, or has in another
// shape; where all are taken, also what the file has beside them.
func compareWeights(from *config.InitFrom, taken []ckpt.Param, file []ckpt.Tensor, l *diag.List) {
	at := startFile{from, l}
	if len(from.Only) > 0 {
		if err := ckpt.MatchSome(taken, file); err != nil {
			at.failf("init-from", "init_from %s: %v", from.File, err)
		}
		return
	}
	if err := ckpt.Match(taken, file); err != nil {
		d := at.failf("init-from", "init_from %s: %v", from.File, err)
		d.Notes = []string{`to take a part of the weights: init_from: {file: …, only: "encoder.*"}`}
	}
}

// suggestWeights gives the net, the glob or the weight nearest to a name, and what there is.
func suggestWeights(name string, all []ckpt.Param) string {
	var near, parts []string
	for _, w := range all {
		for i, r := range w.Name {
			if r == '.' {
				near = append(near, w.Name[:i], w.Name[:i]+".*")
			}
		}
		near = append(near, w.Name)
		if part, _, _ := strings.Cut(w.Name, "."); !slices.Contains(parts, part+".*") {
			parts = append(parts, part+".*")
		}
	}
	const most = 10
	if len(parts) > most {
		parts = append(parts[:most], "…")
	}
	there := "(weights: " + strings.Join(parts, ", ") + ")"
	if found := diag.DidYouMean(name, near); found != "" {
		return found + "  " + there
	}
	return there
}

// initFrom starts from weights of another run, by name. The others keep what they were
// given.
func (l *fitLoop) initFrom() error {
	from := l.Config.InitFrom
	file, err := ckpt.LoadWeights(from.File)
	if err != nil {
		return checkpointError(err)
	}
	all := weights(l.states)
	taken := takenFrom(from, all)
	var list diag.List
	if compareWeights(from, taken, file, &list); list.HasErrors() { // it has changed since it was checked
		return list.Err()
	}
	wanted := map[string]bool{}
	for _, w := range taken {
		wanted[w.Name] = true
	}
	file = slices.DeleteFunc(file, func(t ckpt.Tensor) bool { return !wanted[t.Name] })
	states := slices.DeleteFunc(ofModel(l.states), func(s graph.State) bool { return !wanted[s.Name] })
	if err := restore(l.store, states, file); err != nil {
		return err
	}
	l.Console.Note(fmt.Sprintf("%d of %d tensors from %s", len(taken), len(all), from.File))
	return nil
}
