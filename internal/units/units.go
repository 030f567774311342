// Package units writes counts as people do.
//
// In: whole numbers. Out: texts of three digits and a unit, each 1000 times the one
// before. It imports nothing of the project, and any package may import it.
package units

import "strconv"

// Bytes writes 17123400 as "17.1 MB".
func Bytes(n int64) string { return scaled(n, "bytes", "kB", "MB", "GB", "TB", "PB") }

// FLOPs writes 435337000 as "435 MFLOP".
func FLOPs(n int64) string { return scaled(n, "FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP") }

// scaled writes n to three digits in the largest unit that fits.
func scaled(n int64, units ...string) string {
	x, i := float64(n), 0
	for x >= 999.5 && i < len(units)-1 {
		x, i = x/1000, i+1
	}
	digits := 0 // behind the point
	switch {
	case i > 0 && x < 9.995:
		digits = 2
	case i > 0 && x < 99.95:
		digits = 1
	}
	return strconv.FormatFloat(x, 'f', digits, 64) + " " + units[i]
}

// Thousands writes 652824 as "652,824".
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
