package diag

// expressionCodes are of the grammar of expressions.
var expressionCodes = []Code{
	{
		Name: "syntax", Title: "an expression that cannot be read",
		Text: "Operators, loosest first: ->, comparisons, + -, * / @, unary -, **. Calls take positional arguments, then named ones.",
		Examples: []Example{
			{Wrong: "predict:\n  y: randn(3) randn(3)\n", Right: "predict:\n  y: randn(3) + randn(3)\n"},
			{Wrong: "predict:\n  y: 2 × randn(3)\n", Right: "predict:\n  y: 2 * randn(3)\n"},
		},
	},
	{
		Name: "unbalanced", Title: "a bracket that is not closed",
		Text:     "Each ( and [ has its ) and ].",
		Examples: []Example{{Wrong: "predict:\n  y: relu(randn(3)\n", Right: "predict:\n  y: relu(randn(3))\n"}},
	},
	{
		Name: "hole", Title: "_ where there is no running value",
		Text:     "In a step of a pipeline, _ is the value that runs through it. Elsewhere it stands for nothing.",
		Examples: []Example{{Wrong: "predict:\n  y: _ + randn(3)\n", Right: "predict:\n  y: randn(3) -> _ + relu(_)\n"}},
	},
	{
		Name: "pipeline", Title: "a step that is none",
		Text:     "`x -> f(a)` means f(x, a). A step is an op, a net or a block, or an expression with _ for the running value.",
		Examples: []Example{{Wrong: "predict:\n  y: randn(3) -> 2\n", Right: "predict:\n  y: randn(3) -> _ * 2\n"}},
	},
}
