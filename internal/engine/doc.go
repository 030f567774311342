// Package engine turns a graph.Program into something that runs: it lowers the program
// for one batch size to its own IR, improves that by a table of passes, plans its memory
// and hands it to a Device.
//
// In: a Program, a Store of states, a Device, then a Feed of host slices at each step.
// Out: an Executable whose Step runs the program and commits its new states. Errors:
// Compile fails on a malformed program or a full device, Step on a wrong feed, a
// cancelled context, a device failure or, as *NonFiniteError, a step whose guard is 0.
// A Store and the Executables on it serve one goroutine at a time; they lock each other
// out. It must not know YAML, layers, optimizers, data sources or files.
package engine
