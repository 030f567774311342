package train

import (
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/graph"
)

// names are those of curves and of predictions; a list is nil where it is not known.
type names struct{ logged, outputs []string }

// declared are the names that a config has, faulty or not.
func declared(c *config.Config, told diag.List) *names {
	terms := func(section string, list []*config.Term) []string {
		out := []string{}
		for _, t := range list {
			if t.Name != "" {
				out = append(out, t.Name)
			}
		}
		for _, d := range told.Items { // of terms that the config could not read
			if d.Path == section && d.Severity == diag.Error && len(list) == 0 {
				return nil
			}
			if rest, in := strings.CutPrefix(d.Path, section+"."); in {
				if end := strings.IndexAny(rest, ".["); end >= 0 {
					rest = rest[:end]
				}
				if !slices.Contains(out, rest) {
					out = append(out, rest)
				}
			}
		}
		return out
	}
	loss, metrics := terms("loss", c.Loss), terms("metrics", c.Metrics)
	known := &names{outputs: terms("predict", c.Predict)}
	if loss != nil && metrics != nil {
		known.logged = curves(loss, metrics, true)
	}
	return known
}

// monitored lists the metrics that a checkpoint can watch, in the order of metrics.csv.
func monitored(m *graph.Model, hasVal bool) []string {
	return curves(m.LossTerms, m.MetricNames, hasVal)
}

func curves(loss, metrics []string, hasVal bool) []string {
	names := []string{"train/loss"}
	for _, t := range loss {
		names = append(names, "train/"+t)
	}
	if hasVal {
		names = append(names, "val/loss")
		for _, metric := range metrics {
			names = append(names, "val/"+metric)
		}
	}
	return names
}
