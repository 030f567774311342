package logger

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"
)

func record(step int, pairs ...any) Record {
	r := Record{Step: step, Epoch: step / 10, Time: time.Unix(1000, 0)}
	for i := 0; i < len(pairs); i += 2 {
		r.Scalars = append(r.Scalars, Scalar{pairs[i].(string), pairs[i+1].(float64)})
	}
	return r
}

func TestCSVRows(t *testing.T) {
	dir := t.TempDir()
	c, err := openCSV(Options{Dir: dir, Columns: []string{"train/loss", "val/loss"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Record{
		record(5, "train/loss", float64(float32(0.1))), record(10, "val/loss", 0.1), record(10, "train/loss_epoch", 3.0), record(15, "train/loss", math.NaN()),
	} {
		if err := c.Scalars(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(filepath.Join(dir, "metrics.csv"))
	want := "step,epoch,train/loss,val/loss\n5,0,0.10000000149011612,\n10,1,,0.1\n15,1,NaN,\n"
	if string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if c.Position() != int64(len(want)) {
		t.Errorf("position %d, want %d", c.Position(), len(want))
	}
}

// TestCSVIsCutBack: rows after the checkpoint, and a torn one, go when a run goes on.
func TestCSVIsCutBack(t *testing.T) {
	dir := t.TempDir()
	o := Options{Dir: dir, Columns: []string{"a"}}
	c, err := openCSV(o)
	if err != nil {
		t.Fatal(err)
	}
	c.Scalars(record(1, "a", 1.0))
	o.Resumed, o.Offset = true, c.Position()
	c.Scalars(record(2, "a", 2.0))
	c.f.WriteString("3,0,0.")
	c.Close()
	if c, err = openCSV(o); err != nil {
		t.Fatal(err)
	}
	c.Scalars(record(2, "a", 4.0))
	c.Close()
	got, _ := os.ReadFile(filepath.Join(dir, "metrics.csv"))
	if want := "step,epoch,a\n1,0,1\n2,0,4\n"; string(got) != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	o.Offset = 1000
	if _, err := openCSV(o); err == nil {
		t.Error("a file shorter than at the checkpoint was accepted")
	}
}

// field finds a field of an encoded message.
func field(t *testing.T, msg []byte, want protowire.Number) []byte {
	t.Helper()
	for len(msg) > 0 {
		n, typ, size := protowire.ConsumeTag(msg)
		if size < 0 {
			t.Fatal("broken message")
		}
		msg = msg[size:]
		size = protowire.ConsumeFieldValue(n, typ, msg)
		if size < 0 {
			t.Fatal("broken field")
		}
		if n == want {
			if typ == protowire.BytesType {
				v, _ := protowire.ConsumeBytes(msg)
				return v
			}
			return msg[:size]
		}
		msg = msg[size:]
	}
	return nil
}

func events(t *testing.T, dir string) [][]byte {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if len(files) != 1 {
		t.Fatalf("%d event files", len(files))
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out [][]byte
	for {
		e, err := readRecord(f)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
}

func TestEventsReadBack(t *testing.T) {
	dir := t.TempDir()
	s, err := Open([]string{"tensorboard"}, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 3, 2))
	if err := errors.Join(s.Scalars(record(7, "val/loss", 1.5)), s.Image(7, "sample", img), s.Text(0, "config", "text"), s.Flush(), s.Close()); err != nil {
		t.Fatal(err)
	}
	got := events(t, dir)
	if len(got) != 5 {
		t.Fatalf("%d events, want 5", len(got))
	}
	if v := string(field(t, got[0], 3)); v != "brain.Event:2" {
		t.Errorf("file version %q", v)
	}
	if !bytes.Equal(field(t, got[1], 7), []byte{1 << 3, 1}) {
		t.Errorf("no start of a session in % x: a resumed one would not be the second", got[1])
	}
	value := field(t, field(t, got[2], 5), 1)
	if string(field(t, value, 1)) != "val/loss" || !bytes.Equal(field(t, value, 2), []byte{0, 0, 0xc0, 0x3f}) {
		t.Errorf("scalar % x", value)
	}
	tensor := field(t, field(t, field(t, got[3], 5), 1), 8)
	if w := string(field(t, tensor, 8)); w != "3" {
		t.Errorf("image width %q", w)
	}
	if i := bytes.Index(tensor, []byte("\x89PNG")); i < 0 {
		t.Error("no PNG in the image event")
	} else if _, err := png.Decode(bytes.NewReader(tensor[i:])); err != nil {
		t.Error(err)
	}
}

// TestResumedEventsStartASession: TensorBoard drops what an earlier file has after it.
func TestResumedEventsStartASession(t *testing.T) {
	dir := t.TempDir()
	s, err := Open([]string{"tensorboard"}, Options{Dir: dir, Resumed: true, ResumeStep: 41})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	got := events(t, dir)
	if len(got) != 2 || !bytes.Equal(field(t, got[1], 7), []byte{1 << 3, 1}) {
		t.Fatalf("events % x", got)
	}
	if step, _ := protowire.ConsumeVarint(field(t, got[1], 2)); step != 42 {
		t.Errorf("session starts at step %d, want 42, the first that is done again", step)
	}
}

func TestUnknownLoggerListsThem(t *testing.T) {
	_, err := Open([]string{"wandb"}, Options{Dir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "csv, tensorboard") {
		t.Error(err)
	}
}

func TestGridPlacesEveryImage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := []int{rapid.SampledFrom([]int{1, 3}).Draw(t, "C"), rapid.IntRange(1, 9).Draw(t, "H"), rapid.IntRange(1, 9).Draw(t, "W")}
		n, columns := rapid.IntRange(1, 12).Draw(t, "n"), rapid.IntRange(1, 6).Draw(t, "columns")
		samples := make([][]float32, n)
		for i := range samples {
			samples[i] = make([]float32, shape[0]*shape[1]*shape[2])
			for k := range samples[i] {
				samples[i][k] = float32(i+1) / float32(n)
			}
		}
		img, err := Grid(samples, shape, columns)
		if err != nil {
			t.Fatal(err)
		}
		scale := max(1, 56/max(shape[1], shape[2]))
		for i := range samples {
			x := gap + i%min(columns, n)*(shape[2]*scale+gap)
			y := gap + i/min(columns, n)*(shape[1]*scale+gap)
			r, _, _, _ := img.At(x+shape[2]*scale-1, y+shape[1]*scale-1).RGBA()
			if want := uint32(samples[i][0]*255+.5) * 0x101; r != want {
				t.Fatalf("image %d: red %x, want %x", i, r, want)
			}
		}
	})
}

func TestGridShowsWhatIsNoNumber(t *testing.T) {
	nan := float32(math.NaN())
	img, err := Grid([][]float32{{nan, 2, -1, 0.5}}, []int{1, 2, 2}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if c := img.At(gap, gap); c != fault {
		t.Errorf("NaN is drawn as %v", c)
	}
	if r, _, _, _ := img.At(gap+28, gap).RGBA(); r != 0xffff {
		t.Errorf("2 is drawn as %x, want white", r)
	}
	if _, err := Grid([][]float32{{1}}, []int{2, 1, 1}, 1); err == nil {
		t.Error("two channels were drawn")
	}
	if _, err := Pairs([][]float32{{1}}, nil, []int{1, 1, 1}, 2); err == nil {
		t.Error("an image beside none was drawn")
	}
}

func FuzzReadRecord(f *testing.F) {
	f.Add(frame([]byte("hello")))
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		for {
			data, err := readRecord(r)
			if err != nil {
				return
			}
			if !bytes.Contains(b, frame(data)) {
				t.Fatalf("%q was read from what does not hold it", data)
			}
		}
	})
}
