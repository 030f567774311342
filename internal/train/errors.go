package train

import "fmt"

// DivergedError ends a run whose loss or state stopped being finite. The step was not
// applied: the last checkpoint and the state in memory are those before it.
type DivergedError struct {
	Step   int    // optimizer steps done before
	Epoch  int    // from 0
	Batch  int    // in the epoch, from 0
	Op     string // the first op that made it
	Path   string // its YAML path
	Resume string // the last good checkpoint, empty where there is none
}

func (e *DivergedError) Error() string {
	text := fmt.Sprintf("training diverged at step %d (epoch %d, batch %d): ", e.Step+1, e.Epoch, e.Batch)
	if e.Path == "" {
		text += "the loss or the new state is not finite"
	} else {
		text += fmt.Sprintf("the first NaN or infinity came from %s (%s)", e.Path, e.Op)
	}
	text += "; the step was not applied"
	if e.Resume != "" {
		text += fmt.Sprintf("\nlast good checkpoint: %s\ntry a smaller optimizer.lr, or gradient_clip_val", e.Resume)
	} else {
		text += "\ntry a smaller optimizer.lr, or gradient_clip_val"
	}
	return text
}

// InterruptedError ends a run that was told to stop.
type InterruptedError struct {
	Step       int
	Checkpoint string // what was saved; empty where checkpointing is off
	Resume     string // the command that goes on
}

func (e *InterruptedError) Error() string {
	if e.Checkpoint == "" && e.Step == 0 {
		return "interrupted before the first step; there was nothing to save"
	}
	if e.Checkpoint == "" {
		return fmt.Sprintf("interrupted after step %d; checkpointing is off, so nothing was saved", e.Step)
	}
	return fmt.Sprintf("interrupted after step %d; saved %s\ngo on with: %s", e.Step, e.Checkpoint, e.Resume)
}
