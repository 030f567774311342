// Package ckpt keeps a run's state on disk so that a crash at any instant loses
// at most the save under way.
//
// In: named tensors as bytes and the trainer's own JSON. Out: checkpoint
// folders, links to them, safetensors and npy files. Errors: *NotFoundError,
// *CorruptError, *VersionError, *FormatError and *MatchError say what to do
// next; everything else is the operating system's error with its path.
// Concurrency: any number of readers, one writer per checkpoint directory (the
// run that owns the folder); a reader never changes anything. ckpt must not
// know models, optimizers, devices or configuration.
package ckpt
