package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInclude: what is merged, replaced and dropped, and whose paths are whose.
func TestInclude(t *testing.T) {
	src := `include: [testdata/include/base.yaml, testdata/include/more.yaml]
vars: {latent: 32, hidden: !drop , width: "${2*latent}"}
model:
  encoder(x, n=4): x -> flatten -> dense(width)
  decoder(z): !drop
loss: {extra: !drop }
optimizer: {betas: [0.5, 0.5]}
`
	c, diags := Load("top.yaml", []byte(src), []Override{{Path: []string{"vars", "latent"}, Text: "8", Origin: "--latent"}})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	if c.Seed != 7 || c.Name != "base" || c.Data.Batch != 64 {
		t.Errorf("seed %d, name %s, batch %d", c.Seed, c.Name, c.Data.Batch)
	}
	if want := filepath.Join("testdata", "include", "files"); c.Data.Dir != want && !strings.HasSuffix(c.Data.Dir, want) {
		t.Errorf("dir %s is not beside the file that names it", c.Data.Dir)
	}
	if names := strings.Join(c.VarNames(), " "); names != "latent width" {
		t.Errorf("vars %s", names)
	}
	if c.Vars[1].Value != int64(16) {
		t.Errorf("width is %v: it follows the flag of latent", c.Vars[1].Value)
	}
	if len(c.Model) != 2 || len(c.Model[0].Net.Params) != 2 || c.Model[0].Net.Pos.File != "top.yaml" || c.Model[1].Pos.File != filepath.Join("testdata", "include", "base.yaml") {
		t.Errorf("model %+v", c.Model)
	}
	if len(c.Loss) != 1 || c.Loss[0].Name != "rec" {
		t.Errorf("loss %+v", c.Loss)
	}
	o := c.Optimizer
	if o.Name != "sgd" || o.Args["lr"].Value != 1e-2 || o.Args["momentum"].Value != 0.9 || o.Args["betas"].Text != "" && len(o.Args["betas"].Value.([]Value)) != 2 {
		t.Errorf("optimizer %+v", o)
	}
	if c.Trainer["max_epochs"].Value != int64(5) {
		t.Errorf("max_epochs %v", c.Trainer["max_epochs"].Value)
	}

	// The resolved file says the same and includes nothing.
	again, diags := Load("resolved.yaml", c.Resolved(), nil)
	if err := diags.Err(); err != nil {
		t.Fatalf("%v\n%s", err, c.Resolved())
	}
	if string(again.Resolved()) != string(c.Resolved()) || strings.Contains(string(c.Resolved()), "include:") {
		t.Errorf("resolved again:\n%s\nand first\n%s", again.Resolved(), c.Resolved())
	}
}

// TestEmbedded: ${…} in any scalar, with the type of what it holds.
func TestEmbedded(t *testing.T) {
	t.Setenv("GOTRAIN_TEST_BATCH", "16")
	t.Setenv("GOTRAIN_TEST_NAME", "blue sky")
	src := `name: run-${a+1}-${env:GOTRAIN_TEST_NAME}
vars: {a: 3}
data: {source: "${env:GOTRAIN_TEST_SOURCE, digits}", batch: "${env:GOTRAIN_TEST_BATCH}"}
optimizer: {name: adam, lr: "${1e-3*a}"}
`
	c, diags := Load("top.yaml", []byte(src), nil)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	if c.Name != "run-4-blue sky" || c.Data.Source != "digits" || c.Data.Batch != 16 || c.Optimizer.Args["lr"].Value != 0.003 {
		t.Errorf("name %q, source %q, batch %d, lr %v", c.Name, c.Data.Source, c.Data.Batch, c.Optimizer.Args["lr"].Value)
	}
	os.Unsetenv("GOTRAIN_TEST_BATCH")
	again, diags := Load("resolved.yaml", c.Resolved(), nil)
	if err := diags.Err(); err != nil {
		t.Fatalf("what the environment gave is not in the resolved file: %v\n%s", err, c.Resolved())
	}
	if again.Data.Batch != 16 || again.Name != c.Name {
		t.Errorf("resolved: batch %d, name %q", again.Data.Batch, again.Name)
	}
}
