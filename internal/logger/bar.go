package logger

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
)

// bar draws one line of a terminal. The library draws the bar and knows how a line is
// taken back; its own counts and rates are off, since they are of its own clock, and its
// own fitting to the terminal, since it measures only an *os.File. What it writes is
// collected, so that a line reaches the terminal in one write and does not flicker.
type bar struct {
	out   io.Writer
	total int64
	cells int // of the bar itself
	pb    *progressbar.ProgressBar
	buf   bytes.Buffer
}

// The bar's own cells; below the least, words are left out for it.
const (
	mostCells  = 24
	leastCells = 6
)

// frameCells is what the library writes around the bar: "   5% " before, a space after,
// and one column stays free, since some terminals wrap at the last.
const frameCells = 6 + 1 + 2

func newBar(out io.Writer, total int64) *bar { return &bar{out: out, total: total} }

// draw writes the line anew, no wider than the terminal: parts are left out from the last,
// and then the text is cut.
func (b *bar) draw(width int, done int64, parts []string) {
	text, cells := fit(width, parts)
	if b.pb == nil || b.cells != cells {
		b.erase()
		b.make(cells)
	}
	if b.total > 0 {
		done = min(done, b.total-1) // at the total the library ends the line
	}
	b.pb.Set64(max(done, 0)) // draws only where the percentage is another one
	b.pb.Describe(text)      // draws
	b.flush()
}

func fit(width int, parts []string) (text string, cells int) {
	for n := len(parts); n > 0; n-- {
		text = strings.Join(parts[:n], "  ")
		if room := width - frameCells - utf8.RuneCountInString(text); room >= leastCells {
			return text, min(room, mostCells)
		}
	}
	room := max(width-frameCells, 0)
	if r := []rune(text); len(r) > room {
		text = string(r[:room])
	}
	return text, max(width-frameCells-utf8.RuneCountInString(text), 1)
}

func (b *bar) make(cells int) {
	total := b.total
	if total < 1 {
		total = -1 // the library's word for a length that is not known: a spinner
	}
	b.cells = cells
	b.pb = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(&b.buf),
		progressbar.OptionSetWidth(cells),
		progressbar.OptionUseANSICodes(true), // a line is taken back by its code, whatever its width
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetSpinnerChangeInterval(0), // or a goroutine turns the spinner, and outlives it
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "━", SaucerHead: "╸", SaucerPadding: "─"}),
	)
}

// clear takes the line back, for another to be written.
func (b *bar) clear() {
	b.erase()
	b.flush()
}

func (b *bar) erase() {
	if b.pb != nil {
		b.pb.Clear()
		b.pb = nil
	}
}

func (b *bar) flush() {
	if b.buf.Len() > 0 {
		b.out.Write(b.buf.Bytes())
		b.buf.Reset()
	}
}
