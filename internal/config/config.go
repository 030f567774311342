package config

import "gotrain/internal/diag"

// Config is one file, decoded, with every override applied. Sections that need shapes
// (model, loss, metrics, predict) are parsed to expressions and checked no further here.
type Config struct {
	File   string // path as given, "-" for standard input
	Source []byte // the file as written

	Name string // run name; defaults to the file's base name without extension
	Seed int64  // defaults to 0

	Vars      []Var
	Data      *Data // nil when the section is absent
	Defaults  []*OpDefaults
	Blocks    []*Net
	Model     []*Def
	Loss      []*Term // in file order; a single expression is one term with an empty Name
	Metrics   []*Term
	Predict   []*Term
	Optimizer *Optimizer // nil when absent
	// Optimizers run in order for each batch; nil where there is one, or none.
	Optimizers []*Optimizer
	Schedule   *Schedule // nil when absent: the learning rate stays
	// Checkpoint is never nil after Load; absent keys have their defaults.
	Checkpoint *Checkpoint
	InitFrom   *InitFrom // nil when absent
	// Trainer holds the trainer section's scalars as written, by key, checked against
	// TrainerFlags for unknown keys only: flags and environment may still override them.
	Trainer map[string]*Scalar
	// TrainerFaults are the trainer's flags whose value in the file has a fault, told.
	TrainerFaults []string
	EarlyStop     *EarlyStop // trainer.early_stop; nil when absent
	// LogImages is trainer.log_images: predict output -> how often.
	LogImages []LogImage

	resolved   []byte // see Resolved
	origins    []Origin
	modeInFile bool // the file says min or max itself

	// Sections gives the place of each top-level key that is present.
	Sections map[string]diag.Pos
}

// Var is a compile-time constant that the command line may set.
type Var struct {
	Name    string
	Pos     diag.Pos
	Value   Value // the default, or what an override set
	Default Value // as in the file
	Help    string
	Range   []float64 // nil or [lo, hi]
	Choices []Value
	Log     bool
	Origin  string // "--latent" when overridden, else ""
}

// Value is a constant: float64, int64, bool, string or []Value.
type Value any

// Data is the data section.
type Data struct {
	Pos       diag.Pos
	Source    string
	SourcePos diag.Pos
	Batch     int // samples in a batch; defaults to 32
	BatchPos  diag.Pos
	Dir       string      // data.dir: where the files of a source are looked for first; "" when absent
	Paths     []NamedPath // data.path: a file, or a file a field
	PathPos   diag.Pos
	Pairs     string // the field whose classes decide which pairs are the same; "" for no pairs
	PairsPos  diag.Pos
	Split     map[string]int // samples taken from train, e.g. {val: 5000}; nil when absent
	SplitPos  diag.Pos
	Samples   map[string]int // sizes of a generated source; nil when absent
	// Shuffle is whether train is shuffled each epoch; defaults to true.
	Shuffle bool
}

// NamedPath is a file of data.path; Name is empty where the path is the only one.
type NamedPath struct {
	Name, Path string
	Written    string // the path as the config has it, which may be relative to the config
	Pos        diag.Pos
}

// Field is one named array of a data source, per sample.
type Field struct {
	Name  string
	Shape []int // without the batch axis; empty for one number per sample
	Int   bool  // class labels and other integers; false for numbers
	// Consts are the compile-time constants reachable as name.const, e.g. classes: 10.
	Consts map[string]int
	// Range is the least and the greatest of whole numbers; nil where it is not known.
	Range *Range
}

// Range is from Min to Max, both among them.
type Range struct{ Min, Max int }

// Net is a definition with parameters: a net (one set of weights) or a block (a template).
type Net struct {
	Name   string
	Pos    diag.Pos
	Path   string // "model.encoder"
	Params []Param
	Body   Body
}

// Param is a parameter of a net or block, with an optional default.
type Param struct {
	Name    string
	Pos     diag.Pos
	Default Expr // nil when required
}

// Body is what a net or a value is made of: locals in order, then the result.
type Body struct {
	Locals []*Local
	Return Expr
}

// Local is `a, b: expr` inside a body.
type Local struct {
	Names []string
	Pos   diag.Pos
	Expr  Expr
}

// Def is one entry of model: either a net (Net set) or a value (Names and Body set).
type Def struct {
	Net   *Net
	Names []string // `mu, logvar: …` has two
	Pos   diag.Pos
	Path  string // "model.mu, logvar"
	Body  Body
}

// Term is a named expression of loss, metrics or predict.
type Term struct {
	Name string
	Pos  diag.Pos
	Path string // "loss.kl"
	Expr Expr
}

// OpDefaults are the arguments of an op that calls need not give.
type OpDefaults struct {
	Op   string
	Pos  diag.Pos
	Path string // "defaults.conv"
	Args []Arg  // all named
}

// Target names weights: a net, or a glob of their names.
type Target struct {
	Name string
	Pos  diag.Pos
}

// Optimizer is the optimizer section: a name and its arguments, checked against the
// optimizer table by the graph.
type Optimizer struct {
	Pos     diag.Pos
	Name    string
	NamePos diag.Pos
	Args    map[string]*Scalar // all other keys, e.g. lr, betas, momentum
	Path    string             // "optimizer", "optimizers[1]"

	// Of an item of optimizers:
	Update   []Target
	Minimize *Term
	Every    int     // batches between its steps
	Clamp    float64 // weights are kept in ±Clamp after a step; 0 for no bound
}

// Schedule is the schedule section: a name and its arguments, checked against the table of
// schedules by their package.
type Schedule struct {
	Pos     diag.Pos
	Name    string
	NamePos diag.Pos
	Args    map[string]*Scalar // all other keys, e.g. warmup, min_lr
}

// Checkpoint is the checkpoint section.
type Checkpoint struct {
	Monitor string   // defaults to val/loss
	Mode    string   // min or max; defaults to min
	Keep    int      // best checkpoints kept; defaults to 1
	Every   Span     // between saves of last, in Steps or Seconds; zero means only at validations and at the end
	Pos     diag.Pos // of monitor; invalid where it is the default or from a flag
	Origin  string   // the flag that set monitor
	// ModeGiven is whether mode is the user's, and no default.
	ModeGiven bool
}

// InitFrom is checkpoint.init_from: the weights that a new run starts from.
type InitFrom struct {
	File   string   // relative to the working directory
	Only   []Target // the weights to take; nil for all, of which none may be left over
	Pos    diag.Pos // of File
	Origin string   // the flag that set File
}

// EarlyStop is trainer.early_stop: the run ends where Monitor has not become better by more
// than MinDelta for as long as Patience.
type EarlyStop struct {
	Monitor  string // defaults to the checkpoint's
	Mode     string // min or max; defaults to the checkpoint's of the same monitor, else min
	Patience Span   // without a unit: validations; or Epochs, or Steps; defaults to 3
	MinDelta float64
	Pos      diag.Pos // of monitor, else of the key
	Origin   string   // the flag that set monitor
	// ModeGiven is whether mode is the user's, of the checkpoint's monitor too.
	ModeGiven bool
}

// LogImage is one entry of trainer.log_images.
type LogImage struct {
	Output string
	Every  Span // in Epochs or Steps
	Pos    diag.Pos
}

// Scalar is a constant of the file or of the command line, with its origin.
type Scalar struct {
	Value  Value
	Text   string // as written
	Pos    diag.Pos
	Origin string // "--optimizer.lr", "GOTRAIN_GPUS"; empty when from the file
}
