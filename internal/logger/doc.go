// Package logger writes what a run reports: scalars, images and texts to TensorBoard event
// files and metrics.csv, a bar and a table to the screen, grids to PNG files.
//
// In: Records, under TensorBoard's names ("train/loss"), and images. Out: files in a run
// folder. Errors are of the disk; a sink that failed stays failed. Sinks are used by one
// goroutine at a time. It knows nothing of configs, graphs or data sets, and imports no
// other package of the project.
package logger
