package logger

import (
	"fmt"
	"math"
	"time"
)

// short writes a number with five significant digits; large ones in thousands.
func short(v float64) string {
	if a := math.Abs(v); a >= 99999.5 && a < 1e9 {
		return fmt.Sprintf("%.0fk", v/1e3)
	}
	return fmt.Sprintf("%.5g", v)
}

// rate is n a second, with no more digits than it deserves; 0 before time has passed.
func rate(n, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	r := n / seconds
	if r >= 100 {
		return math.Round(r)
	}
	return math.Round(r*100) / 100
}

// count is "12/938", padded so that what follows stands still.
func count(done, total int64) string {
	if total < 1 {
		return fmt.Sprint(done)
	}
	return fmt.Sprintf("%*d/%d", len(fmt.Sprint(total)), done, total)
}

// left is the time that the rest takes at the rate so far, "0:42 left".
func left(seconds, done, rest float64) string {
	if done <= 0 || seconds <= 0 {
		return "-:-- left"
	}
	s := seconds / done * max(rest, 0)
	if s > 1e6 { // eleven days: nobody waits by the clock
		return fmt.Sprintf("%.0f days left", s/86400)
	}
	return clock(time.Duration(s*float64(time.Second))) + " left"
}

// clock writes 1:02 and 1:01:02.
func clock(d time.Duration) string {
	s := int(math.Round(d.Seconds()))
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
