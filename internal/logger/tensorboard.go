package logger

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// TensorBoard writes an event file that TensorBoard reads: scalars, image grids, texts.
type TensorBoard struct {
	f   *os.File
	now func() time.Time
	err error // the first failure
}

var _ Sink = (*TensorBoard)(nil)

func openTensorBoard(o Options) (*TensorBoard, error) {
	t := &TensorBoard{now: o.clock()}
	f, err := createEvents(o.Dir, t.now())
	if err != nil {
		return nil, err
	}
	t.f = f
	// A start of a session after the first is a restart: TensorBoard drops what earlier files
	// hold from its step on. Hence every file has one, the first also. What was logged at the
	// checkpoint's own step, its validation above all, is before the checkpoint: it stays.
	// Where it is measured again, it is the same value at the same step. (The fast loader
	// looks at no sessions: it drops a tag's later points at the tag's next point.)
	start := 0
	if o.Resumed {
		start = o.ResumeStep + 1
	}
	err = errors.Join(t.write(fileVersion(t.now())), t.write(sessionStart(t.now(), start)))
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

// createEvents makes a file that no other process writes: a resumed run never appends to
// one that a crash may have torn, since TensorBoard reads no further than the tear. It
// reads a folder's files in the order of their names, so the time in the name is after
// that of every file there, also where a run goes on within the second or on a machine
// whose clock is behind.
func createEvents(dir string, now time.Time) (*os.File, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	host = strings.ReplaceAll(host, string(filepath.Separator), "_")
	second := max(now.Unix(), newestEvents(dir)+1)
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s%010d.%s.%d.%d", eventsPrefix, second, host, os.Getpid(), n)
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}

const eventsPrefix = "events.out.tfevents."

// newestEvents is the latest time in the names of a folder's event files, 0 without any.
// A folder that cannot be listed is found out by who makes the file.
func newestEvents(dir string) (second int64) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), eventsPrefix)
		digits, _, _ := strings.Cut(rest, ".")
		if s, err := strconv.ParseInt(digits, 10, 64); ok && err == nil {
			second = max(second, s)
		}
	}
	return second
}

// write gives a record to the system in one call, so that a crash tears at most the last.
func (t *TensorBoard) write(event []byte) error {
	if t.err == nil {
		_, t.err = t.f.Write(frame(event))
	}
	return t.err
}

// Scalars implements Sink. TensorBoard keeps float32.
func (t *TensorBoard) Scalars(r Record) error {
	if len(r.Scalars) == 0 {
		return t.err
	}
	if r.Time.IsZero() {
		r.Time = t.now()
	}
	var values [][]byte
	for _, s := range r.Scalars {
		values = append(values, scalarValue(s.Name, float32(s.Value)))
	}
	return t.write(summaryEvent(r.Time, r.Step, values...))
}

// Image implements Sink: the images plugin takes width, height and PNG files.
func (t *TensorBoard) Image(step int, tag string, img image.Image) error {
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		return err
	}
	size := img.Bounds().Size()
	tensor := stringTensor([]byte(strconv.Itoa(size.X)), []byte(strconv.Itoa(size.Y)), file.Bytes())
	return t.write(summaryEvent(t.now(), step, summaryValue(tag, "images", nil, blobClass, tensor)))
}

// Text implements Sink.
func (t *TensorBoard) Text(step int, tag, text string) error {
	return t.write(summaryEvent(t.now(), step, summaryValue(tag, "text", nil, tensorClass, stringTensor([]byte(text)))))
}

// Flush implements Sink.
func (t *TensorBoard) Flush() error {
	if t.err == nil {
		t.err = t.f.Sync()
	}
	return t.err
}

// Close implements Sink.
func (t *TensorBoard) Close() error { return t.f.Close() }
