package train

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gotrain/internal/ckpt"
	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// savedAt is the newest checkpoint of a fit and where the run was then.
type savedAt struct {
	path   string
	step   int
	cursor cursor
	at     time.Time // by the monotonic clock; of a run that has saved nothing yet, its start
}

// cursor is a point of a run, down to the batch and the validation after it.
type cursor struct {
	epoch, batch int
	due          bool
}

func (s *runState) cursor() cursor { return cursor{s.Epoch, s.Batch, s.Due} }

// save writes a checkpoint of this moment, unless the newest one is of it already.
func (l *fitLoop) save() error {
	if !l.Trainer.EnableCheckpointing || l.dir.path == "" {
		return nil
	}
	if l.saved.path != "" && l.saved.cursor == l.state.cursor() && l.saved.step == l.state.Step && l.savedHere() {
		return nil
	}
	l.state.Progress = l.progress()
	if err := l.logged(l.sinks.Flush()); err != nil {
		return err
	}
	if l.csv != nil {
		l.state.CSVOffset = l.csv.Position()
	}
	if l.Trainer.MaxTime > 0 {
		l.state.Seconds = l.elapsed().Seconds()
	}
	snap, err := snapshot(l.store, l.states, &l.state)
	if err != nil {
		return err
	}
	if l.savedHere() {
		l.before = l.saved.step
	}
	path, err := ckpt.Save(l.dir.checkpoints(), l.state.Step, snap)
	if err != nil {
		return &diag.EnvError{Text: "the checkpoint could not be saved; the one before is intact", Err: err}
	}
	l.saved = savedAt{path: path, step: l.state.Step, cursor: l.state.cursor(), at: time.Now()}
	return l.link("last")
}

// saveDue reports whether checkpoint.every asks for a save after the step just done.
func (l *fitLoop) saveDue() bool {
	switch every := l.Config.Checkpoint.Every; {
	case every.IsZero():
		return false
	case every.Unit == config.Seconds:
		return time.Since(l.saved.at) >= every.Duration()
	default:
		return l.state.Step%every.Count() == 0
	}
}

// savedHere reports whether the newest checkpoint is of this run's folder, and not the one
// of another run that it went on from.
func (l *fitLoop) savedHere() bool {
	a, errA := os.Stat(filepath.Dir(l.saved.path))
	b, errB := os.Stat(l.dir.checkpoints())
	return errA == nil && errB == nil && os.SameFile(a, b)
}

func (l *fitLoop) link(name string) error {
	if err := ckpt.SetLink(l.dir.checkpoints(), name, filepath.Base(l.saved.path)); err != nil {
		return &diag.EnvError{Text: "the checkpoint is saved, but its link is not", Err: err}
	}
	return nil
}

// saveLast writes "last" and drops what is no longer needed.
func (l *fitLoop) saveLast() error {
	if err := l.save(); err != nil {
		return err
	}
	return l.prune()
}

// saveScored writes a checkpoint after a validation; it becomes "best" where the
// monitored metric is a new best. It reports whether it is.
func (l *fitLoop) saveScored(values map[string]float64) (best bool, err error) {
	value, ok := values[l.monitor]
	if !ok {
		value = math.NaN()
	}
	l.watch(values)
	best = l.state.rank(l.mode, max(l.Config.Checkpoint.Keep, 1), score{l.state.Step, value})
	if err := l.save(); err != nil {
		return false, err
	}
	if best && l.saved.path != "" {
		if err := l.link("best"); err != nil {
			return false, err
		}
	}
	return best, l.prune()
}

// prune removes checkpoints beyond the kept scores, last, and the one before last.
func (l *fitLoop) prune() error {
	if l.saved.path == "" || !l.Trainer.EnableCheckpointing {
		return nil
	}
	scored := func(step int) bool {
		return step == l.before || slices.ContainsFunc(l.state.Best, func(s score) bool { return s.Step == step })
	}
	if _, err := ckpt.Prune(l.dir.checkpoints(), scored); err != nil {
		return &diag.EnvError{Text: "old checkpoints could not be removed", Err: err}
	}
	return nil
}

// interrupted saves where the run stands and says how to go on.
func (l *fitLoop) interrupted() error {
	if err := l.save(); err != nil {
		return err
	}
	e := &InterruptedError{Step: l.state.Step}
	if l.dir.path != "" && !l.dir.temp && l.Trainer.EnableCheckpointing {
		e.Checkpoint = l.saved.path
		if slices.Contains(l.Command, "-") { // the config came from standard input
			e.Resume = shellQuote(l.Command[0]) + " fit " + shellQuote(l.dir.path)
			return e
		}
		e.Resume = fmt.Sprintf("%s --ckpt_path %s", strings.Join(withoutCheckpoint(l.Command), " "), filepath.Join(l.dir.checkpoints(), "last"))
	}
	return e
}

// withoutCheckpoint is argv, quoted for a shell, less its --ckpt_path.
func withoutCheckpoint(argv []string) []string {
	var out []string
	for i := 0; i < len(argv); i++ {
		a := strings.ReplaceAll(argv[i], "-", "_")
		if a == "__ckpt_path" {
			i++
			continue
		}
		if strings.HasPrefix(a, "__ckpt_path=") {
			continue
		}
		out = append(out, shellQuote(argv[i]))
	}
	return out
}
