package train

import (
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/diag"
	"gotrain/internal/graph"
)

// Static finds what a fit would refuse, without opening any data: a monitor that nothing
// logs, pictures of what is no image, a faulty schedule, weights to start from that are not
// there or do not fit (which a run that goes on from a checkpoint does not need). m is nil
// where the model has faults, told: then what takes no shapes to see is judged by the names
// of the config.
func Static(c *config.Config, m *graph.Model, t config.Trainer, resuming bool, told diag.List) (diag.List, error) {
	_, l := checkedSchedule(c, t)
	known := declared(c, told)
	if m != nil {
		checkProgress(m, t, &l)
		known = &names{logged: monitored(m, true), outputs: m.PredictNames}
	}
	if k := c.Checkpoint; k.Pos.IsValid() || k.Origin != "" {
		checkMonitor("checkpoint.monitor", k.Monitor, k.Pos, k.Origin, known, &l)
		checkMode("checkpoint.monitor", k.Monitor, k.Pos, k.Origin, k.ModeGiven, c, &l)
	}
	if e := c.EarlyStop; e != nil {
		if e.Monitor != c.Checkpoint.Monitor || !c.Checkpoint.Pos.IsValid() && c.Checkpoint.Origin == "" {
			checkMonitor("trainer.early_stop.monitor", e.Monitor, e.Pos, e.Origin, known, &l)
			checkMode("trainer.early_stop.monitor", e.Monitor, e.Pos, e.Origin, e.ModeGiven, c, &l)
		}
		checkEarlyStop(e, c, t, &l)
	}
	checkBatches(c, t, &l)
	for _, want := range c.LogImages {
		if err := checkPicture(want, m, known, &l); err != nil {
			return l, err
		}
	}
	if c.InitFrom != nil && !resuming {
		err := checkInitFrom(c, m, &l)
		return l, err
	}
	return l, nil
}

// checkBatches refuses, of a fit on data of a size that is known, limits that leave less
// than a batch and validation that never comes.
func checkBatches(c *config.Config, t config.Trainer, l *diag.List) {
	if c.Data == nil || len(c.Loss) == 0 || c.Optimizer == nil {
		return
	}
	size, known := data.SizeOf(*c.Data, data.Options{Need: data.NeedTrain | data.NeedVal})
	if !known || size.Train < 1 {
		return
	}
	limited := func(flag string, limit config.Limit, samples int) (batches int, ok bool) {
		n, err := limit.Batches((samples + c.Data.Batch - 1) / c.Data.Batch)
		if err != nil {
			flagFault(l, t, limitFlag(t, flag), "%v", err)
		}
		return n, err == nil
	}
	train, ok := limited("limit_train_batches", t.LimitTrainBatches, size.Train)
	if size.Val < 1 || !ok && !t.OverfitBatches.IsZero() { // which sets both, and is told once
		return
	}
	if val, fits := limited("limit_val_batches", t.LimitValBatches, size.Val); ok && fits && val > 0 && t.FastDevRun == 0 {
		checkInterval(t, train, l)
	}
}

// checkMonitor refuses a metric that nothing logs.
func checkMonitor(path, name string, pos diag.Pos, origin string, known *names, l *diag.List) {
	if known.logged == nil || slices.Contains(known.logged, name) {
		return
	}
	d := l.Errorf("unknown-metric", pos, "monitor %q is not logged", name)
	d.Path, d.Origin = path, origin
	d.Hint = diag.Choices(name, "logged", known.logged)
}

// checkMode warns of a metric of which more is better where nothing says so.
func checkMode(path, name string, pos diag.Pos, origin string, given bool, c *config.Config, l *diag.List) {
	metric, ofVal := strings.CutPrefix(name, "val/")
	i := slices.IndexFunc(c.Metrics, func(t *config.Term) bool { return ofVal && t.Name == metric })
	if given || i < 0 || !graph.MoreIsBetter(c.Metrics[i].Expr) {
		return
	}
	w := l.Warnf("mode-needed", pos, "of %s more is better, and no mode is given: it is min", name)
	w.Path, w.Origin, w.Hint = path, origin, "write mode: max"
}

// checkEarlyStop warns of an early_stop that waits for what never comes.
func checkEarlyStop(e *config.EarlyStop, c *config.Config, t config.Trainer, l *diag.List) {
	if !strings.HasPrefix(e.Monitor, "val/") || t.FastDevRun > 0 {
		return
	}
	why, hint := "limit_val_batches is 0", "monitor train/loss, or leave early_stop out"
	if !t.LimitValBatches.IsZero() {
		if c.Data == nil {
			return
		}
		size, known := data.SizeOf(*c.Data, data.Options{Need: data.NeedTrain | data.NeedVal})
		split := c.Data.Split
		faulty := !slices.Contains(data.Names(), c.Data.Source) || split != nil && len(split) == 0 // told elsewhere
		if faulty || known && size.Val > 0 || !known && split["val"] > 0 {                         // files of arrays have no val of their own
			return
		}
		why, hint = "the data has no val split", "give data.split: {val: N}, or monitor train/loss"
	}
	w := l.Warnf("early-stop", e.Pos, "early_stop never acts: it waits for %s, and %s", e.Monitor, why)
	w.Path, w.Origin, w.Hint = "trainer.early_stop", e.Origin, hint
}

func checkPicture(want config.LogImage, m *graph.Model, known *names, l *diag.List) error {
	if known.outputs == nil {
		return nil
	}
	if !slices.Contains(known.outputs, want.Output) {
		d := l.Errorf("unknown-output", want.Pos, "log_images: no predict output %q", want.Output)
		d.Path = "trainer.log_images"
		d.Hint = diag.DidYouMean(want.Output, known.outputs)
		return nil
	}
	if m == nil {
		return nil // its shape is not known
	}
	prog, err := m.Predict(want.Output)
	if err != nil {
		return err
	}
	if shape := []int(prog.Outputs[0].Value.Shape[1:]); !isImage(shape) {
		l.Errorf("no-image", want.Pos, "log_images: %q gives %v, and an image is [C,H,W] with 1 or 3 channels", want.Output, shape).Path = "trainer.log_images"
	}
	return nil
}
