package diag

// nameCodes are of names and what they stand for.
var nameCodes = []Code{
	{
		Name: "unknown-name", Title: "a name that stands for nothing",
		Text: "Names resolve in the order local, model value, var, data field. The message lists what the data give.",
		Examples: []Example{
			{Wrong: "data: {source: digits}\npredict:\n  y: imgae / 2\n", Right: "data: {source: digits}\npredict:\n  y: image / 2\n"},
			{Right: "predict:\n  y: randn(3) -> relu -> sum\n", Command: "inspect FILE predict.z", RightCommand: "inspect FILE predict.y"},
			{Right: fedModel, Command: "predict FILE --output y --feed g=0", RightCommand: "predict FILE --output y --feed h=0", Before: []string{"fit FILE"}},
		},
	},
	{
		Name: "unknown-op", Title: "an op, a net or a block that there is not",
		Text:     "What is called, or is a step, is a built-in op or a net or block of this file. `gotrain help layer` lists the ops.",
		Examples: []Example{{Wrong: "predict:\n  y: randn(3) -> rleu\n", Right: "predict:\n  y: randn(3) -> relu\n"}},
	},
	{
		Name: "not-callable", Title: "a value in the place of an op",
		Text:     "A value of model has no parentheses and cannot be called. With parameters, name(x), it would be a net.",
		Examples: []Example{{Wrong: "model:\n  noise: randn(3)\npredict:\n  y: noise(2)\n", Right: "model:\n  noise: randn(3)\npredict:\n  y: noise * 2\n"}},
	},
	{
		Name: "no-value", Title: "an op, a net or a block in the place of a value",
		Text: "A net is a function until it is called: with arguments, or as a step.",
		Examples: []Example{
			{Wrong: "model:\n  net(x): x * 2\npredict:\n  y: net + 1\n", Right: "model:\n  net(x): x * 2\npredict:\n  y: net(randn(3)) + 1\n"},
			{Wrong: "model:\n  net(x): x * 2\npredict:\n  y: randn(3)\n", Right: "model:\n  net(x): x * 2\npredict:\n  y: net(randn(3))\n", Command: "inspect FILE net"},
		},
	},
	{
		Name: "no-member", Title: "a constant that a value has not",
		Text:     "A tensor has .shape, .size and .channels; a data field has constants of its own, such as label.classes.",
		Examples: []Example{{Wrong: "data: {source: digits}\npredict:\n  y: randn(label.clases)\n", Right: "data: {source: digits}\npredict:\n  y: randn(label.classes)\n"}},
	},
	{
		Name: "shadowed", Title: "a name that hides another",
		Text:     "A name that is an op, or of two kinds at once, would read as one and mean the other. Only parameters and locals of a net or block may hide outer names.",
		Examples: []Example{{Wrong: "model:\n  relu: randn(3)\npredict:\n  y: relu\n", Right: "model:\n  noise: randn(3)\npredict:\n  y: noise\n"}},
	},
	{
		Name: "cycle", Title: "a value in terms of itself",
		Text:     "The values of model may stand in any order, but none may need itself.",
		Examples: []Example{{Wrong: "model:\n  a: b + 1\n  b: a * 2\npredict:\n  y: a\n", Right: "model:\n  a: b + 1\n  b: randn(3) * 2\npredict:\n  y: a\n"}},
	},
	{
		Name: "recursion", Title: "a net that calls itself",
		Text:     "A net is a fixed computation, unrolled where it is called: a call of itself would never end.",
		Examples: []Example{{Wrong: "model:\n  net(x): net(x) + 1\npredict:\n  y: net(randn(3))\n", Right: "model:\n  net(x): x + 1\npredict:\n  y: net(randn(3))\n"}},
	},
	{
		Name: "unpack", Title: "names and values that do not pair",
		Text:     "`a, b: …` takes a result of two parts. A result of several parts needs a name for each.",
		Examples: []Example{{Wrong: "model:\n  a, b: randn(6) -> split(3)\npredict:\n  y: a + b\n", Right: "model:\n  a, b: randn(6) -> split(2)\npredict:\n  y: a + b\n"}},
	},
	{
		Name: "unused-value", Title: "a value that nothing uses (warning)",
		Text:     "No loss, metric or prediction needs it, so it is not computed.",
		Examples: []Example{{Wrong: "model:\n  a: randn(3)\n  b: a * 2\npredict:\n  y: a\n", Right: "model:\n  a: randn(3)\n  b: a * 2\npredict:\n  y: b\n"}, {Right: fedModel, Command: "predict FILE --output z --feed k=0", RightCommand: "predict FILE --output y --feed k=0", Before: []string{"fit FILE"}}},
	},
}

// fedModel has an output that a fed value changes, and one that it does not.
const fedModel = "data: {source: digits, samples: {train: 64, val: 16}, batch: 16}\nmodel:\n  h: image -> flatten -> dense(4)\n  k: h * 2\nloss: mean(k)\npredict:\n  y: k\n  z: h\noptimizer: {name: adam}\ntrainer: {max_epochs: 1}\n"
