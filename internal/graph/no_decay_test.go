package graph

import "testing"

func TestNamesWeight(t *testing.T) {
	for _, c := range []struct {
		word, weight string
		want         bool
	}{
		{"bias", "net.dense.bias", true},
		{"bias", "net.bias_net.weight", false},
		{"layernorm", "net.layernorm_2.weight", true},
		{"layernorm", "net.layernorm.0.weight", true},
		{"dense_2", "net.dense_2.weight", true},
		{"dense", "net.dense_x.weight", false},
		{"net.*.weight", "net.dense.weight", true},
		{"[", "net", false},
	} {
		if got := namesWeight(c.word, c.weight); got != c.want {
			t.Errorf("namesWeight(%q, %q) is %v", c.word, c.weight, got)
		}
	}
}

// TestNoDecay: what is named is updated as without decay.
func TestNoDecay(t *testing.T) {
	for _, name := range []string{"sgd", "adam", "adamw"} {
		u := &update{args: map[string]any{"weight_decay": 0.5, "no_decay": []string{"bias"}}, param: &State{Name: "net.dense.bias"}}
		if u.decay() != 0 {
			t.Errorf("%s: bias decays", name)
		}
		u.param = &State{Name: "net.dense.weight"}
		if u.decay() != 0.5 {
			t.Errorf("%s: weight does not decay", name)
		}
	}
}
