package graph

import (
	"os"
	"path/filepath"
	"testing"

	"gotrain/internal/config"
)

// FuzzCheck: whatever a file says, the whole check ends without a bug, also of what the
// config found wrong; what is found right builds.
func FuzzCheck(f *testing.F) {
	work, values := maxWork, maxValues
	maxWork, maxValues = 5000, 500
	f.Cleanup(func() { maxWork, maxValues = work, values })
	for _, pattern := range []string{"testdata/faults/*.yaml", "../../configs/*.yaml", "../config/testdata/reach/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range files {
			src, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(src))
		}
	}
	f.Add("model:\n  : x\n") // a value whose expression is none
	f.Fuzz(func(t *testing.T, src string) {
		cfg, problems := config.Load("x.yaml", []byte(src), nil)
		if cfg == nil {
			return
		}
		m, _, err := Check(cfg, faultFields)
		if err != nil {
			t.Fatal(err)
		}
		if m == nil || problems.HasErrors() {
			return
		}
		for _, name := range m.PredictNames {
			if _, err := m.Predict(name); err != nil {
				t.Fatal(err)
			}
		}
		if len(cfg.Loss) > 0 {
			if _, err := m.Eval(); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, _, err := m.Inspect(nil); err != nil {
			t.Fatal(err)
		}
	})
}
