package logger

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestResumedCSV: what a metrics.csv must be like for a run to go on in it.
func TestResumedCSV(t *testing.T) {
	const file = "step,epoch,a,b\n1,0,1,2\n2,0,3,4\n"
	for _, c := range []struct {
		name, file string
		columns    []string
		offset     int64
		wrong      string // in the error; empty for none
		want       string // after a row a=5 at step 9
	}{
		{"at a row", file, []string{"a", "b"}, 23, "", "step,epoch,a,b\n1,0,1,2\n9,0,5,\n"},
		{"at the end", file, []string{"a", "b"}, 31, "", file + "9,0,5,\n"},
		{"at the header", file, []string{"a", "b"}, 15, "", "step,epoch,a,b\n9,0,5,\n"},
		{"a torn tail", file + "3,0,", []string{"a", "b"}, 31, "", file + "9,0,5,\n"},
		{"no csv at the checkpoint", file, []string{"a"}, 0, "", "step,epoch,a\n9,0,5\n"},
		{"fewer columns, other order", file, []string{"b"}, 31, "", file + "9,0,5,\n"},
		{"a new column", file, []string{"a", "c"}, 31, `no column "c"`, file},
		{"inside a row", file, []string{"a", "b"}, 25, "inside a row", file},
		{"cut", "step,epoch,a,b\n", []string{"a", "b"}, 31, "it was cut", "step,epoch,a,b\n"},
		{"another table", "x,y\n1,2\n", []string{"a"}, 8, "it was altered", "x,y\n1,2\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "metrics.csv")
			if err := os.WriteFile(path, []byte(c.file), 0o666); err != nil {
				t.Fatal(err)
			}
			s, err := openCSV(Options{Dir: dir, Columns: c.columns, Resumed: true, Offset: c.offset})
			switch {
			case c.wrong == "" && err != nil:
				t.Fatal(err)
			case c.wrong == "":
				if err := errors.Join(s.Scalars(record(9, "a", 5.0)), s.Close()); err != nil {
					t.Error(err)
				}
				if s.Position() != int64(len(c.want)) {
					t.Errorf("position %d of %d", s.Position(), len(c.want))
				}
			case err == nil || !strings.Contains(err.Error(), c.wrong):
				t.Errorf("got %v, want %s", err, c.wrong)
			}
			if got, _ := os.ReadFile(path); string(got) != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestResumedCSVThatIsGone(t *testing.T) {
	dir := t.TempDir()
	_, err := Open([]string{"csv"}, Options{Dir: dir, Resumed: true, Offset: 10})
	if err == nil || !strings.Contains(err.Error(), "is gone") {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it made %v", left)
	}
}

func TestUnknownLoggerTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open([]string{"csv", "nope"}, Options{Dir: dir}); err == nil {
		t.Error("opened")
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it made %v", left)
	}
}

// TestAFailedSinkStaysFailed: nothing is written after a record that may be half there.
func TestAFailedSinkStaysFailed(t *testing.T) {
	m, err := Open(Names(), Options{Dir: t.TempDir(), Columns: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	for _, s := range m {
		first := s.Scalars(record(1, "a", 1.0))
		if first == nil {
			t.Errorf("%T wrote to a closed file", s)
		}
		for _, err := range []error{s.Scalars(record(2, "a", 1.0)), s.Text(2, "x", "y"), s.Flush()} {
			if err != first {
				t.Errorf("%T: then %v", s, err)
			}
		}
	}
}

// TestEventFilesSortByAge: TensorBoard reads them by name, and a run may go on within the
// second, or with a clock set back.
func TestEventFilesSortByAge(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for _, at := range []int64{1000, 1000, 1000, 990, 2000} {
		s, err := openTensorBoard(Options{Dir: dir, Clock: func() time.Time { return time.Unix(at, 0) }})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, s.f.Name())
		s.Close()
	}
	if got, _ := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*")); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTornEvents: a file that ends anywhere is read up to its last whole record, and a
// flipped bit is found.
func TestTornEvents(t *testing.T) {
	at := time.Unix(1000, 0)
	first, second := frame(fileVersion(at)), frame(sessionStart(at, 3))
	whole := append(bytes.Clone(first), second...)
	for n := range len(whole) + 1 {
		records, err := readAll(whole[:n])
		wantRecords, wantErr := 0, errTorn
		if n >= len(first) {
			wantRecords = 1
		}
		if n == len(whole) {
			wantRecords = 2
		}
		if n == 0 || n == len(first) || n == len(whole) {
			wantErr = nil
		}
		if records != wantRecords || err != wantErr {
			t.Errorf("%d bytes: %d records, %v", n, records, err)
		}
	}
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x10
		if _, err := readAll(flipped); err == nil {
			t.Errorf("byte %d flipped, and no error", i)
		}
	}
}

func readAll(b []byte) (records int, err error) {
	r := bytes.NewReader(b)
	for {
		if _, err := readRecord(r); err == io.EOF {
			return records, nil
		} else if err != nil {
			return records, err
		}
		records++
	}
}
