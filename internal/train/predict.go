package train

import (
	"context"
	"fmt"
	"image"

	"gotrain/internal/data"
	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/logger"
)

// Prediction is the rows of one predict output.
type Prediction struct {
	Name  string
	Shape []int     // of a row
	Rows  int       //
	Data  []float32 // Rows rows
	// Twin are the rows of the data field that the output resembles, the originals of a
	// reconstruction; nil where there is none.
	Twin []float32
}

// predictor runs one predict program.
type predictor struct {
	prog   *graph.Program
	cache  *engine.Cache
	twin   string
	feeder *feeder
	out    Prediction
}

func newPredictor(prog *graph.Program, cache *engine.Cache, at moment) *predictor {
	v := prog.Outputs[0].Value
	return &predictor{
		prog: prog, cache: cache, twin: twinField(prog), feeder: newFeeder().at(at),
		out: Prediction{Name: prog.Outputs[0].Name, Shape: v.Shape[1:]},
	}
}

// needsData reports whether a program reads a data field, or is keyed by samples.
func needsData(p *graph.Program) bool {
	for _, in := range p.Inputs {
		switch in.Name {
		case graph.InputPosition, graph.InputEpoch, graph.InputStep, graph.InputRunEpoch, graph.InputProgress:
		default:
			return true
		}
	}
	return false
}

// add runs one batch and appends its rows.
func (p *predictor) add(ctx context.Context, b *data.Batch) error {
	exe, err := p.cache.Get(p.prog, b.Size)
	if err != nil {
		return err
	}
	if err := exe.Step(ctx, p.feeder.batch(b, 0)); err != nil {
		return err
	}
	p.out.Data = append(p.out.Data, exe.Output(p.out.Name)...)
	if p.twin != "" {
		p.out.Twin = append(p.out.Twin, b.Float[p.twin]...)
	}
	p.out.Rows += b.Size
	return nil
}

// draw runs n rows that need no data.
func (p *predictor) draw(ctx context.Context, n, batch int) error {
	for at := 0; at < n; at += batch {
		size := min(batch, n-at)
		b := &data.Batch{Size: size, Position: make([]int32, size), Index: make([]int32, size)}
		for i := range b.Position {
			b.Position[i], b.Index[i] = int32(at+i), int32(at+i)
		}
		if err := p.add(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// read runs the first n rows of a loader; all where n is 0.
func (p *predictor) read(ctx context.Context, loader *data.Loader, n int, onBatch func(done, total int)) error {
	it := loader.Epoch(ctx, 0, 0)
	defer it.Close()
	total := loader.Batches()
	for i := 0; i < total && (n == 0 || p.out.Rows < n); i++ {
		b, err := it.Next()
		if err != nil {
			return err
		}
		if err := p.add(ctx, b); err != nil {
			return err
		}
		it.Release(b)
		if onBatch != nil {
			onBatch(i+1, total)
		}
	}
	if n > 0 && p.out.Rows > n {
		p.out.truncate(n)
	}
	return nil
}

func (p *Prediction) truncate(n int) {
	p.Data = p.Data[:len(p.Data)/p.Rows*n]
	if p.Twin != nil {
		p.Twin = p.Twin[:len(p.Twin)/p.Rows*n]
	}
	p.Rows = n
}

// Grid draws the rows as images, each beside its original where there is one.
func (p *Prediction) Grid() (image.Image, error) {
	if !isImage(p.Shape) {
		return nil, fmt.Errorf("output %q gives %v, and an image is [C,H,W] with 1 or 3 channels", p.Name, p.Shape)
	}
	if p.Twin != nil {
		return logger.Pairs(rows(p.Twin, p.Rows), rows(p.Data, p.Rows), p.Shape, gridColumns)
	}
	return logger.Grid(rows(p.Data, p.Rows), p.Shape, gridColumns)
}

// rows cuts flat data in n equal parts.
func rows(flat []float32, n int) [][]float32 {
	out := make([][]float32, n)
	size := len(flat) / max(n, 1)
	for i := range out {
		out[i] = flat[i*size : (i+1)*size]
	}
	return out
}

// grid draws a logged picture from the first samples of validation, or from draws.
func (l *fitLoop) grid(ctx context.Context, p picture) (image.Image, error) {
	pr := newPredictor(p.prog, l.cache, l.moment())
	n := gridSamples
	if p.twin != "" {
		n = gridPairs
	}
	if !needsData(pr.prog) {
		if err := pr.draw(ctx, n, n); err != nil {
			return nil, err
		}
		return pr.out.Grid()
	}
	n = min(n, l.sets.Val.Len())
	loader := data.NewLoader(l.sets.Val, data.LoaderOptions{Batch: n, Limit: 1})
	if err := pr.read(ctx, loader, n, nil); err != nil {
		return nil, err
	}
	return pr.out.Grid()
}

// devRunPredict touches every predict output under fast_dev_run, so that the run has
// been through all that the config says.
func (l *fitLoop) devRunPredict(ctx context.Context) error {
	if !l.devRun() {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	for _, name := range l.Model.PredictNames {
		prog, err := l.Model.Predict(name)
		if err != nil {
			return err
		}
		if err := l.store.Ensure(prog.States); err != nil {
			return err
		}
		pr := newPredictor(prog, l.cache, l.moment())
		if !needsData(pr.prog) {
			err = pr.draw(ctx, l.Config.Data.Batch, l.Config.Data.Batch)
		} else if l.val != nil {
			err = pr.read(ctx, l.val, 0, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
