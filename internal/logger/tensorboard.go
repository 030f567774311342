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
}

var _ Sink = (*TensorBoard)(nil)

func openTensorBoard(o Options) (*TensorBoard, error) {
	t := &TensorBoard{now: time.Now}
	f, err := createEvents(o.Dir, t.now())
	if err != nil {
		return nil, err
	}
	t.f = f
	err = t.write(textField(event(t.wall(t.now()), 0), 3, "brain.Event:2")) // file_version=3
	if err == nil && o.Resumed {
		// SessionLog START, session_log=7 {status=1}: TensorBoard drops the points of earlier
		// files from this step on. Points at the step itself are of the checkpoint.
		err = t.write(bytesField(event(t.wall(t.now()), o.ResumeStep+1), 7, intField(nil, 1, 1)))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

// createEvents makes a file that no other process writes: a resumed run never appends to
// one that a crash may have torn.
func createEvents(dir string, now time.Time) (*os.File, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	for n := 0; ; n++ {
		name := fmt.Sprintf("events.out.tfevents.%010d.%s.%d.%d", now.Unix(), strings.ReplaceAll(host, "/", "_"), os.Getpid(), n)
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}

func (t *TensorBoard) wall(at time.Time) float64 { return float64(at.UnixNano()) / 1e9 }

// write gives a record to the system in one call, so that a crash tears at most the last.
func (t *TensorBoard) write(event []byte) error {
	_, err := t.f.Write(frame(event))
	return err
}

// Scalars implements Sink.
func (t *TensorBoard) Scalars(r Record) error {
	if len(r.Scalars) == 0 {
		return nil
	}
	var summary []byte
	for _, s := range r.Scalars {
		summary = bytesField(summary, 1, summaryValue(s.Name, "scalars", scalarClass, floatTensor(float32(s.Value))))
	}
	return t.write(bytesField(event(t.wall(r.Time), r.Step), 5, summary)) // summary=5
}

// Image implements Sink: the images plugin takes width, height and PNG files.
func (t *TensorBoard) Image(step int, tag string, img image.Image) error {
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		return err
	}
	size := img.Bounds().Size()
	tensor := stringTensor([]byte(strconv.Itoa(size.X)), []byte(strconv.Itoa(size.Y)), file.Bytes())
	return t.write(bytesField(event(t.wall(t.now()), step), 5, bytesField(nil, 1, summaryValue(tag, "images", blobClass, tensor))))
}

// Text implements Sink; text is Markdown.
func (t *TensorBoard) Text(step int, tag, text string) error {
	return t.write(bytesField(event(t.wall(t.now()), step), 5, bytesField(nil, 1, summaryValue(tag, "text", tensorClass, stringTensor([]byte(text))))))
}

// Flush implements Sink.
func (t *TensorBoard) Flush() error { return t.f.Sync() }

// Close implements Sink.
func (t *TensorBoard) Close() error { return t.f.Close() }
