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

	"gotrain/internal/diag"
)

// Run is what a run folder says of itself.
type Run struct {
	Dir       string   `json:"dir"`
	Best      *float64 `json:"best"` // the smallest value of the metric asked for; nil where it was never measured
	BestStep  int      `json:"best_step"`
	Steps     int      `json:"steps"`
	Epochs    int      `json:"epochs"`
	Overrides []string `json:"overrides"` // flags that set vars or config keys
}

// Runs lists the runs under root, the best by metric first, those without it last.
func Runs(root, metric string) ([]Run, error) {
	dirs, err := filepath.Glob(filepath.Join(root, "*", "version_*"))
	if err != nil {
		return nil, fmt.Errorf("train: list %s: %w", root, err)
	}
	var out []Run
	for _, dir := range dirs {
		r, err := readRun(dir, metric)
		if errors.Is(err, fs.ErrNotExist) {
			continue // no run, or one that wrote no metrics
		}
		if err != nil {
			return nil, &diag.EnvError{Text: "cannot read " + dir, Err: err}
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
		}
		return cmp.Compare(*a.Best, *b.Best)
	})
	return out, nil
}

func readRun(dir, metric string) (Run, error) {
	r := Run{Dir: dir, Overrides: []string{}}
	text, err := os.ReadFile(filepath.Join(dir, "env.json"))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("env.json: %w", err)
	}
	f, err := os.Open(filepath.Join(dir, "metrics.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil // csv was off
	}
	if err != nil {
		return r, err
	}
	defer f.Close()
	return r, r.readMetrics(csv.NewReader(f), metric)
}

// readMetrics takes the best value and the length of the run from metrics.csv. A torn
// last row, of a run that was killed, is passed over.
func (r *Run) readMetrics(rows *csv.Reader, metric string) error {
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
		if err == io.EOF {
			return nil
		}
		if err != nil || len(row) != len(head) {
			continue
		}
		if n, err := strconv.Atoi(row[0]); err == nil {
			r.Steps = max(r.Steps, n)
		}
		if n, err := strconv.Atoi(row[1]); err == nil {
			r.Epochs = max(r.Epochs, n+1)
		}
		if column < 0 || row[column] == "" {
			continue
		}
		if v, err := strconv.ParseFloat(row[column], 64); err == nil && (r.Best == nil || v < *r.Best) {
			r.Best, r.BestStep = &v, mustInt(row[0])
		}
	}
}

// mustInt reads a step that has been read before.
func mustInt(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
