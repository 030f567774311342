package diag

// configCodes are of sections, keys and constants.
var configCodes = []Code{
	{
		Name: "unknown-key", Title: "a key that the language has not",
		Text: "Each section has a fixed set of keys; a mistyped one is never ignored.",
		Examples: []Example{
			{Wrong: "data: {sorce: digits, source: digits}\n", Right: "data: {source: digits}\n"},
			{Wrong: "optimiser: {name: adam, lr: 1e-3}\n", Right: "optimizer: {name: adam, lr: 1e-3}\ntrainer: {max_epochs: 1}\n"},
		},
	},
	{
		Name: "missing-value", Title: "a key without a value, or a section without what it needs",
		Text:     "The key is there, and nothing after it; or a part is missing without which the section says nothing.",
		Examples: []Example{{Wrong: "optimizer: {lr: 1e-3}\ntrainer: {max_epochs: 1}\n", Right: "optimizer: {name: adam, lr: 1e-3}\ntrainer: {max_epochs: 1}\n"}},
	},
	{
		Name: "wrong-type", Title: "a value of the wrong kind",
		Text:     "A map where a word is due, a word where a number is due, and so on.",
		Examples: []Example{{Wrong: "data: {source: digits, batch: many}\n", Right: "data: {source: digits, batch: 64}\n"}},
	},
	{
		Name: "bad-value", Title: "a value out of what is allowed",
		Text: "The kind is right, the value is not: out of its range, or none of the words that may stand there.",
		Examples: []Example{
			{Wrong: "data: {source: digits, batch: 0}\n", Right: "data: {source: digits, batch: 64}\n"},
			{Wrong: "trainer: {max_epochs: many}\n", Right: "trainer: {max_epochs: 10}\n"},
			{
				Wrong: "trainer:\n  max_epochs: 2\n  min_epochs: 3\n  max_steps: 5\n  min_steps: 9\n  overfit_batches: 2\n  limit_val_batches: 3\n  check_val_every_n_epoch: none\n  val_check_interval: 0.5\n",
				Right: "trainer:\n  max_epochs: 3\n  min_epochs: 2\n  max_steps: 9\n  min_steps: 5\n  overfit_batches: 2\n  check_val_every_n_epoch: none\n  val_check_interval: 5\n",
			},
			{Wrong: "data: {source: digits, batch: \"${env:BATCH_OF_NO_ONE, 64}\"}\n", Right: "data: {source: digits, batch: \"${env:BATCH_OF_NO_ONE, 64}\"}\n", Env: []string{"BATCH_OF_NO_ONE=${x}"}},
		},
	},
	{
		Name: "bad-name", Title: "a name that is no identifier",
		Text:     "Names of vars, values, nets, blocks and terms are letters, digits and _, and start with no digit.",
		Examples: []Example{{Wrong: "predict:\n  my-output: randn(3)\n", Right: "predict:\n  my_output: randn(3)\n"}},
	},
	{
		Name: "reserved-name", Title: "a var with the name of a flag",
		Text:     "Each var is a flag of the command line, so it cannot have the name of another.",
		Examples: []Example{{Wrong: "vars: {max_steps: 10}\n", Right: "vars: {layers: 10}\n"}},
	},
	{
		Name: "bad-signature", Title: "a net or block whose head cannot be read",
		Text:     "A net of model and a block of blocks is `name(x)` or `name(x, k=3)`: names, with defaults where there are any. A value has no parentheses.",
		Examples: []Example{{Wrong: "model:\n  net(3): randn(3)\n", Right: "model:\n  net(x): x -> relu\n"}},
	},
	{
		Name: "after-return", Title: "a line after return",
		Text:     "A body of several lines ends in `return: …`; what stands after it would never be used.",
		Examples: []Example{{Wrong: "model:\n  net(x):\n    return: x -> relu\n    y: x + 1\n", Right: "model:\n  net(x):\n    y: x + 1\n    return: y -> relu\n"}},
	},
	{
		Name: "bad-constant", Title: "an expression that is no constant",
		Text:     "${…} is evaluated before the model: it sees vars and numbers only, and its result must be finite.",
		Examples: []Example{{Wrong: "vars: {lr: 1e-3}\noptimizer: {name: adam, lr: \"${lr * gpu}\"}\ntrainer: {max_epochs: 1}\n", Right: "vars: {lr: 1e-3}\noptimizer: {name: adam, lr: \"${lr * 2}\"}\ntrainer: {max_epochs: 1}\n"}},
	},
	{
		Name: "include-cycle", Title: "a file that includes itself",
		Text:     "include reads other files first and merges this one over them: a circle of files has no first.",
		Examples: []Example{{Wrong: "include: config.yaml\ndata: {source: digits}\n", Right: "data: {source: digits}\n"}},
	},
	{
		Name: "nothing-to-drop", Title: "!drop of what no included file has",
		Text:     "key: !drop takes away a key that an included file gives. Here none does: it may be mistyped.",
		Examples: []Example{{Wrong: "data: {source: digits, batch: !drop }\n", Right: "data: {source: digits}\n"}},
	},
	{
		Name: "no-environment", Title: "a variable that the environment has not",
		Text:     "${env:NAME} reads the environment; ${env:NAME, value} has a default for where NAME is not set.",
		Examples: []Example{{Wrong: "data: {source: digits, batch: \"${env:BATCH_OF_NO_ONE}\"}\n", Right: "data: {source: digits, batch: \"${env:BATCH_OF_NO_ONE, 64}\"}\n"}},
	},
	{
		Name: "two-optimizers", Title: "optimizer and optimizers in one file",
		Text:     "optimizer trains everything by the loss; optimizers is a list in which each entry says what it updates and minimizes. One of them is meant.",
		Examples: []Example{{Wrong: "optimizer: {name: adam}\noptimizers:\n  - {update: net, minimize: mean(h), name: adam}\ndata: {source: digits}\nmodel:\n  net(x): x -> flatten -> dense(4)\n  h: net(image)\n", Right: "optimizers:\n  - {update: net, minimize: mean(h), name: adam}\ndata: {source: digits}\nmodel:\n  net(x): x -> flatten -> dense(4)\n  h: net(image)\n"}},
	},
	{
		Name: "no-weights", Title: "a name of weights that names none",
		Text:     "update names a net of model, or the weights by a glob such as decoder.dense*: something that has weights and is used. So does only of checkpoint.init_from. no_decay names parts of names too, and warns where it names nothing.",
		Examples: []Example{{Wrong: "optimizers:\n  - {update: nett, minimize: mean(h), name: adam}\ndata: {source: digits}\nmodel:\n  net(x): x -> flatten -> dense(4)\n  h: net(image)\n", Right: "optimizers:\n  - {update: net, minimize: mean(h), name: adam}\ndata: {source: digits}\nmodel:\n  net(x): x -> flatten -> dense(4)\n  h: net(image)\n"}, {Wrong: decayed("biass"), Right: decayed("bias")}, {Wrong: trained + "checkpoint: {init_from: {file: runs/config/version_0/checkpoints/last, only: logit.*}}\n", Right: trained, Before: []string{"fit FILE"}}},
	},
	{
		Name: "not-built-yet", Title: "a part of the language that this version has not",
		Text:     "The word is right, and a later version will do it.",
		Examples: []Example{{Wrong: "data: {source: digits}\ntrainer: {max_epochs: 1, sync_batchnorm: true}\n", Right: "data: {source: digits}\ntrainer: {max_epochs: 1}\n"}},
	},
	{
		Name: "unknown-source", Title: "a data source that there is not",
		Text:     "data.source names one of the built-in sources.",
		Examples: []Example{{Wrong: "data: {source: mnst}\n", Right: "data: {source: mnist}\n"}},
	},
	{
		Name: "bad-samples", Title: "numbers of samples that a source cannot give",
		Text:     "Only a source that is drawn takes samples, within bounds.",
		Examples: []Example{{Wrong: "data: {source: mnist, samples: {train: 100}}\n", Right: "data: {source: digits, samples: {train: 100}}\n"}},
	},
	{
		Name: "impossible-split", Title: "a split that leaves nothing to train on",
		Text:     "val and test of data.split are taken from the training data, of which at least one sample must stay.",
		Examples: []Example{{Wrong: "data: {source: digits, samples: {train: 100}, split: {val: 100}}\n", Right: "data: {source: digits, samples: {train: 100}, split: {val: 10}}\n"}},
	},
}

// decayed is a config whose optimizer leaves the weights called word alone.
func decayed(word string) string {
	return "data: {source: digits}\nmodel:\n  net(x): x -> flatten -> dense(4)\nloss: sum(net(image))\noptimizer: {name: adamw, no_decay: [" + word + "]}\ntrainer: {max_epochs: 1}\n"
}
