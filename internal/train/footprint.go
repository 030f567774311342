package train

import (
	"fmt"
	"slices"

	"gotrain/internal/data"
	"gotrain/internal/diag"
	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/units"
)

// Footprint is the memory of a run in bytes, by what it is for: known before any of it is
// taken.
type Footprint struct {
	Parameters  int64 // and buffers; the values and, where a step makes new ones, those beside them
	Gradients   int64 // open sums of a window, and what of the training step's scratch gradients take
	Optimizer   int64 // its moments and the sums of metrics, old and new
	Activations int64 // all other scratch, of every program that runs, for whole and last batches
	Data        int64 // the data set, and batches made ahead
	Checkpoint  int64 // a copy of the states, while one is written
	Runtime     int64 // the program itself, as it stands, and codeToCome
	// DataKnown is false where files tell how much data there is and cannot be read: Data is
	// then the batches alone.
	DataKnown bool
	Batch     int // samples of the step that it is for: of a whole batch, as far as the data fill one
}

// Total is all of it.
func (f Footprint) Total() int64 {
	return f.Parameters + f.Gradients + f.Optimizer + f.Activations + f.Data + f.Checkpoint + f.Runtime
}

// codeToCome is what of the program's file gets into memory as it trains, saves and logs, and
// is not there while it only plans: 3.3 MB on Linux, as measured (RssFile).
const codeToCome = 3_300_000

// use is a program and the batch sizes that it runs for.
type use struct {
	prog    *graph.Program
	batches []int
}

// FitFootprint is that of a fit, and its programs: the training step first.
func (s *Session) FitFootprint() (Footprint, error) { return s.fitFootprint(s.Config.Data.Batch) }

func (s *Session) fitFootprint(batch int) (Footprint, error) {
	uses, err := s.fitUses(batch)
	if err != nil {
		return Footprint{}, err
	}
	return s.footprint(uses, batch, data.NeedTrain|data.NeedVal, s.Trainer.EnableCheckpointing && !s.devRun())
}

// fitUses builds what a fit runs.
func (s *Session) fitUses(batch int) ([]use, error) {
	parts := []graph.Part{graph.WholeStep}
	if s.Trainer.AccumulateGradBatches > 1 {
		parts = []graph.Part{graph.Accumulate, graph.LastStep}
	}
	size, known := data.SizeOf(*s.Config.Data, data.Options{Need: data.NeedTrain | data.NeedVal})
	var uses []use
	for _, part := range parts {
		p, err := s.Model.Train(graph.TrainOptions{Clip: clip(s.Trainer), Part: part})
		if err != nil {
			return nil, err
		}
		uses = append(uses, use{p, s.batchSizes(batch, size.Train, known, s.reachesLast(batch, size.Train))})
	}
	if limit := s.Trainer.LimitValBatches; (limit.Share > 0 || limit.Count > 0) && (!known || size.Val > 0) {
		p, err := s.Model.Eval()
		if err != nil {
			return nil, err
		}
		uses = append(uses, use{p, s.batchSizes(batch, size.Val, known, s.reachesLast(batch, size.Train))})
	}
	return uses, nil
}

// reachesLast reports whether training comes to the last batch of an epoch of n samples.
func (s *Session) reachesLast(batch, n int) bool {
	total := (n + batch - 1) / batch
	limit, err := s.Trainer.LimitTrainBatches.Batches(total)
	steps := s.Trainer.MaxSteps
	return !s.devRun() && err == nil && limit == total && (steps < 0 || steps*s.Trainer.AccumulateGradBatches >= total)
}

// batchSizes lists the sizes of an epoch's batches: the whole ones and, where it is read,
// the last.
func (s *Session) batchSizes(batch, n int, known, last bool) []int {
	if !known {
		return []int{batch}
	}
	sizes := []int{min(batch, max(n, 1))}
	if last && n > batch && n%batch > 0 {
		sizes = append(sizes, n%batch)
	}
	return sizes
}

// footprint adds up programs; the first is the training step, where there is one.
func (s *Session) footprint(uses []use, batch int, need data.Need, saves bool) (Footprint, error) {
	f := Footprint{Runtime: residentBytes() + codeToCome, Batch: uses[0].batches[0]}
	next := map[string]bool{}
	states := map[string]graph.State{}
	shared := int64(0)
	for _, u := range uses {
		for _, st := range u.prog.States {
			next[st.Name] = next[st.Name] || st.Next != nil
			states[st.Name] = st
		}
		for _, b := range u.batches {
			plan, err := engine.Plan(u.prog, b, engine.Options{Skip: s.Trainer.SkipPasses})
			if err != nil {
				return f, err
			}
			own, all, err := s.Device.Memory(plan)
			if err != nil {
				return f, err
			}
			gradients := engine.GradientBytes(plan)
			f.Gradients += gradients
			f.Activations += int64(own) - gradients
			shared = max(shared, int64(all))
		}
	}
	f.Activations += shared
	largest := int64(0)
	for name, st := range states {
		n := int64(4 * st.Value.Shape.Size(1))
		if saves {
			f.Checkpoint += n
			largest = max(largest, n)
		}
		if next[name] {
			n *= 2
		}
		switch st.Role {
		case graph.Param, graph.Buffer:
			f.Parameters += n
		case graph.Accumulator:
			f.Gradients += n
		default:
			f.Optimizer += n
		}
	}
	f.Checkpoint += largest // on its way into the copy
	if s.Config.Data != nil {
		var size data.Size
		size, f.DataKnown = data.SizeOf(*s.Config.Data, data.Options{Need: need})
		f.Data = size.Bytes + s.batchBytes(batch, size, f.DataKnown, need)
	}
	return f, nil
}

// batchBytes are the batches that loaders make ahead, and the one in use.
func (s *Session) batchBytes(batch int, size data.Size, known bool, need data.Need) int64 {
	if s.fields == nil {
		s.fields, _ = data.Fields(*s.Config.Data)
	}
	perSample := 8 // its index and its position
	for _, f := range s.fields {
		perSample += 4 * elements(f.Shape)
	}
	bytes := int64(0)
	for _, samples := range size.Samples(need) {
		if known && samples == 0 {
			continue
		}
		n := batch
		if known {
			n = min(n, samples)
		}
		batches := 3
		if known {
			batches = min(batches, (samples+n-1)/n)
		}
		bytes += int64(batches)*int64(n)*int64(perSample) + int64(n)*size.BatchBytes
	}
	return bytes
}

// checkMemory refuses what cannot fit in the machine, before any of it is taken.
func (s *Session) checkMemory(verb Verb, f Footprint, at func(batch int) (Footprint, error)) error {
	limit, whose := memoryLimit()
	if limit == 0 || f.Total() <= limit {
		return nil
	}
	e := &diag.EnvError{Text: fmt.Sprintf("%s does not fit in memory: it needs %s, and %s %s", verb, units.Bytes(f.Total()), whose, units.Bytes(limit))}
	best, err := largestBatch(f.Batch, limit, at)
	if err != nil {
		return err
	}
	e.Hints = []string{fmt.Sprintf("--data.batch %d is the largest batch that fits", best)}
	if best == 0 || s.Config.Data == nil {
		e.Hints = []string{fmt.Sprintf("no batch fits: parameters, gradients and optimizer alone are %s, the data %s", units.Bytes(f.Parameters+f.Gradients+f.Optimizer), units.Bytes(f.Data))}
	}
	return e
}

// largestBatch searches below batch for the largest that fits in limit; 0 where none does.
func largestBatch(batch int, limit int64, at func(int) (Footprint, error)) (int, error) {
	var failed error
	fits := func(b int) bool {
		f, err := at(b)
		if err != nil {
			failed = err
		}
		return err == nil && f.Total() <= limit
	}
	lo, hi := 0, batch // lo fits, or is 0; hi does not
	for hi-lo > 1 && failed == nil {
		if mid := lo + (hi-lo)/2; fits(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo, failed
}

// CheckFitMemory refuses a fit that cannot fit in the machine; f is its footprint.
func (s *Session) CheckFitMemory(f Footprint) error { return s.checkMemory(FitVerb, f, s.fitFootprint) }

// checkUse is checkMemory of one program over one set, which need names.
func (s *Session) checkUse(verb Verb, p *graph.Program, batch int, need data.Need) error {
	reads := s.Config.Data != nil && needsData(p)
	at := func(batch int) (Footprint, error) {
		f, err := s.footprint([]use{{p, []int{batch}}}, batch, need, false)
		if !reads {
			f.Data = 0
		}
		return f, err
	}
	if reads {
		size, known := data.SizeOf(*s.Config.Data, data.Options{Need: need})
		batch = s.batchSizes(batch, slices.Max(size.Samples(need)), known, false)[0]
	}
	f, err := at(batch)
	if err != nil {
		return err
	}
	return s.checkMemory(verb, f, at)
}
