package train

import (
	"context"
	"errors"
	"image"
	"math"

	"gotrain/internal/data"
	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/logger"
)

// InspectVerb runs one batch and shows values of it.
const InspectVerb Verb = "inspect"

// Inspection is a value of one batch.
type Inspection struct {
	graph.Inspected
	Rows   int       // samples; 1 of a value that has none
	Values []float32 // Rows of Shape; nil of a constant
	Statistics
}

// Statistics are of the finite elements, but for the counts of those that are not.
type Statistics struct {
	Min, Max, Mean, Std float64 // Std is of the whole, not of a sample of it; all NaN where nothing is finite
	NaN, Inf            int
}

// Inspect runs the first batch that fit would train on, from the session's checkpoint or
// from new weights, and gives the named values of it, in evaluation: dropout is off, and
// batch norm uses its running statistics.
func Inspect(ctx context.Context, s *Session, names []string) ([]Inspection, error) {
	prog, values, diags, err := s.Model.Inspect(names)
	if err == nil {
		err = diags.Err()
	}
	if err != nil {
		return nil, err
	}
	batch := drawnRows
	if s.Config.Data != nil && needsData(prog) {
		batch = s.Config.Data.Batch
	}
	if err := s.checkUse(InspectVerb, prog, batch, data.NeedTrain); err != nil {
		return nil, err
	}
	cache, err := s.prepared(prog)
	if err != nil {
		return nil, err
	}
	b, done, err := s.firstBatch(ctx, prog)
	if err != nil {
		return nil, err
	}
	defer done()
	exe, err := cache.Get(prog, b.Size)
	if err != nil {
		return nil, err
	}
	if err := exe.Step(ctx, newFeeder().batch(b, 0)); err != nil {
		return nil, err
	}
	out := make([]Inspection, len(values))
	for i, v := range values {
		out[i] = Inspection{Inspected: v, Rows: 1}
		if v.Const != "" {
			continue
		}
		if v.Batched {
			out[i].Rows = b.Size
		}
		out[i].Values = append([]float32(nil), exe.Output(v.Name)...)
		out[i].Statistics = statistics(out[i].Values)
	}
	return out, nil
}

// prepared makes a machine with the weights that prog starts from.
func (s *Session) prepared(prog *graph.Program) (*engine.Cache, error) {
	if s.Checkpoint != "" {
		_, cache, _, err := s.restored(prog)
		return cache, err
	}
	store, cache := s.machine()
	if err := store.Ensure(prog.States); err != nil {
		return nil, err
	}
	return cache, store.Init(s.Config.Seed, prog.States)
}

// drawnRows are the rows of a value that is drawn and reads no data.
const drawnRows = 64

// firstBatch reads the first batch of training, where the program reads data at all. done
// gives it back.
func (s *Session) firstBatch(ctx context.Context, prog *graph.Program) (b *data.Batch, done func(), err error) {
	if !needsData(prog) || s.Config.Data == nil {
		if s.Config.Data == nil && needsData(prog) {
			return nil, nil, needsDataError(s, "inspect")
		}
		b := &data.Batch{Size: drawnRows, Position: make([]int32, drawnRows), Index: make([]int32, drawnRows)}
		for i := range b.Position {
			b.Position[i], b.Index[i] = int32(i), int32(i)
		}
		return b, func() {}, nil
	}
	loader, _, err := s.trainLoader(ctx, "inspect")
	if err != nil {
		return nil, nil, err
	}
	it := loader.Epoch(ctx, 0, 0)
	if b, err = it.Next(); err != nil {
		it.Close()
		return nil, nil, err
	}
	return b, func() { it.Release(b); it.Close() }, nil
}

// trainLoader opens the training set and says how many samples it has. Where the limit
// leaves none of it, what is an error: to inspect, to profile.
func (s *Session) trainLoader(ctx context.Context, what string) (loader *data.Loader, samples int, err error) {
	sets, err := s.open(ctx, data.NeedTrain)
	if err != nil {
		return nil, 0, err
	}
	loader, err = s.limited(sets.Train, "limit_train_batches", s.Trainer.LimitTrainBatches, s.Config.Data.Shuffle)
	if err != nil {
		return nil, 0, err
	}
	if loader.Batches() == 0 {
		return nil, 0, s.flagError("limit_train_batches", errors.New("leaves nothing to "+what))
	}
	return loader, sets.Train.Len(), nil
}

func statistics(values []float32) Statistics {
	s := Statistics{Min: math.Inf(1), Max: math.Inf(-1)}
	n, sum := 0, 0.0
	for _, v := range values {
		x := float64(v)
		switch {
		case math.IsNaN(x):
			s.NaN++
		case math.IsInf(x, 0):
			s.Inf++
		default:
			s.Min, s.Max = min(s.Min, x), max(s.Max, x)
			sum += x
			n++
		}
	}
	if n == 0 {
		nan := math.NaN()
		s.Min, s.Max, s.Mean, s.Std = nan, nan, nan, nan
		return s
	}
	s.Mean = sum / float64(n)
	squares := 0.0
	for _, v := range values {
		if x := float64(v); !math.IsNaN(x) && !math.IsInf(x, 0) {
			squares += (x - s.Mean) * (x - s.Mean)
		}
	}
	s.Std = math.Sqrt(squares / float64(n))
	return s
}

// IsImage tells a value that can be drawn: [C,H,W] with 1 or 3 channels.
func (v *Inspection) IsImage() bool { return v.Values != nil && isImage(v.Shape) }

// Unit gives the first n rows with the values from 0 to 1: as they are where they lie
// there, else from the smallest to the largest; scaled says which.
func (v *Inspection) Unit(n int) (samples [][]float32, scaled bool) {
	samples = rows(v.Values, v.Rows)
	samples = samples[:min(n, len(samples))]
	if !(v.Min < 0 || v.Max > 1) {
		return samples, false
	}
	width := max(v.Max-v.Min, math.SmallestNonzeroFloat32)
	for i, s := range samples {
		unit := make([]float32, len(s))
		for k, x := range s {
			unit[k] = float32((float64(x) - v.Min) / width)
		}
		samples[i] = unit
	}
	return samples, true
}

// Grid draws up to 64 rows.
func (v *Inspection) Grid() (img image.Image, scaled bool, err error) {
	samples, scaled := v.Unit(gridSamples)
	img, err = logger.Grid(samples, v.Shape, gridColumns)
	return img, scaled, err
}
