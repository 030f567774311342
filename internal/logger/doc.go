// Package logger writes what a run reports: scalars, images and texts to TensorBoard event
// files and metrics.csv, a bar and a table to the screen, grids to PNG files.
//
// In: Records, under TensorBoard's names ("train/loss"), images, settings, and what the loop has
// done. Out: files in a run folder, and text on a writer. Errors are of the disk; a sink
// that failed stays failed; what the screen does not take is lost and no error. Sinks are
// used by one goroutine at a time, a Console by any number; nothing runs in the background.
// It knows nothing of configs, graphs or data sets, reads neither flags nor environment,
// and imports no other package of the project.
package logger
