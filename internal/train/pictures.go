package train

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gotrain/internal/config"
	"gotrain/internal/graph"
	"gotrain/internal/logger"
)

// picture is a predict output drawn as a grid from time to time.
type picture struct {
	config.LogImage
	prog *graph.Program
	twin string // the data field of that shape, shown beside it; empty where there is none
}

// How many samples a logged grid shows: 64 alone, 32 beside their originals.
const (
	gridSamples = 64
	gridPairs   = 32
	gridColumns = 8
)

// choosePictures builds the programs of trainer.log_images. That each is an image, Static
// has checked.
func (l *fitLoop) choosePictures() error {
	for _, want := range l.Config.LogImages {
		prog, err := l.Model.Predict(want.Output)
		if err != nil {
			return err
		}
		if needsData(prog) && l.sets.Val == nil {
			l.Console.Note(fmt.Sprintf("log_images: %q reads data, and there is no validation split to take them from", want.Output))
			continue
		}
		if err := l.store.Ensure(prog.States); err != nil {
			return err
		}
		l.pictures = append(l.pictures, picture{LogImage: want, prog: prog, twin: twinField(prog)})
	}
	return nil
}

func isImage(shape []int) bool { return len(shape) == 3 && (shape[0] == 1 || shape[0] == 3) }

// twinField is the data field that a program reads and whose shape its output has.
func twinField(p *graph.Program) string {
	for _, in := range p.Inputs {
		if in.Shape.Equal(p.Outputs[0].Value.Shape) {
			return in.Name
		}
	}
	return ""
}

// drawPictures logs the grids that are due at the end of an epoch.
func (l *fitLoop) drawPictures(ctx context.Context, epoch int) error {
	ctx = context.WithoutCancel(ctx) // short, and the epoch is done
	for _, p := range l.pictures {
		if !l.devRun() && !p.due(epoch, l.state.Step, l.stepsPerEpoch()) {
			continue
		}
		img, err := l.grid(ctx, p)
		if err != nil {
			return err
		}
		if err := l.logged(l.sinks.Image(l.state.Step, p.Output, img)); err != nil {
			return err
		}
		if l.dir.path == "" {
			continue
		}
		if err := os.MkdirAll(l.dir.images(), 0o777); err != nil {
			return cannotWrite(l.dir.images(), err)
		}
		path := filepath.Join(l.dir.images(), fmt.Sprintf("%s_step_%06d.png", p.Output, l.state.Step))
		if err := logger.WritePNG(path, img); err != nil {
			return cannotWrite(path, err)
		}
	}
	return nil
}

// due reports whether a grid is due at the end of epoch: every so many epochs, or where
// a multiple of so many steps lay in it.
func (p *picture) due(epoch, step, stepsPerEpoch int) bool {
	every := p.Every.Count()
	if p.Every.Unit == config.Steps {
		return step/every > max(step-stepsPerEpoch, 0)/every
	}
	return (epoch+1)%every == 0
}
