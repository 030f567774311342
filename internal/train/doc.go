// Package train runs a checked config: fit, validate, test and predict.
//
// In: a Session (config, model, trainer flags, where to report). Out: a Result and, from
// fit, a run folder. Errors are the user's (diag.ListError), the environment's
// (diag.EnvError, data.EnvError), a diverged training (DivergedError) or an interruption
// with a checkpoint saved (InterruptedError); anything else is a bug.
//
// The loop is next batch, step, record, validate, checkpoint, readable top to bottom in
// fit.go. It never touches an element of a tensor: what a step computes is the program's
// business, how, the engine's.
package train
