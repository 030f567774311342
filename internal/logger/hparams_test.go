package logger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"
	"time"
)

// TestHParamsBytes: the bytes that TensorBoard's own messages have for the same data, which
// `make interop` reads with TensorBoard.
func TestHParamsBytes(t *testing.T) {
	dir := t.TempDir()
	s, err := Open([]string{"tensorboard"}, Options{Dir: dir, Clock: func() time.Time { return time.Unix(1000, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	settings := []Setting{{"lr", 0.5}, {"n", int64(3)}, {"on", true}, {"opt", "adam"}}
	if err := errors.Join(s.Settings(settings), s.Done(), s.Close()); err != nil {
		t.Fatal(err)
	}
	double := func(v float64) string {
		return string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
	}
	start := "\x0a\x0f\x0a\x02lr\x12\x09\x11" + double(0.5) +
		"\x0a\x0e\x0a\x01n\x12\x09\x11" + double(3) +
		"\x0a\x08\x0a\x02on\x12\x02\x20\x01" +
		"\x0a\x0d\x0a\x03opt\x12\x06\x1a\x04adam" +
		"\x29" + double(1000)
	got := events(t, dir)
	if len(got) != 4 {
		t.Fatalf("%d events, want 4", len(got))
	}
	for i, want := range []struct{ tag, content string }{
		{"_hparams_/session_start_info", "\x1a" + string(rune(len(start))) + start},
		{"_hparams_/session_end_info", "\x22\x0b\x08\x01\x11" + double(1000)},
	} {
		value := field(t, field(t, got[2+i], 5), 1)
		if tag := string(field(t, value, 1)); tag != want.tag {
			t.Errorf("tag %q, want %q", tag, want.tag)
		}
		plugin := field(t, field(t, value, 9), 1)
		if name := string(field(t, plugin, 1)); name != "hparams" {
			t.Errorf("%s: plugin %q", want.tag, name)
		}
		if content := field(t, plugin, 2); string(content) != want.content {
			t.Errorf("%s: content\n% x, want\n% x", want.tag, content, want.content)
		}
		if tensor := field(t, value, 8); !bytes.Equal(tensor, []byte{8, 1, 0x12, 2, 0x12, 0}) {
			t.Errorf("%s: tensor % x is not the empty one", want.tag, tensor)
		}
		if step := field(t, got[2+i], 2); !bytes.Equal(step, []byte{0}) {
			t.Errorf("%s: step % x: a restart would drop it", want.tag, step)
		}
	}
}
