package diag

// shapeCodes are of shapes.
var shapeCodes = []Code{
	{
		Name: "shape", Title: "shapes that do not fit",
		Text: "Shapes leave the batch axis out. The message shows the pipeline with the shape after each step up to the fault.",
		Examples: []Example{
			{Right: fedModel, Command: "predict FILE --output y --feed h=image", RightCommand: "predict FILE --output y --feed h=randn(4)", Before: []string{"fit FILE"}},
			{
				Wrong: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(30) -> reshape(4, 8)\npredict:\n  y: y\n",
				Right: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(32) -> reshape(4, 8)\nloss: sum(y)\n",
			},
			{
				Wrong: "data: {source: digits}\nmodel:\n  logits: image -> dense(10)\nloss: cross_entropy(logits, label)\n",
				Right: "data: {source: digits}\nmodel:\n  logits: image -> flatten -> dense(10)\nloss: cross_entropy(logits, label)\n",
			},
			{
				Wrong: "data: {source: digits}\nmodel:\n  logits: image -> flatten -> dense(5)\nloss: cross_entropy(logits, label)\n",
				Right: "data: {source: digits}\nmodel:\n  logits: image -> flatten -> dense(label.classes)\nloss: cross_entropy(logits, label)\n",
			},
		},
	},
	{
		Name: "not-per-sample", Title: "a loss or a metric that is not one number per sample",
		Text:     "A loss is one number per sample, and the batch is averaged. Which reduction is meant, sum or mean, changes the result: it must be written.",
		Examples: []Example{{Wrong: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(3)\nloss: y**2\n", Right: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(3)\nloss: sum(y**2)\n"}},
	},
	{
		Name: "no-image", Title: "pictures of what is no image",
		Text: "log_images draws outputs of shape [C,H,W] with 1 or 3 channels.",
		Examples: []Example{{
			Wrong: "data: {source: digits}\npredict:\n  picture: flatten(image)\ntrainer: {max_epochs: 1, log_images: {picture: 1 epoch}}\n",
			Right: "data: {source: digits}\npredict:\n  picture: 1 - image\ntrainer: {max_epochs: 1, log_images: {picture: 1 epoch}}\n",
		}},
	},
}
