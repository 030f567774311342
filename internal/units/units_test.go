package units

import (
	"math"
	"testing"
)

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 999: "999 bytes", 1000: "1.00 kB", 17_123_400: "17.1 MB", 9_994_999: "9.99 MB", 99_950_000: "100 MB",
		999_499_999: "999 MB", 999_500_000: "1.00 GB", 1e15: "1.00 PB", 5e18: "5000 PB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := FLOPs(435_337_000); got != "435 MFLOP" {
		t.Error(got)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -999: "-999", -1000: "-1,000", 652824: "652,824", math.MaxInt32: "2,147,483,647"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
