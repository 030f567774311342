package train

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/logger"
)

// settings are what tells a run of a config from its others, under the flags that set it:
// vars, seed, data, optimizer, schedule, and the trainer's flags that change what is learnt.
// Those of logs, folders and speed are none. They are in the order of their names.
func (s *Session) settings() []logger.Setting {
	of := map[string]config.Value{"seed": s.Config.Seed}
	for _, v := range s.Config.Vars {
		of[v.Name] = v.Value
	}
	if d := s.Config.Data; d != nil {
		of["data.source"], of["data.batch"], of["data.shuffle"] = d.Source, int64(d.Batch), d.Shuffle
		if d.Pairs != "" {
			of["data.pairs"] = d.Pairs
		}
		for set, n := range d.Samples {
			of["data.samples."+set] = int64(n)
		}
		for set, n := range d.Split {
			of["data.split."+set] = int64(n)
		}
	}
	if o := s.Config.Optimizer; o != nil {
		of["optimizer.name"], of["optimizer.lr"] = o.Name, s.Model.LR()
		for name, v := range o.Args {
			of["optimizer."+name] = v.Value
		}
	}
	if o := s.Config.Schedule; o != nil {
		of["schedule.name"] = o.Name
		for name, v := range o.Args {
			of["schedule."+name] = v.Value
		}
	}
	s.trainerSettings(of)
	var out []logger.Setting
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, logger.Setting{Name: name, Value: settingOf(of[name])})
	}
	return out
}

// trainerSettings adds the trainer's flags that are in force.
func (s *Session) trainerSettings(of map[string]config.Value) {
	t := s.Trainer
	of["accumulate_grad_batches"] = int64(t.AccumulateGradBatches)
	for name, n := range map[string]int{"max_epochs": t.MaxEpochs, "max_steps": t.MaxSteps} {
		if n >= 0 {
			of[name] = int64(n)
		}
	}
	if t.GradientClipVal > 0 {
		of["gradient_clip_val"], of["gradient_clip_algorithm"] = t.GradientClipVal, t.GradientClipAlgorithm
	}
	for name, l := range map[string]config.Limit{"limit_train_batches": t.LimitTrainBatches, "overfit_batches": t.OverfitBatches} {
		switch {
		case !t.Given[name]:
		case l.IsCount:
			of[name] = int64(l.Count)
		default:
			of[name] = l.Share
		}
	}
}

// settingOf is a constant as a logger takes it: a list is a text.
func settingOf(v config.Value) any {
	list, isList := v.([]config.Value)
	if !isList {
		return v
	}
	items := make([]string, len(list))
	for i, item := range list {
		items[i] = fmt.Sprint(settingOf(item))
	}
	return "[" + strings.Join(items, ", ") + "]"
}
