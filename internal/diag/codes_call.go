package diag

// callCodes are of arguments.
var callCodes = []Code{
	{
		Name: "unknown-argument", Title: "an argument that an op has not",
		Text:     "`gotrain help layer NAME` shows an op's arguments and their defaults.",
		Examples: []Example{{Wrong: "predict:\n  y: randn(6) -> split(parts=2) -> _[0]\n", Right: "predict:\n  y: randn(6) -> sum\n"}},
	},
	{
		Name: "missing-argument", Title: "an argument that an op cannot do without",
		Text:     "Arguments without a default must be given. In a pipeline the running value is the first.",
		Examples: []Example{{Wrong: "predict:\n  y: relu()\n", Right: "predict:\n  y: relu(randn(3))\n"}},
	},
	{
		Name: "too-many-arguments", Title: "more arguments than an op takes",
		Text:     "In a pipeline the running value is the first argument: `x -> f(a)` is f(x, a).",
		Examples: []Example{{Wrong: "predict:\n  y: randn(3) -> relu(1)\n", Right: "predict:\n  y: randn(3) -> relu\n"}},
	},
	{
		Name: "argument-twice", Title: "an argument that is given twice",
		Text:     "By place and by name, or twice by name.",
		Examples: []Example{{Wrong: "predict:\n  y: relu(randn(3), x=randn(3))\n", Right: "predict:\n  y: relu(x=randn(3))\n"}},
	},
	{
		Name: "bad-argument", Title: "an argument of the wrong kind or value",
		Text:     "The message says what the argument takes.",
		Examples: []Example{{Wrong: "data: {source: digits}\nmodel:\n  logits: image -> flatten -> dense(0.5)\nloss: cross_entropy(logits, label)\n", Right: "data: {source: digits}\nmodel:\n  logits: image -> flatten -> dense(10)\nloss: cross_entropy(logits, label)\n"}},
	},
	{
		Name: "bad-operand", Title: "an operator on what is no number",
		Text:     "+ - * / ** and comparisons take numbers and tensors.",
		Examples: []Example{{Wrong: "predict:\n  y: randn(3) + \"two\"\n", Right: "predict:\n  y: randn(3) + 2\n"}},
	},
	{
		Name: "bad-index", Title: "an index beyond a list",
		Text:     "Lists count from 0, and from their end with negative numbers.",
		Examples: []Example{{Wrong: "vars: {widths: [8, 4]}\npredict:\n  y: randn(widths[2])\n", Right: "vars: {widths: [8, 4]}\npredict:\n  y: randn(widths[1])\n"}},
	},
}
