package config

import "testing"

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]Span{
		"500 steps": {500, Steps}, "1 step": {1, Steps}, "10 epochs": {10, Epochs}, "0.5 epochs": {0.5, Epochs}, "5%": {5, Percent}, "2.5 %": {2.5, Percent},
		"30m": {1800, Seconds}, "10 min": {600, Seconds}, "90s": {90, Seconds}, "2h": {7200, Seconds}, "1h30m": {5400, Seconds}, "1 d": {86400, Seconds},
		"00:12:00:30": {43230, Seconds}, "12": {12, NoUnit}, "1_000 steps": {1000, Steps}, "1e3 steps": {1000, Steps}, " 7 ": {7, NoUnit}, ".5h": {1800, Seconds},
	} {
		got, err := ParseSpan(text)
		if err != nil || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "steps", "-1 steps", "5 weeks", "5 Steps", "1h 30", "25:61", "00:24:00:00", "00:00:60:00", "0:0:0:1", "1e400 steps", "NaN", "inf", "1e99 epochs",
		"5%%", "1..5 steps", "10 epochs 3", "0x10 steps", "1.2.3h", "９ steps",
	} {
		if got, err := ParseSpan(text); err == nil {
			t.Errorf("%q was taken for %v", text, got)
		}
	}
}

func TestSpanIsWrittenAsItIsRead(t *testing.T) {
	for _, text := range []string{"500 steps", "1 epoch", "0.5 epochs", "5%", "12"} {
		s, err := ParseSpan(text)
		if err != nil || s.String() != text {
			t.Errorf("%q: %q %v", text, s.String(), err)
		}
	}
	if s := (Span{1800, Seconds}).String(); s != "30m0s" {
		t.Error(s)
	}
}

func FuzzSpan(f *testing.F) {
	for _, s := range []string{"500 steps", "5%", "1h30m", "00:12:00:30", "1e3 epochs"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSpan(text)
		if err == nil && !(s.N >= 0 && s.N <= longest) {
			t.Errorf("%q: %v", text, s)
		}
	})
}
