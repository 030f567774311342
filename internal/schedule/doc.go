// Package schedule gives the learning rate of each step of a run.
//
// In: config.Schedule and the run's length. Out: diagnostics of the section (Check), and a
// Rate, a pure function of the number of steps done, so that a resumed run needs nothing
// but its step. It must not know graphs, engines, data or the trainer.
package schedule
