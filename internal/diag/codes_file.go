package diag

import "strings"

// fileCodes are of the file as YAML. They are made when asked for: some examples are large.
func fileCodes() []Code {
	return []Code{
		{
			Name: "yaml", Title: "the file is no YAML",
			Text: "The YAML reader could not go on. Maps and lists are indented with spaces, brackets and quotes are closed, and a text that starts with one of * & ! % @ ` [ { ' \" or that holds `: ` or ` #` is quoted.",
			Examples: []Example{
				{Wrong: "seed: 1\ndata:\n\tsource: digits\n", Right: "seed: 1\ndata:\n  source: digits\n"},
				{Wrong: "data: {source: digits\nseed: 1\n", Right: "data: {source: digits}\nseed: 1\n"},
				{Wrong: "predict:\n  y: @randn(3)\n", Right: "predict:\n  y: randn(3)\n"},
			},
		},
		{
			Name: "encoding", Title: "the file is no UTF-8 text with ordinary line ends",
			Text: "A config is UTF-8. A lone carriage return, U+0085, U+2028 and U+2029 end a line for YAML and for few editors, so every place named after one would be wrong.",
			Examples: []Example{
				{Wrong: "name: one\u2028seed: 1\n", Right: "name: one\nseed: 1\n"},
				{Wrong: "name: caf\xe9\n", Right: "name: café\n"},
			},
		},
		{
			Name: "empty", Title: "the file is empty",
			Text:     "A config has at least one section.",
			Examples: []Example{{Wrong: "# nothing but a comment\n", Right: "data: {source: digits}\n"}},
		},
		{
			Name: "several-documents", Title: "a second YAML document",
			Text:     "One file is one config. A line of three dashes starts another document.",
			Examples: []Example{{Wrong: "data: {source: digits}\n---\nseed: 1\n", Right: "data: {source: digits}\nseed: 1\n"}},
		},
		{
			Name: "too-large", Title: "a file or an expression beyond what a config needs",
			Text: "A config has at most 1 MiB and 20,000 nodes, an expression 10,000 words. What is larger is most often made by a program that could say `repeat`, a net or a block.",
			Examples: []Example{
				{Wrong: "predict:\n  y: randn(3)" + strings.Repeat(" + 1", 6000) + "\n", Right: "predict:\n  y: randn(3) + 6000\n"},
				{Wrong: strings.Repeat("# A comment.\n", 100_000) + "seed: 1\n", Right: "# A comment.\nseed: 1\n"},
			},
		},
		{
			Name: "too-deep", Title: "maps and lists nest too deep",
			Text:     "A config nests at most 100 deep.",
			Examples: []Example{{Wrong: "vars:\n  a: " + strings.Repeat("[", 120) + strings.Repeat("]", 120) + "\n", Right: "vars:\n  a: [1, 2]\n"}},
		},
		{
			Name: "cut-expression", Title: "YAML cut an expression at a comma",
			Text: "Within [ ] and { } a comma of YAML ends a value, also inside the parentheses of an expression: `{acc: accuracy(logits, label)}` becomes two keys. Put the expression on its own line, or quote it.",
			Examples: []Example{
				{
					Wrong: "data: {source: digits}\nmodel:\n  logits: image -> flatten -> dense(10)\nmetrics: {acc: accuracy(logits, label)}\n",
					Right: "data: {source: digits}\nmodel:\n  logits: image -> flatten -> dense(10)\nmetrics:\n  acc: accuracy(logits, label)\nloss: cross_entropy(logits, label)\n",
				},
				{Wrong: "predict:\n  y: [randn(3), relu]\n", Right: "predict:\n  y:\n    - randn(3)\n    - relu\n"},
			},
		},
		{
			Name: "yaml-trap", Title: "YAML reads something else than what is written",
			Text: "! starts a tag, which YAML takes away; a whole number with a zero in front is of base 10 or 8, by the version of YAML. Quote the one, and write the other without its zeros. (yes, no, on and off are texts, and not true and false; digits with colons are texts too.)",
			Examples: []Example{
				{Wrong: "data: {source: digits}\npredict:\n  y: !image + 2\n", Right: "data: {source: digits}\npredict:\n  y: image + 2\n"},
				{Wrong: "seed: 010\n", Right: "seed: 10\n"},
			},
		},
		{
			Name: "duplicate-key", Title: "a key, a name or a parameter stands twice",
			Text:     "Which of the two is meant cannot be told.",
			Examples: []Example{{Wrong: "seed: 1\nseed: 2\n", Right: "seed: 2\n"}},
		},
	}
}
