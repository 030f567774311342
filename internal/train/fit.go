package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"gotrain/internal/data"
	"gotrain/internal/diag"
	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/logger"
	"gotrain/internal/schedule"
)

// Fit trains. It takes a new run folder, or goes on in the folder of s.Checkpoint. ctx ends
// when the run is told to stop, with s.Stop: waiting for data or validation then ends at
// once, a step never.
func Fit(ctx context.Context, s *Session) (*Result, error) {
	l, err := newFitLoop(ctx, s)
	if s.told(err) {
		return nil, &InterruptedError{}
	}
	if err != nil {
		return nil, err
	}
	res, err := l.run(ctx)
	return res, errors.Join(err, l.close())
}

// fitLoop is one fit: programs, loaders, sinks and the state that a checkpoint holds.
type fitLoop struct {
	*Session
	sets    *data.Sets
	dir     *runDir
	resumed string    // the run folder that this fit goes on in; empty for a new one
	lock    io.Closer // of the run folder; nil where there is none
	store   *engine.Store
	cache   *engine.Cache

	steps    [3]*graph.Program // by graph.Part
	states   []graph.State     // theirs: what a checkpoint holds
	eval     *evaluation       // nil where there is nothing to validate on
	pictures []picture
	train    *data.Loader
	val      *data.Loader // nil without a val split

	rate          schedule.Rate
	byEnd         string // what another length of the run does; empty where nothing hangs on it
	monitor, mode string
	state         runState
	saved         savedAt
	before        int // step of the checkpoint before the newest: kept, should that be damaged
	sinks         logger.Sink
	csv           *logger.CSV // nil where csv is off
	feeder        *feeder

	started   time.Time
	loading   loading
	earlier   time.Duration // trained by the processes before, where max_time asks
	held      bool          // early_stop asks for the end, min_epochs or min_steps keeps the run going: told
	validated time.Time     // when the last validation ended; the start where there was none
}

// run is the whole of a fit, top to bottom.
func (l *fitLoop) run(ctx context.Context) (*Result, error) {
	l.Console.Note(l.describe())
	if l.Trainer.EnableModelSummary {
		l.Console.Note(l.overview())
	}
	if err := l.sanityCheck(ctx); err != nil {
		return nil, err
	}
	if l.state.Due && l.state.Batch < l.train.Batches() {
		if err := l.validateInside(ctx); err != nil {
			return nil, err
		}
	}
	for !l.finished() && l.train.Batches() > 0 {
		if err := l.trainEpoch(ctx); err != nil {
			return nil, err
		}
		if l.state.Batch < l.train.Batches() { // the run ends inside the epoch
			break
		}
		if err := l.endEpoch(ctx); err != nil {
			return nil, err
		}
	}
	if text := l.loading.String(); text != "" && !l.devRun() {
		l.Console.Note(text)
	}
	if why := l.ending(); why != "" {
		l.Console.Note(why)
	}
	if err := l.saveLast(); err != nil {
		return nil, err
	}
	if err := l.devRunPredict(ctx); err != nil {
		return nil, err
	}
	if err := l.logged(errors.Join(l.sinks.Done(), l.sinks.Flush())); err != nil {
		return nil, err
	}
	return l.result(), nil
}

// describe says in a line what runs, on what and where.
func (l *fitLoop) describe() string {
	parameters := 0
	for _, name := range l.store.Names(graph.Param) {
		parameters += elements(l.store.Shape(name))
	}
	text := fmt.Sprintf("%s: %d parameters, %d samples in batches of %d, on %s (%s kernels)",
		l.Config.Name, parameters, l.sets.Train.Len(), l.Config.Data.Batch, l.Device.Name(), l.Device.KernelSet())
	switch {
	case l.devRun() && l.Checkpoint != "":
		text += ", from the weights of " + l.Checkpoint
	case l.Checkpoint != "":
		text += fmt.Sprintf(", from step %d in %s", l.state.Step, l.dir.path)
	case l.dir.path != "" && !l.dir.temp:
		text += ", in " + l.dir.path
	}
	return text
}

// sanityCheck runs a few validation batches before any training, so that a fault in
// validation shows now and not after an epoch. It changes no state: draws are keyed, and
// the sums are emptied again before they count.
func (l *fitLoop) sanityCheck(ctx context.Context) error {
	n := l.Trainer.NumSanityValSteps
	if n == 0 || l.eval == nil || l.Checkpoint != "" || l.devRun() {
		return nil
	}
	if n < 0 || n > l.val.Batches() {
		n = l.val.Batches()
	}
	loader := data.NewLoader(l.sets.Val, data.LoaderOptions{Batch: l.Config.Data.Batch, Limit: n})
	_, err := l.eval.run(ctx, loader, "sanity", l.moment(), nil)
	if l.told(err) {
		return l.interrupted()
	}
	return err
}

// told reports whether err is only that the run was told to stop.
func (s *Session) told(err error) bool { return errors.Is(err, context.Canceled) && s.Stop() }

// trainEpoch runs the open epoch from state.Batch on, to its end or to a limit.
func (l *fitLoop) trainEpoch(ctx context.Context) error {
	it := l.train.Epoch(ctx, l.state.Epoch, l.state.Batch)
	defer it.Close()
	began := time.Now()
	defer func() { l.loading.add(it.Waited(), time.Since(began)) }()
	total := l.train.Batches()
	l.Console.StartEpoch(l.state.Epoch, l.Trainer.MaxEpochs, total)
	for l.state.Batch < total && !l.finished() {
		batch, err := it.Next()
		if l.told(err) {
			return l.interrupted()
		}
		if err != nil {
			return err
		}
		exe, err := l.step(ctx, batch)
		if err != nil {
			return err
		}
		size := batch.Size
		it.Release(batch)
		if err := l.afterBatch(ctx, exe, size, total); err != nil {
			return err
		}
	}
	return nil
}

// step runs one batch: gradients, and the update where the batch ends its window.
func (l *fitLoop) step(ctx context.Context, batch *data.Batch) (*engine.Executable, error) {
	first, end := l.window()
	part := graph.WholeStep
	switch {
	case l.Trainer.AccumulateGradBatches <= 1:
	case l.state.Batch == end-1:
		part = graph.LastStep
	default:
		part = graph.Accumulate
	}
	exe, err := l.cache.Get(l.steps[part], batch.Size)
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // a step that was begun is finished
	feed := l.feeder.batch(batch, l.state.Epoch)
	l.feeder.at(moment{l.state.Step, l.state.Epoch, l.progress()})
	l.feeder.lr[0] = float32(l.rate(l.state.Step))
	l.feeder.count[0] = float32(l.train.Samples(first, end))
	if l.Trainer.DetectAnomaly {
		if v, err := exe.Trace(ctx, feed); v != nil || err != nil {
			return nil, l.diverged(ctx, exe, feed)
		}
	}
	err = exe.Step(ctx, feed)
	var bad *engine.NonFiniteError
	if errors.As(err, &bad) {
		return nil, l.diverged(ctx, exe, feed)
	}
	return exe, err
}

// window is the open accumulation window, as batches [first, end) of the epoch. The last
// one of an epoch is shorter where the epoch does not divide.
func (l *fitLoop) window() (first, end int) {
	first = l.state.Batch - l.state.Window
	return first, min(first+l.Trainer.AccumulateGradBatches, l.train.Batches())
}

// stepsPerEpoch is the number of windows in an epoch.
func (l *fitLoop) stepsPerEpoch() int {
	k := l.Trainer.AccumulateGradBatches
	return (l.train.Batches() + k - 1) / k
}

// afterBatch counts, logs, validates, saves and stops as is due after a batch.
func (l *fitLoop) afterBatch(ctx context.Context, exe *engine.Executable, size, total int) error {
	_, end := l.window()
	l.state.Batch++
	l.state.Window++
	l.state.EpochSamples += size
	stepped := l.state.Batch == end
	if stepped {
		l.state.Window = 0
		l.state.Step++
		if err := l.logStep(exe); err != nil {
			return err
		}
	}
	l.Console.Update(l.state.Batch, total, float64(exe.Output("loss")[0]), size)
	if l.state.Batch < total && l.validates() {
		if err := l.validateInside(ctx); err != nil {
			return err
		}
	}
	if stepped && l.saveDue() && l.state.Batch < total {
		if err := l.saveLast(); err != nil {
			return err
		}
	}
	if l.Stop() {
		return l.interrupted()
	}
	return nil
}

// logStep records the learning rate and the train losses of the step just done, every log_every_n_steps.
func (l *fitLoop) logStep(exe *engine.Executable) error {
	n := l.Trainer.LogEveryNSteps
	if n <= 0 || l.state.Step%n != 0 {
		return nil
	}
	r := logger.Record{Step: l.state.Step, Epoch: l.state.Epoch, Time: time.Now()}
	r.Scalars = append(r.Scalars, logger.Scalar{Name: rateColumn, Value: l.rate(l.state.Step - 1)})
	for _, name := range l.lossNames() {
		r.Scalars = append(r.Scalars, logger.Scalar{Name: "train/" + termName(name), Value: float64(exe.Output(name)[0])})
	}
	return l.logged(l.sinks.Scalars(r))
}

// logged puts a sink's error in its class: the disk's.
func (l *fitLoop) logged(err error) error {
	if err == nil {
		return nil
	}
	return &diag.EnvError{Text: "cannot write the run's logs", Err: err}
}

// endEpoch validates, draws pictures, prints the epoch's row, and saves.
func (l *fitLoop) endEpoch(ctx context.Context) error {
	names := l.lossNames()
	results, err := readMeans(l.store, "train.", "train/", names, l.state.EpochSamples)
	if err != nil {
		return err
	}
	if l.validates() || l.state.Due {
		val, err := l.validate(ctx)
		if l.told(err) {
			return l.interrupted() // the epoch's batches are done: a resumed run validates first
		}
		if err != nil {
			return err
		}
		maps.Copy(results, val)
	}
	epoch := l.state.Epoch
	if err := l.logged(l.sinks.Scalars(l.epochRecord(results, names))); err != nil {
		return err
	}
	if err := l.logLoading(); err != nil {
		return err
	}
	if err := l.drawPictures(ctx, epoch); err != nil {
		return err
	}
	if err := zeroSums(l.store, "train.", names); err != nil {
		return err
	}
	l.state.Epoch, l.state.Batch, l.state.Window, l.state.EpochSamples = epoch+1, 0, 0, 0
	l.keepMetrics(results)
	best, err := l.saveScored(results)
	if err != nil {
		return err
	}
	l.Console.EpochRow(logger.EpochRow{Epoch: epoch, Step: l.state.Step, Values: results, Best: best})
	return nil
}

// record makes a logger record of metrics in their program's order.
func (l *fitLoop) record(values map[string]float64, prefix string, names []string) logger.Record {
	r := logger.Record{Step: l.state.Step, Epoch: l.state.Epoch, Time: time.Now()}
	for _, n := range names {
		r.Scalars = append(r.Scalars, logger.Scalar{Name: prefix + termName(n), Value: values[prefix+termName(n)]})
	}
	return r
}

// epochRecord holds the train losses' means over the epoch, "train/loss_epoch".
func (l *fitLoop) epochRecord(values map[string]float64, names []string) logger.Record {
	r := l.record(values, "train/", names)
	for i := range r.Scalars {
		r.Scalars[i].Name += "_epoch"
	}
	return r
}

// lossNames are the train program's outputs: "loss", "loss.<term>".
func (l *fitLoop) lossNames() []string { return outputNames(l.steps[graph.WholeStep]) }

// diverged runs the same batch again with a check after each node, to name the first op
// that made a NaN or an infinity. Nothing of the step has been applied.
func (l *fitLoop) diverged(ctx context.Context, exe *engine.Executable, feed engine.Feed) error {
	e := &DivergedError{Step: l.state.Step, Epoch: l.state.Epoch, Batch: l.state.Batch}
	if !l.dir.temp {
		e.Resume = l.saved.path
	}
	v, err := exe.Trace(ctx, feed)
	if err != nil {
		return errors.Join(e, err)
	}
	if v != nil {
		e.Path, e.Op = v.Path, opName(v)
	}
	return e
}

// opName is the op as the user knows it.
func opName(v *graph.Value) string {
	switch o := v.Op.(type) {
	case nil:
		return "input " + v.Name
	case graph.Map:
		return o.Name
	default:
		return fmt.Sprint(o)
	}
}

func (l *fitLoop) result() *Result {
	r := &Result{Metrics: l.state.Metrics, Step: l.state.Step, Epoch: l.state.Epoch, Checkpoint: l.saved.path}
	if !l.dir.temp {
		r.RunDir = l.dir.path
	}
	return r
}
