package config

import (
	"strings"
	"testing"
)

// TestYAMLTraps: each trap is told with what YAML did and what to write.
func TestYAMLTraps(t *testing.T) {
	for src, want := range map[string]string{
		"model:\n  y: *x + 1\n":                       "takes * at the start of a value for an alias of an anchor: quote the expression: '*x + 1'",
		"model:\n  y: &x + 1\n":                       "YAML took &x for an anchor: quote the expression: '&x + 1'",
		"model:\n  y: !x + 1\n":                       "quote the expression: '!x + 1'",
		"model:\n  y: [x, 1][0] + 1\n":                "takes [ at the start of a value for a list, which ends at its ]: quote the expression: '[x, 1][0] + 1'",
		"model:\n  - x\n  - [x, 1][0]\n":              "quote the expression: '[x, 1][0]'",
		"model:\n  y: {x} + 1\n":                      "a map, which ends at its }",
		"model:\n  y: 'a' + 1\n":                      `a quoted text, which ends at the next quote: quote the expression: "'a' + 1"`,
		"model:\n  y: \"a\" + 1\n":                    `quote the expression: '"a" + 1'`,
		"model:\n  y: %x + 1\n":                       "takes % at the start of a value for a directive: quote the expression: '%x + 1'",
		"model:\n  y: @x + 1\n":                       "takes @ at the start of a value for a reserved sign",
		"model:\n  y: `x` + 1\n":                      "takes ` at the start of a value for a reserved sign",
		"model:\n  y: | x\n":                          "a block of text, which starts on the next line",
		"model:\n  y: x[1: 3]\n":                      "takes what stands before ': ' for a key: quote the expression: 'x[1: 3]'",
		"model:\n  y: f(x, #3)\n":                     "takes ' #' for the start of a comment",
		"model:\n\ty: x\n":                            "indented with spaces, never with tabs",
		"model:\n  y: - x\n":                          "an item of a list stands on a line of its own",
		"model:\n  y: x # c\n    -> f\n":              "ends at a comment, or at a line that is not indented deeper",
		"model:\n  h: [image, conv(64, 3)]\n":         "cut by YAML at the comma",
		"metrics: {acc: accuracy(logits, label)}\n":   "cut by YAML at the comma",
		"loss: {kl: g(y, z=3), rec: f(x)}\n":          `"z=3)" became a key`,
		"data: {source: digits, shuffle: yes}\n":      "reads yes as a text: write true",
		"data: {source: digits, shuffle: Off}\n":      "reads Off as a text: write false",
		"data: {source: digits, shuffle: \"true\"}\n": "take the quotes off",
		"data: {source: digits, batch: 1e2}\n":        "write 100",
		"data: {source: digits, batch: 64.0}\n":       "write 64",
		"data: {source: digits, batch: \"64\"}\n":     "take the quotes off",
		"data: {source: digits, batch: 1:30}\n":       "reads digits and colons as a text",
		"data:\n  source: digits\n  batch: 1,000\n":   "a number has no commas",
		"seed: 010\n":                                 "010 is 10 in YAML 1.2 and a number to base 8 in YAML 1.1",
		"data:\n  source:digits\n":                    "a space after the colon: source: digits",
		"data: {source:digits}\n":                     "a space after the colon: source: digits",
		"seed: 1\nseed: 2\n":                          "stands twice",
		"data: {source: digits}\n<<: 3\n":             "merge key",
	} {
		_, l := Load("x.yaml", []byte(src), nil)
		var all []string
		for _, d := range l.Items {
			all = append(all, d.Text+"  "+d.Hint)
		}
		if text := strings.Join(all, "\n"); !strings.Contains(text, want) {
			t.Errorf("%q: want %q, got\n%s", src, want, text)
		}
	}
}

// TestNumbersAsWritten: what is a number is one, without a quote or a dot.
func TestNumbersAsWritten(t *testing.T) {
	c := load(t, "vars:\n  a: 1e-3\n  b: .5\n  c: 1_000\n  d: 0x1F\n  e: 0o17\n  f: +3\n  g: -1E5\n")
	for i, want := range []Value{1e-3, 0.5, int64(1000), int64(31), int64(15), int64(3), -1e5} {
		if got := c.Vars[i].Value; got != want {
			t.Errorf("%s is %v, want %v", c.Vars[i].Name, got, want)
		}
	}
}
