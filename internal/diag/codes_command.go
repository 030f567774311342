package diag

// commandCodes are of the command line, the environment and checkpoints.
var commandCodes = []Code{
	{
		Name: "usage", Title: "a command line that cannot be read",
		Text:     "`gotrain VERB --help` shows a command's flags; flags have two dashes.",
		Examples: []Example{{Right: "seed: 1\n", Command: "check FILE -seed 2", RightCommand: "check FILE --seed 2"}},
	},
	{
		Name: "unknown-flag", Title: "a flag that there is not",
		Text:     "A flag is a trainer flag, a var of the file, a config path such as --optimizer.lr, or one of the command's own.",
		Examples: []Example{{Right: "vars: {latent: 20}\n", Command: "check FILE --latnt 3", RightCommand: "check FILE --latent 3"}},
	},
	{
		Name: "bad-path", Title: "a config path that leads nowhere",
		Text:     "--optimizer.betas.0 sets an item of a list that the file has; a list that it has not is given whole.",
		Examples: []Example{{Right: "optimizer: {name: adam}\ntrainer: {max_epochs: 1}\n", Command: "check FILE --optimizer.betas.0 0.5", RightCommand: "check FILE --optimizer.betas [0.5,0.999]"}},
	},
	{
		Name: "unknown-variable", Title: "an environment variable that means nothing",
		Text:     "GOTRAIN_<FLAG> sets a trainer flag. A mistyped one is never ignored.",
		Examples: []Example{{Right: "data: {source: digits}\n", Env: []string{"GOTRAIN_MAX_EPOCH=3"}}},
	},
	{
		Name: "no-checkpoint", Title: "no checkpoint to start from",
		Text:     "validate, test and predict take the newest run's best checkpoint, or what --ckpt_path names. None runs on fresh weights by accident.",
		Examples: []Example{{Right: trained, Command: "validate FILE --ckpt_path nowhere", RightCommand: "validate FILE", Before: []string{"fit FILE"}}},
	},
	{
		Name: "other-model", Title: "a checkpoint of another model",
		Text:     "The checkpoint's weights have other names or shapes than the config's: most often it is of a run with other vars. Its own config is in its run folder, which may be given as FILE.",
		Examples: []Example{{Wrong: deeper, Right: trained, Command: "validate FILE --ckpt_path last", Before: []string{"fit FILE"}}},
	},
	{
		Name: "resume-mismatch", Title: "a resume that would not go on as it was",
		Text:     "Same config, same seed, same bits, across a resume too. What decides the order of samples must be as it was; to train on with other settings, start a new run with init_from.",
		Examples: []Example{{Right: trained, Command: "fit FILE --ckpt_path last --max_epochs 2 --data.batch 16", RightCommand: "fit FILE --ckpt_path last --max_epochs 2", Before: []string{"fit FILE"}}},
	},
}
