package graph

import (
	"strings"
	"testing"

	"gotrain/internal/config"
)

// TestLabelsAreAmongTheClasses: a label outside the logits has no one-hot row, so a config
// that could meet one is refused where the logits are given.
func TestLabelsAreAmongTheClasses(t *testing.T) {
	ten := config.Field{Name: "label", Shape: []int{}, Int: true, Consts: map[string]int{"classes": 10}, Range: &config.Range{Max: 9}}
	below := config.Field{Name: "label", Shape: []int{}, Int: true, Range: &config.Range{Min: -1, Max: 3}}
	mask := config.Field{Name: "label", Shape: []int{28, 28}, Int: true, Range: &config.Range{Max: 20}}
	for _, c := range []struct {
		label        config.Field
		expr         string
		want, hint   string // empty where it is sound
		line, column int
	}{
		{ten, "cross_entropy(l, label)", "cross_entropy: found 5 logits, and label has 10 classes", "dense(label.classes)", 4, 21},
		{ten, "nll(log_softmax(l), label)", "nll: found 5 logp, and label has 10 classes", "dense(label.classes)", 4, 11},
		{ten, "hinge(l, label)", "hinge: found 5 x, and label has 10 classes", "dense(label.classes)", 4, 13},
		{ten, "avg(accuracy(l, label))", "accuracy: found 5 logits, and label has 10 classes", "dense(label.classes)", 4, 20},
		{ten, "f1(l, label)", "f1: found 5 logits, and label has 10 classes", "dense(label.classes)", 4, 10},
		{ten, "confusion(l, label)", "confusion: found 5 logits, and label has 10 classes", "dense(label.classes)", 4, 17},
		{ten, "cross_entropy(wide, label)", "", "", 0, 0},
		{below, "cross_entropy(l, label)", "cross_entropy: label has -1 for a class, and classes count from 0", "number the classes from 0", 4, 21},
		{mask, "mean(cross_entropy(c, label))", "cross_entropy: found 5 logits, and label has classes up to 20, from 0", "gives 21 of them", 4, 0},
		{mask, "mean(cross_entropy(c[:, 1:, :], label[1:, :]))", "cross_entropy: found 5 logits, and label has classes up to 20, from 0", "gives 21 of them", 4, 0},
	} {

		src := "data: {source: digits}\nmodel: {l: image -> flatten -> dense(5), wide: image -> flatten -> dense(12), c: \"image -> conv(5, 3, pad=1)\"}\nmetrics:\n  y: '" + c.expr + "'\n"
		cfg, diags := config.Load("count.yaml", []byte(src), nil)
		if err := diags.Err(); err != nil {
			t.Fatal(err)
		}
		_, diags, err := Check(cfg, []config.Field{{Name: "image", Shape: []int{1, 28, 28}}, c.label})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range diags.Items {
			if d.Code != "shape" {
				continue
			}
			got = append(got, d.Text)
			if !strings.Contains(d.Hint, c.hint) || c.column > 0 && (d.Pos.Line != c.line || d.Pos.Col != c.column) {
				t.Errorf("%s: at %s, hint %q", c.expr, d.Pos, d.Hint)
			}
		}
		if strings.Join(got, "\n") != c.want {
			t.Errorf("%s: %q\nwant %q\nall: %v", c.expr, got, c.want, diags.Items)
		}
	}
}
