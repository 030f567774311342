package train

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Run is what a run folder says of itself.
type Run struct {
	Dir       string   `json:"dir"`
	Best      *float64 `json:"best"` // the best value of the metric asked for; nil where it was never measured
	BestStep  int      `json:"best_step"`
	Steps     int      `json:"steps"`
	Epochs    int      `json:"epochs"`
	Overrides []string `json:"overrides"`       // flags that changed the result
	Fault     string   `json:"fault,omitempty"` // why the folder could not be read
}

// Runs lists the runs under root, the best by metric first, those without it last. mode is
// "min" or "max": which value is better.
func Runs(root, metric, mode string) ([]Run, error) {
	var dirs []string
	names, _ := os.ReadDir(root) // an absent root has no runs
	for _, name := range names {
		parent := filepath.Join(root, name.Name())
		for _, n := range versions(parent) {
			dirs = append(dirs, filepath.Join(parent, fmt.Sprintf("version_%d", n)))
		}
	}
	var out []Run
	for _, dir := range dirs {
		r := Run{Dir: dir, Overrides: []string{}}
		err := r.read(metric, mode)
		if errors.Is(err, fs.ErrNotExist) {
			continue // no run
		}
		if err != nil {
			r.Fault = err.Error()
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Run) int {
		switch {
		case a.Best == nil && b.Best == nil:
			return cmp.Compare(a.Dir, b.Dir)
		case a.Best == nil:
			return 1
		case b.Best == nil:
			return -1
		case mode == "max":
			return cmp.Compare(*b.Best, *a.Best)
		}
		return cmp.Compare(*a.Best, *b.Best)
	})
	return out, nil
}

func (r *Run) read(metric, mode string) error {
	text, err := os.ReadFile(filepath.Join(r.Dir, "env.json"))
	if err != nil {
		return err
	}
	var env struct{ Overrides []string }
	if err := json.Unmarshal(text, &env); err != nil {
		return fmt.Errorf("env.json: %w", err)
	}
	r.Overrides = append(r.Overrides, env.Overrides...)
	r.readState()
	f, err := os.Open(filepath.Join(r.Dir, "metrics.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // csv was off
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return r.readMetrics(csv.NewReader(f), metric, mode)
}

// readState takes the length of the run from its last checkpoint, where there is one.
func (r *Run) readState() {
	text, err := os.ReadFile(filepath.Join(r.Dir, "checkpoints", "last", "state.json"))
	if err != nil {
		return
	}
	var state struct{ Run runState }
	if json.Unmarshal(text, &state) == nil {
		r.Steps, r.Epochs = state.Run.Step, state.Run.Epoch
	}
}

// readMetrics takes the best value from metrics.csv, and the length of a run that saved
// nothing. A torn row, of a run that was killed, is passed over.
func (r *Run) readMetrics(rows *csv.Reader, metric, mode string) error {
	rows.FieldsPerRecord = -1
	head, err := rows.Read()
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	column := slices.Index(head, metric)
	for {
		row, err := rows.Read()
		var torn *csv.ParseError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &torn) || err == nil && len(row) != len(head):
			continue
		case err != nil:
			return err
		}
		step, err := strconv.Atoi(row[0])
		if err != nil {
			continue
		}
		r.Steps = max(r.Steps, step)
		if column < 0 || row[column] == "" {
			continue
		}
		if v, err := strconv.ParseFloat(row[column], 64); err == nil && v-v == 0 && (r.Best == nil || better(mode, v, *r.Best)) {
			r.Best, r.BestStep = &v, step
		}
	}
}
