package train

import (
	"math"
	"testing"
)

func TestStatisticsAreOfTheFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	s := statistics([]float32{1, nan, 3, inf, -inf, 5, 7})
	if s.Min != 1 || s.Max != 7 || s.Mean != 4 || math.Abs(s.Std-math.Sqrt(5)) > 1e-12 || s.NaN != 1 || s.Inf != 2 {
		t.Errorf("%+v", s)
	}
	if s = statistics([]float32{nan}); !math.IsNaN(s.Min) || !math.IsNaN(s.Std) || s.NaN != 1 {
		t.Errorf("%+v", s)
	}
}

func TestUnitScalesOnlyWhatLiesOutside(t *testing.T) {
	v := Inspection{Rows: 2, Values: []float32{0, 0.25, 0.5, 1}}
	v.Statistics = statistics(v.Values)
	if rows, scaled := v.Unit(1); scaled || len(rows) != 1 || rows[0][1] != 0.25 {
		t.Error(rows, scaled)
	}
	v.Values = []float32{-2, 0, 1, 2}
	v.Statistics = statistics(v.Values)
	if rows, scaled := v.Unit(8); !scaled || len(rows) != 2 || rows[0][0] != 0 || rows[0][1] != 0.5 || rows[1][1] != 1 || v.Values[0] != -2 {
		t.Error(rows, scaled, v.Values)
	}
}
