package logger

import (
	"bytes"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"
)

// testConsole is a console whose clock is in hand.
func testConsole(o ConsoleOptions, now *time.Time) *Console {
	o.Clock = func() time.Time { return *now }
	return NewConsole(o)
}

var twoColumns = []string{"train/loss", "val/loss"}

func TestPlainConsoleWritesLinesOnly(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	c := testConsole(ConsoleOptions{Out: &out, Bar: true, Columns: twoColumns}, &now)
	c.Progress("asking a mirror", 0, -1)
	c.Progress("images", 0, 4e6)
	now = now.Add(11 * time.Second)
	c.Progress("images", 1e6, 4e6)
	c.Progress("images", 4e6, 4e6)
	for epoch := range 2 {
		c.StartEpoch(epoch, 2, 1000)
		for i := 1; i <= 1000; i++ {
			now = now.Add(25 * time.Millisecond)
			c.Update(i, 1000, 2.5, 32)
		}
		c.Validating(1, 1)
		c.EpochRow(EpochRow{Epoch: epoch, Step: 1000 * (epoch + 1), Values: map[string]float64{"train/loss": 2.25, "val/loss": 123.456, "else": 1}, Best: epoch == 0})
	}
	c.Close()
	want := "asking a mirror\n" +
		"images  1.00 MB of 4.00 MB  90.9 kB/s  0:33 left\n" +
		"images: 4.00 MB\n" +
		"Epoch 0/1  400/1000  loss 2.5  0:15 left  40 steps/s  1280 samples/s\n" +
		"Epoch 0/1  800/1000  loss 2.5  0:05 left  40 steps/s  1280 samples/s\n" +
		"epoch     step  train/loss    val/loss     time\n" +
		"    0     1000        2.25      123.46   25.00s *\n" +
		"Epoch 1/1  400/1000  loss 2.5  0:15 left  40 steps/s  1280 samples/s\n" +
		"Epoch 1/1  800/1000  loss 2.5  0:05 left  40 steps/s  1280 samples/s\n" +
		"    1     2000        2.25      123.46   25.00s\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	for _, code := range []string{"\r", "\x1b"} {
		if strings.Contains(out.String(), code) {
			t.Errorf("%q on what is no terminal", code)
		}
	}
}

// A resumed epoch begins in the middle; accumulated batches are no steps.
func TestRatesCountFromTheFirstBatchSeen(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	c := testConsole(ConsoleOptions{Out: &out}, &now)
	c.SetBatchesPerStep(4)
	c.StartEpoch(3, -1, 1000)
	for i := 501; i <= 600; i++ {
		now = now.Add(100 * time.Millisecond)
		c.Update(i, 1000, 1, 10)
	}
	if want := "Epoch 3  600/1000  loss 1  0:40 left  2.5 steps/s  100 samples/s\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

var codes = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)

// TestBarFitsAndLeaves: at every width no drawn line is wider than the terminal, and what
// stays on the screen are the notes and rows alone.
func TestBarFitsAndLeaves(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, width := range []int{0, 1, 5, 12, 20, 40, 60, 79, 80, 81, 100, 200} {
		var out bytes.Buffer
		now := time.Unix(0, 0)
		c := testConsole(ConsoleOptions{Out: &out, Terminal: true, Bar: true, Width: func() int { return width }}, &now)
		drive(c, &now)
		limit := width
		if limit < 1 {
			limit = 80
		}
		for _, line := range strings.FieldsFunc(codes.ReplaceAllString(out.String(), ""), func(r rune) bool { return r == '\r' || r == '\n' }) {
			if n := utf8.RuneCountInString(line); n > limit && limit >= 12 && !keeps(line) {
				t.Errorf("width %d: %q has %d columns", width, line, n)
			}
		}
		if got, want := screen(out.String()), "images: 2.00 MB\na note\n    7      100    0.10s\n"; strings.Replace(got, "epoch     step     time\n", "", 1) != want {
			t.Errorf("width %d: on the screen stays\n%q, want\n%q", width, got, want)
		}
	}
}

// keeps reports whether a line is one that stays: those may wrap.
func keeps(line string) bool {
	return strings.HasPrefix(line, "epoch ") || strings.HasPrefix(line, "   ") || strings.HasPrefix(line, "images: ")
}

func drive(c *Console, now *time.Time) {
	for i := range 20 {
		*now = now.Add(60 * time.Millisecond)
		c.Progress("images", int64(i)*1e5, 2e6)
	}
	c.Progress("images", 2e6, 2e6)
	c.Progress("of unknown size", 10, -1)
	*now = now.Add(time.Second)
	c.Progress("of unknown size", 1000, -1)
	c.StartEpoch(7, 10, 100)
	for i := 1; i <= 100; i++ {
		*now = now.Add(time.Millisecond)
		c.Update(i, 100, 1234.5, 64)
		if i == 50 {
			*now = now.Add(-100 * time.Millisecond) // a clock set back is no disaster
			c.Note("a note")
			*now = now.Add(100 * time.Millisecond)
		}
	}
	c.Validating(1, 2)
	c.Validating(2, 2)
	c.EpochRow(EpochRow{Epoch: 7, Step: 100})
	c.StartEpoch(8, 10, 100)
	c.Close()
}

// screen is what a terminal of any width shows in the end, of what the bar writes: lines
// are taken back by \r and the codes that erase.
func screen(s string) string {
	var lines, line string
	for len(s) > 0 {
		switch {
		case strings.HasPrefix(s, "\x1b[2K"):
			line, s = "", s[4:]
		case strings.HasPrefix(s, "\x1b[0K"):
			s = s[4:]
		case s[0] == '\r':
			s = s[1:]
			if !strings.HasPrefix(s, "\x1b") && len(s) > 0 {
				line = ""
			}
		case s[0] == '\n':
			lines, line, s = lines+line+"\n", "", s[1:]
		default:
			line, s = line+s[:1], s[1:]
		}
	}
	return lines + line
}

func TestBarShowsWhatIsDone(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	c := testConsole(ConsoleOptions{Out: &out, Terminal: true, Bar: true, Width: func() int { return 120 }}, &now)
	c.StartEpoch(3, 20, 938)
	for i := 1; i <= 469; i++ {
		now = now.Add(10 * time.Millisecond)
		c.Update(i, 938, 105.25, 64)
	}
	last := out.String()[strings.LastIndex(out.String(), "\r"):]
	for _, want := range []string{"Epoch 3/19", "460/938", "loss 105.25", "100 steps/s", "6400 samples/s", "0:05 left", "49%", "━╸─"} {
		if !strings.Contains(last, want) {
			t.Errorf("no %q in %q", want, last)
		}
	}
}

func TestQuietIsQuiet(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	c := testConsole(ConsoleOptions{Out: &out, Terminal: true, Bar: true, Quiet: true}, &now)
	drive(c, &now)
	if out.Len() > 0 {
		t.Errorf("it wrote %q", out.String())
	}
}

func TestBestIsGreenOnlyInColour(t *testing.T) {
	for colour, want := range map[bool]string{false: " *\n", true: " \x1b[32m*\x1b[0m\n"} {
		var out bytes.Buffer
		NewConsole(ConsoleOptions{Out: &out, Color: colour}).EpochRow(EpochRow{Best: true})
		if !strings.HasSuffix(out.String(), want) || !colour && strings.Contains(out.String(), "\x1b") {
			t.Errorf("colour %v: %q", colour, out.String())
		}
	}
}

func TestNewColumnsHaveANewHeader(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	c := testConsole(ConsoleOptions{Out: &out, Columns: twoColumns}, &now)
	c.EpochRow(EpochRow{})
	c.SetColumns(twoColumns)
	c.EpochRow(EpochRow{})
	c.SetColumns(twoColumns[:1])
	c.EpochRow(EpochRow{})
	if n := strings.Count(out.String(), "step"); n != 2 {
		t.Errorf("%d headers in\n%s", n, out.String())
	}
}

func TestUpdateCostsNothing(t *testing.T) {
	now := time.Unix(0, 0)
	c := testConsole(ConsoleOptions{Out: io.Discard, Bar: true}, &now)
	c.StartEpoch(0, 2, 1000)
	if n := testing.AllocsPerRun(1000, func() { c.Update(1, 1000, 1, 1) }); n != 0 {
		t.Errorf("%v allocations where nothing is drawn", n)
	}
}

func BenchmarkUpdate(b *testing.B) {
	c := NewConsole(ConsoleOptions{Out: io.Discard, Terminal: true, Bar: true})
	c.StartEpoch(0, 2, 1<<30)
	for i := 0; b.Loop(); i++ {
		c.Update(i%(1<<30), 1<<30, 1, 1)
	}
}

func TestTexts(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{short(0), "0"},
		{short(105.31234), "105.31"},
		{short(1e-7), "1e-07"},
		{short(99999), "99999"},
		{short(99999.6), "100k"},
		{short(123456), "123k"},
		{short(math.NaN()), "NaN"},
		{short(math.Inf(-1)), "-Inf"},
		{clock(59400 * time.Millisecond), "0:59"},
		{clock(3661 * time.Second), "1:01:01"},
		{clock(0), "0:00"},
		{left(1, 0, 5), "-:-- left"},
		{left(1, 1e-9, 5), "57870 days left"},
		{left(10, 5, 5), "0:10 left"},
		{count(3, 938), "  3/938"},
		{count(3, 0), "3"},
		{duration(1234 * time.Millisecond), "1.23s"},
		{duration(61 * time.Second), "1:01"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
