// Package graph turns a Config into verified symbolic programs: what a training step,
// an evaluation step or a prediction computes, for any batch size.
//
// In: a config.Config and the fields of its data source. Out: Model, which builds one
// Program a phase over shared parameter names; or a diag.List naming the YAML path of
// every fault. Underneath is a gorgonia ExprGraph that carries our own ops and whose
// SymDiff gives the gradients; no gorgonia type leaves this package.
//
// A Program is data: it holds no memory and computes nothing. This package knows no
// device, opens no file, and draws no number (it says which numbers are to be drawn).
// Nothing here is safe for concurrent use while building; a built Program is read-only.
package graph
