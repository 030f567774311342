package graph

import (
	"testing"

	"gotrain/internal/config"
)

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

// TestNoDecay: of each optimizer, what is named steps as without decay, and only that.
func TestNoDecay(t *testing.T) {
	for _, name := range []string{"sgd", "adam", "adamw"} {
		t.Run(name, func(t *testing.T) {
			step := func(decay string) string {
				src := "data: {source: mnist}\nmodel:\n  net(x): x -> flatten -> dense(4)\nloss: sum(net(image))\noptimizer: {name: " + name + ", " + decay + "}\n"
				cfg, diags := config.Load("decay.yaml", []byte(src), nil)
				if err := diags.Err(); err != nil {
					t.Fatal(err)
				}
				p, err := check(t, cfg).Train(TrainOptions{})
				if err != nil {
					t.Fatal(err)
				}
				return p.String()
			}
			none, all := step("weight_decay: 0"), step("weight_decay: 0.5")
			if none == all {
				t.Fatal("weight_decay changes nothing")
			}
			if step("weight_decay: 0.5, no_decay: [weight, bias]") != none {
				t.Error("what no_decay names decays")
			}
			if one := step("weight_decay: 0.5, no_decay: bias"); one == none || one == all {
				t.Error("no_decay: bias does not leave the weight to decay alone")
			}
		})
	}
}
