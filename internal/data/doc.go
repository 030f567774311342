// Package data turns the data section of a config into data sets, and a data set into
// batches of plain buffers.
//
// In: config.Data. Out: fields (names and shapes; known without opening a file, but for
// those that are a file's own arrays, whose heads and labels are read), sizes (from heads
// at most), Sets (train, val, test) and Loaders, whose batches are gathered ahead on a
// goroutine that ends with its Iterator. Errors: *diag.ListError for what the config asks, *EnvError for
// files that cannot be had or are broken; a data set's panic comes back as an error of
// Next. A Dataset may be read from many goroutines, an Iterator from one. A batch is a
// function of (data set, seed, epoch, number) alone, so a run resumes at any of them.
// It must not know graphs, engines, devices or the trainer.
package data
