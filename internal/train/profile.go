package train

import (
	"context"
	"io"
	"slices"
	"time"

	"gotrain/internal/data"
	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// ProfileVerb trains some steps and shows where their time goes.
const ProfileVerb Verb = "profile"

// Profile is where the time of training steps goes. Half of the steps are timed as a whole,
// the others by instruction.
type Profile struct {
	Plan      *engine.Func
	Cost      engine.Cost // of Plan
	FirstStep time.Duration
	Steps     []time.Duration // of whole steps, feeding included, sorted
	Rows      []ProfileRow    // in order of execution
	Waiting   time.Duration   // for data, of a step on average
	Timed     time.Duration   // of a step timed by instruction, on average: Rows and Waiting explain it
	PeakFLOPs float64         // a second; 0 where the device cannot tell
	PeakBytes float64
}

// ProfileRow is an instruction of the plan.
type ProfileRow struct {
	Path, Kind  string
	Shape       []int
	Took        time.Duration // on average
	FLOPs       int64
	Read, Write int64 // bytes
}

// warmup is how many steps are not measured.
const warmup = 5

// RunProfile trains so many steps from new weights, or from the session's checkpoint, and
// keeps nothing of them. The first step is counted from started.
func RunProfile(ctx context.Context, s *Session, steps int, started time.Time) (*Profile, error) {
	part := graph.WholeStep
	if s.Trainer.AccumulateGradBatches > 1 {
		part = graph.LastStep // the one that updates
	}
	prog, err := s.Model.Train(graph.TrainOptions{Clip: clip(s.Trainer), Part: part})
	if err != nil {
		return nil, err
	}
	if err := s.checkUse(ProfileVerb, prog, s.Config.Data.Batch, data.NeedTrain); err != nil {
		return nil, err
	}
	cache, err := s.prepared(prog)
	if err != nil {
		return nil, err
	}
	loader, samples, err := s.trainLoader(ctx, "profile")
	if err != nil {
		return nil, err
	}
	batch := min(s.Config.Data.Batch, samples)
	exe, err := cache.Get(prog, batch)
	if err != nil {
		return nil, err
	}
	p := &Profile{Plan: exe.Func(), Cost: engine.CostOf(exe.Func())}
	run := &profiling{s: s, exe: exe, feed: newFeeder(), p: p, took: make([]time.Duration, len(exe.Func().Instrs)), started: started}
	run.feed.lr[0], run.feed.count[0] = float32(s.Model.LR()), float32(batch)
	for epoch := 0; run.n < warmup+steps; epoch++ {
		if err := run.epoch(ctx, loader.Epoch(ctx, epoch, 0), epoch, batch, warmup+steps); err != nil {
			return nil, err
		}
	}
	run.finish()
	if d, ok := s.Device.(engine.Prober); ok {
		p.PeakFLOPs, p.PeakBytes = d.Peak()
	}
	return p, nil
}

type profiling struct {
	s       *Session
	exe     *engine.Executable
	feed    *feeder
	p       *Profile
	took    []time.Duration // by instruction, of all timed steps
	waiting time.Duration
	timed   time.Duration
	n       int // steps done
	started time.Time
}

// epoch runs the whole batches of an epoch, or what is left of the steps.
func (r *profiling) epoch(ctx context.Context, it *data.Iterator, epoch, batch, until int) error {
	defer it.Close()
	for r.n < until {
		start := time.Now()
		b, err := it.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if b.Size != batch {
			it.Release(b)
			return nil
		}
		waited := time.Since(start)
		feed := r.feed.batch(b, epoch)
		timed := r.n >= warmup && r.n%2 == 0
		if timed {
			err = r.exe.StepTimed(ctx, feed, r.took)
		} else {
			err = r.exe.Step(ctx, feed)
		}
		it.Release(b)
		whole := time.Since(start)
		switch {
		case err != nil:
			return err
		case r.n == 0:
			r.p.FirstStep = time.Since(r.started)
		case timed:
			r.timed, r.waiting = r.timed+whole, r.waiting+waited
		case r.n >= warmup:
			r.p.Steps = append(r.p.Steps, whole)
		}
		r.n++
	}
	return nil
}

func (r *profiling) finish() {
	n := time.Duration(max(r.n-warmup-len(r.p.Steps), 1)) // steps timed by instruction
	slices.Sort(r.p.Steps)
	r.p.Waiting, r.p.Timed = r.waiting/n, r.timed/n
	f := r.exe.Func()
	for i, in := range f.Instrs {
		out := f.Values[in.Out]
		read, write := engine.Traffic(f, in)
		r.p.Rows = append(r.p.Rows, ProfileRow{
			Path: out.Origin.Path, Kind: engine.Kind(in.Op), Shape: out.Shape, Took: r.took[i] / n, FLOPs: engine.FLOPs(f, in), Read: read, Write: write,
		})
	}
}
