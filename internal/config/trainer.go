package config

import (
	"fmt"
	"math"
	"strings"
	"time"

	yaml "go.yaml.in/yaml/v4"

	"gotrain/internal/diag"
)

// FlagKind is what a trainer flag takes.
type FlagKind uint8

// The kinds.
const (
	IntKind         FlagKind = iota
	BoolKind                 // true or false
	BoolOrCountKind          // true, or a number of batches
	LimitKind                // a whole number of batches, or a share from 0.0 to 1.0
	FloatKind
	TextKind
	ListKind // words, or true or false
)

// Flag is one trainer flag: a key of the trainer section, a command-line flag and an
// environment variable.
type Flag struct {
	Name    string
	Kind    FlagKind
	Default any // nil where absence means something
	Help    string
	None    string // what null in a file stands for; empty: as if the key were absent
	Later   bool   // known to the language, not built yet
	set     func(t *Trainer, v any) error
}

// DefaultText is the default as a user would write it: 1.0 for a share of all, which 1,
// one batch, is not.
func (f *Flag) DefaultText() string {
	switch v := f.Default.(type) {
	case nil:
		return ""
	case float64:
		if v == math.Trunc(v) {
			return fmt.Sprintf("%.1f", v)
		}
	}
	return fmt.Sprint(f.Default)
}

// TrainerFlags is the table, under Lightning's names. Flags and environment variables
// give texts, the file gives typed values: set takes either.
var TrainerFlags = []Flag{
	{Name: "max_epochs", Kind: IntKind, Help: "stop after so many epochs; -1 for no limit; 1000 where neither max_steps nor max_time is given", set: intoInt(-1, func(t *Trainer) *int { return &t.MaxEpochs })},
	{Name: "max_steps", Kind: IntKind, Default: -1, Help: "stop after so many optimizer steps; -1 for no limit", set: intoInt(-1, func(t *Trainer) *int { return &t.MaxSteps })},
	{Name: "min_epochs", Kind: IntKind, Default: 0, Help: "neither early_stop nor max_time ends a run before so many epochs", set: intoInt(0, func(t *Trainer) *int { return &t.MinEpochs })},
	{Name: "min_steps", Kind: IntKind, Default: 0, Help: "nor before so many optimizer steps", set: intoInt(0, func(t *Trainer) *int { return &t.MinSteps })},
	{Name: "max_time", Kind: TextKind, Help: "stop after so much training time, that before a resume counted: 30m, 1h30m or DD:HH:MM:SS", set: setMaxTime},
	{Name: "fast_dev_run", Kind: BoolOrCountKind, Default: false, Help: "run one batch (or =N) of everything, leaving nothing behind", set: setDevRun},
	{Name: "limit_train_batches", Kind: LimitKind, Default: 1.0, Help: "so many batches an epoch, or a share (0.1)", set: intoLimit(func(t *Trainer) *Limit { return &t.LimitTrainBatches })},
	{Name: "limit_val_batches", Kind: LimitKind, Default: 1.0, Help: "the same, of validation", set: intoLimit(func(t *Trainer) *Limit { return &t.LimitValBatches })},
	{Name: "limit_test_batches", Kind: LimitKind, Default: 1.0, Help: "the same, of test", set: intoLimit(func(t *Trainer) *Limit { return &t.LimitTestBatches })},
	{Name: "limit_predict_batches", Kind: LimitKind, Default: 1.0, Help: "the same, of predict", set: intoLimit(func(t *Trainer) *Limit { return &t.LimitPredictBatches })},
	{Name: "overfit_batches", Kind: LimitKind, Default: 0.0, Help: "the limit of train and of val at once, unshuffled, to see whether a model can learn so few by heart; 0.0 for off", set: intoLimit(func(t *Trainer) *Limit { return &t.OverfitBatches })},
	{Name: "val_check_interval", Kind: TextKind, Default: 1.0, Help: "validate after this share of an epoch (0.25), after so many batches (100), steps of the run (250 steps) or time (10m)", set: setValCheck},
	{Name: "check_val_every_n_epoch", Kind: TextKind, Default: 1, None: "none", Help: "validate in every n-th epoch only; none counts the batches of val_check_interval across epochs", set: setCheckVal},
	{Name: "accumulate_grad_batches", Kind: IntKind, Default: 1, Help: "batches whose gradients make one step", set: intoInt(1, func(t *Trainer) *int { return &t.AccumulateGradBatches })},
	{Name: "gradient_clip_val", Kind: FloatKind, Default: 0.0, Help: "limit of the gradients; 0 for none", set: intoFloat(func(t *Trainer) *float64 { return &t.GradientClipVal })},
	{Name: "gradient_clip_algorithm", Kind: TextKind, Default: "norm", Help: "norm or value", set: intoWord(func(t *Trainer) *string { return &t.GradientClipAlgorithm }, "norm", "value")},
	{Name: "num_sanity_val_steps", Kind: IntKind, Default: 2, Help: "validation batches before training; -1 for all", set: intoInt(-1, func(t *Trainer) *int { return &t.NumSanityValSteps })},
	{Name: "log_every_n_steps", Kind: IntKind, Default: 50, Help: "steps between logged losses; 0 for none", set: intoInt(0, func(t *Trainer) *int { return &t.LogEveryNSteps })},
	{Name: "enable_progress_bar", Kind: BoolKind, Default: true, Help: "draw a bar on a terminal", set: intoBool(func(t *Trainer) *bool { return &t.EnableProgressBar })},
	{Name: "enable_model_summary", Kind: BoolKind, Default: true, Help: "print the parameters by part of the model as a fit starts", set: intoBool(func(t *Trainer) *bool { return &t.EnableModelSummary })},
	{Name: "detect_anomaly", Kind: BoolKind, Default: false, Help: "look at every value of every step: the first NaN or infinity ends the run also where the loss hides it; slow", set: intoBool(func(t *Trainer) *bool { return &t.DetectAnomaly })},
	{Name: "deterministic", Kind: TextKind, Default: true, Help: "true, false or warn; every run is deterministic whatever it says", set: intoWord(func(*Trainer) *string { return new(string) }, "true", "false", "warn")},
	{Name: "enable_checkpointing", Kind: BoolKind, Default: true, Help: "save checkpoints", set: intoBool(func(t *Trainer) *bool { return &t.EnableCheckpointing })},
	{Name: "logger", Kind: ListKind, Default: "csv,tensorboard", Help: "csv, tensorboard, or false", set: setLogger},
	{Name: "default_root_dir", Kind: TextKind, Default: "runs", Help: "where run folders are made", set: intoText(func(t *Trainer) *string { return &t.DefaultRootDir })},
	{Name: "threads", Kind: IntKind, Default: 0, Help: "CPU threads; 0 for all cores", set: setThreads},
	{Name: "kernels", Kind: TextKind, Default: "auto", Help: "the CPU's kernel set: auto takes the best that the machine can run; runs of one set are equal bit for bit", set: intoWord(func(t *Trainer) *string { return &t.Kernels }, "auto", "avx512", "avx2", "portable")},
	{Name: "skip_passes", Kind: ListKind, Default: "none", Help: "passes of the plan to leave out, such as cse,fusion, or all: to find a fault", set: setSkipPasses},
	{Name: "accelerator", Kind: TextKind, Default: "auto", Help: "auto, cpu or gpu", set: intoWord(func(t *Trainer) *string { return &t.Accelerator }, "auto", "cpu", "gpu")},
	{Name: "devices", Kind: TextKind, Default: "auto", Help: "how many devices: 1 until more are built", set: only("the CPU as one device", "auto or a number from 1", wholeFromOr(1, "auto", "-1"), "auto", "1")},
	{Name: "gpus", Kind: IntKind, Help: "how many GPUs: not built yet", set: only("--accelerator cpu", "a whole number from 0", wholeFromOr(0, "-1"), "0")},
	{Name: "num_nodes", Kind: IntKind, Default: 1, Help: "how many machines: 1 until more are built", set: only("1", "a whole number from 1", wholeFromOr(1), "1")},
	{Name: "precision", Kind: TextKind, Default: "32", Help: "32 until others are built", set: only("32", "one of "+strings.Join(precisions, ", "), isOf(precisions), "32", "32-true")},
	later("sync_batchnorm", BoolKind), later("use_distributed_sampler", BoolKind), later("profiler", TextKind), later("strategy", TextKind), later("benchmark", BoolKind),
	later("reload_dataloaders_every_n_epochs", IntKind), later("max_restarts", IntKind), later("timeout", TextKind),
}

// precisions are Lightning's names that the language has.
var precisions = []string{"64", "32", "16", "bf16", "64-true", "32-true", "16-true", "bf16-true", "16-mixed", "bf16-mixed"}

// Trainer is the trainer's flags, settled.
type Trainer struct {
	MaxEpochs, MaxSteps   int // -1: no limit
	MinEpochs, MinSteps   int
	MaxTime               time.Duration // 0: no limit
	FastDevRun            int           // batches; 0: off
	Kernels               string        // auto, or a set of the CPU's
	LimitTrainBatches     Limit
	LimitValBatches       Limit
	LimitTestBatches      Limit
	LimitPredictBatches   Limit
	OverfitBatches        Limit // zero: off
	ValCheck              ValCheck
	CheckValEveryNEpoch   int // 0: batches count across epochs
	AccumulateGradBatches int
	GradientClipVal       float64
	GradientClipAlgorithm string
	NumSanityValSteps     int
	LogEveryNSteps        int
	EnableProgressBar     bool
	EnableModelSummary    bool
	DetectAnomaly         bool
	EnableCheckpointing   bool
	Logger                []string // empty: none
	DefaultRootDir        string
	Threads               int
	SkipPasses            []string // passes of the plan that are left out
	Accelerator           string

	// Given has the flags that the user set, by name: what is worth repeating back.
	Given map[string]bool
	at    func(flag string) (diag.Pos, string)
}

// At is where a flag was given: a place in a file, or an origin such as "--max_steps" or
// "GOTRAIN_MAX_STEPS"; neither where it has its default.
func (t *Trainer) At(flag string) (diag.Pos, string) {
	if t.at == nil {
		return diag.Pos{}, ""
	}
	return t.at(flag)
}

// ValCheck is when validation is due within a run.
type ValCheck struct {
	Limit      // a share of an epoch, or a number of batches
	Every Span // in Steps of the run or Seconds; zero where Limit says it
}

// Limit is how much of a data set is used: a number of batches, or a share of them.
type Limit struct {
	Share   float64
	Count   int
	IsCount bool
}

// IsZero reports a limit of 0 or 0.0.
func (l Limit) IsZero() bool { return l.Share == 0 && l.Count == 0 }

// Batches gives the number of batches of total that the limit allows. A share is cut to
// whole batches; one that leaves none is an error, as in Lightning.
func (l Limit) Batches(total int) (int, error) {
	if l.IsCount {
		return min(l.Count, total), nil
	}
	n := int(float64(total) * l.Share)
	if n == 0 && l.Share > 0 && total > 0 {
		return 0, fmt.Errorf("%g of %d batches is less than one: use at least %.2g, or a whole number of batches", l.Share, total, leastShare(total))
	}
	return n, nil
}

// leastShare is the smallest share of two digits that is a batch of total.
func leastShare(total int) float64 {
	scale := 1.0
	for scale/float64(total) < 10 {
		scale *= 10
	}
	digits := math.Floor(scale / float64(total))
	for int(float64(total)*(digits/scale)) < 1 {
		digits++
	}
	return digits / scale
}

// trainerExtra are the keys of the trainer section that are no flags.
var trainerExtra = []string{"monitor", "mode", "log_images", "early_stop"}

// trainer decodes the trainer section: scalars for TrainerFlags, and the keys that are no
// flags.
func (d *document) trainer(c *Config, n *yaml.Node) {
	var known []string
	for _, f := range TrainerFlags {
		known = append(known, f.Name)
	}
	known = append(known, trainerExtra...)
	keys := d.section(n, "trainer", known, nil)
	for _, f := range TrainerFlags {
		e, ok := keys[f.Name]
		switch {
		case ok && f.None != "" && real(e.value).ShortTag() == "!!null":
			c.Trainer[f.Name] = &Scalar{Value: f.None, Text: f.None, Pos: d.pos(e.value), Origin: d.origins[real(e.value)]}
		case !ok || !f.Later && real(e.value).ShortTag() == "!!null": // Lightning's None: as if absent
		case f.Later:
			d.failf("not-built-yet", e.node, "trainer."+f.Name, "%q is part of the language but not built yet", f.Name)
		default:
			if s := d.scalarOf(e, "trainer."+f.Name); s != nil {
				c.Trainer[f.Name] = s
			} else {
				c.TrainerFaults = append(c.TrainerFaults, f.Name)
			}
		}
	}
	d.monitor(c, keys, "trainer")
	if e, ok := keys["early_stop"]; ok {
		c.EarlyStop = d.earlyStop(e.value)
	}
	if e, ok := keys["log_images"]; ok {
		for _, i := range d.entries(e.value, "trainer.log_images") {
			if every, ok := d.span(i.value, "trainer.log_images."+i.key, Epochs, Epochs, Steps); ok {
				c.LogImages = append(c.LogImages, LogImage{Output: i.key, Every: every, Pos: d.pos(i.node)})
			}
		}
	}
}
