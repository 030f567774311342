package train

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gotrain/internal/data"
	"gotrain/internal/engine"
	"gotrain/internal/graph"
)

// evaluation runs the eval program over a data set, reads the means, and computes what is
// of the whole set.
type evaluation struct {
	prog    *graph.Program
	summary *graph.Program
	store   *engine.Store
	cache   *engine.Cache
	names   []string         // of numbers: "loss", then metrics
	tables  map[string]Table // of the last run
}

func newEvaluation(m *graph.Model, prog *graph.Program, store *engine.Store, cache *engine.Cache) (*evaluation, error) {
	summary, err := m.Summary()
	if err != nil {
		return nil, err
	}
	e := &evaluation{prog: prog, summary: summary, store: store, cache: cache, names: outputNames(prog)}
	for _, o := range summary.Outputs {
		if len(o.Value.Shape) == 0 {
			e.names = append(e.names, o.Name)
		}
	}
	return e, nil
}

func outputNames(p *graph.Program) []string {
	names := make([]string, len(p.Outputs))
	for i, o := range p.Outputs {
		names[i] = o.Name
	}
	return names
}

// run gives each metric's mean over the samples of the loader's first epoch, by name
// under prefix: "val/loss". The draws of evaluation are those of epoch 0, so the same
// weights always give the same numbers. onBatch may be nil.
func (e *evaluation) run(ctx context.Context, loader *data.Loader, prefix string, at moment, onBatch func(done, total int)) (map[string]float64, error) {
	if err := e.zero(); err != nil {
		return nil, err
	}
	it := loader.Epoch(ctx, 0, 0)
	defer it.Close()
	f := newFeeder()
	f.at(at)
	samples, total := 0, loader.Batches()
	for n := 0; n < total; n++ {
		batch, err := it.Next()
		if err != nil {
			return nil, err
		}
		exe, err := e.cache.Get(e.prog, batch.Size)
		if err != nil {
			return nil, err
		}
		if err := exe.Step(ctx, f.batch(batch, 0)); err != nil {
			return nil, err
		}
		samples += batch.Size
		it.Release(batch)
		if onBatch != nil {
			onBatch(n+1, total)
		}
	}
	values, err := readMeans(e.store, "eval.", prefix+"/", outputNames(e.prog), samples)
	if err != nil {
		return nil, err
	}
	return values, e.summarise(values, prefix+"/", samples)
}

// zero empties the sums.
func (e *evaluation) zero() error {
	for _, s := range e.prog.States {
		if s.Role != graph.Metric {
			continue
		}
		if err := e.store.Set(s.Name, make([]float32, s.Value.Shape.Size(1))); err != nil {
			return fmt.Errorf("train: %w", err)
		}
	}
	return nil
}

// summarise adds the metrics of the whole set, computed in float64 from the sums.
func (e *evaluation) summarise(values map[string]float64, prefix string, samples int) error {
	e.tables = map[string]Table{}
	feed := map[string][]float64{graph.InputCount: {float64(samples)}}
	for _, in := range e.summary.Inputs {
		name, isSum := strings.CutPrefix(in.Name, graph.SetSum)
		if !isSum {
			continue
		}
		sum, err := readSum(e.store, "eval."+name)
		if err != nil {
			return err
		}
		feed[in.Name] = sum
	}
	vals, err := graph.Interpret(e.summary, 1, feed, nil)
	if err != nil {
		return err
	}
	for _, o := range e.summary.Outputs {
		v := vals[o.Value.ID]
		if len(v.Shape) == 0 {
			values[prefix+o.Name] = v.Data[0]
			continue
		}
		e.tables[prefix+o.Name] = slices.Collect(slices.Chunk(v.Data, v.Shape[1]))
	}
	return nil
}

// zeroSums empties the running sums of metrics.
func zeroSums(store *engine.Store, prefix string, names []string) error {
	for _, name := range names {
		for _, suffix := range []string{graph.SumSuffix, graph.LostSuffix} {
			if err := store.Set(prefix+name+suffix, []float32{0}); err != nil {
				return fmt.Errorf("train: %w", err)
			}
		}
	}
	return nil
}

// readMeans divides the running sums by the number of samples. "loss.kl" is reported as
// "kl" under the new prefix.
func readMeans(store *engine.Store, prefix, as string, names []string, samples int) (map[string]float64, error) {
	out := map[string]float64{}
	for _, name := range names {
		sum, err := readSum(store, prefix+name)
		if err != nil {
			return nil, err
		}
		out[as+termName(name)] = sum[0] / float64(max(samples, 1))
	}
	return out, nil
}

// readSum gives a running sum.
func readSum(store *engine.Store, name string) ([]float64, error) {
	sum, err := store.Get(name + graph.SumSuffix)
	if err != nil {
		return nil, err
	}
	lost, err := store.Get(name + graph.LostSuffix)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(sum))
	for i := range out {
		out[i] = float64(sum[i]) - float64(lost[i])
	}
	return out, nil
}

// feeder fills an engine.Feed without allocating.
type feeder struct {
	feed                     engine.Feed
	epoch                    [1]int32
	lr                       [1]float32
	count                    [1]float32
	step, runEpoch, progress [1]float32
}

// moment is where a run stands, as a model sees it: its step, epoch and progress.
type moment struct {
	step, epoch int     // done
	progress    float64 // 0 to 1
}

func newFeeder() *feeder {
	f := &feeder{feed: engine.Feed{Float: map[string][]float32{}, Int: map[string][]int32{}}}
	f.feed.Int[graph.InputEpoch] = f.epoch[:]
	f.feed.Float[graph.InputLR] = f.lr[:]
	f.feed.Float[graph.InputCount] = f.count[:]
	f.feed.Float[graph.InputStep] = f.step[:]
	f.feed.Float[graph.InputRunEpoch] = f.runEpoch[:]
	f.feed.Float[graph.InputProgress] = f.progress[:]
	return f
}

// at sets where the run stands.
func (f *feeder) at(m moment) *feeder {
	f.step[0], f.runEpoch[0], f.progress[0] = float32(m.step), float32(m.epoch), float32(m.progress)
	return f
}

// batch points the feed at a batch's buffers; epoch keys its draws.
func (f *feeder) batch(b *data.Batch, epoch int) engine.Feed {
	f.epoch[0] = int32(epoch)
	f.feed.Int[graph.InputIndex] = b.Index
	f.feed.Int[graph.InputPosition] = b.Position
	for name, x := range b.Float {
		f.feed.Float[name] = x
	}
	for name, x := range b.Int {
		f.feed.Int[name] = x
	}
	return f.feed
}

// termName turns a program's "loss.kl" into the logged "kl"; "loss" stays.
func termName(name string) string {
	return strings.TrimPrefix(name, "loss.")
}
