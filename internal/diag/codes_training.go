package diag

import "strings"

// A small model that trains in a moment, and one with another layer.
const (
	trained = `data: {source: digits, samples: {train: 64, val: 32}, batch: 32}
model:
  logits: image -> flatten -> dense(label.classes)
loss: cross_entropy(logits, label)
predict:
  guess: logits
optimizer: {name: sgd, lr: 0.1}
trainer: {max_epochs: 1}
`
	deeper = `data: {source: digits, samples: {train: 64, val: 32}, batch: 32}
model:
  logits: image -> flatten -> dense(8) -> relu -> dense(label.classes)
loss: cross_entropy(logits, label)
predict:
  guess: logits
optimizer: {name: sgd, lr: 0.1}
trainer: {max_epochs: 1}
`
)

// scored is trained with a metric.
var scored = strings.Replace(trained, "predict:", "metrics:\n  acc: accuracy(logits, label)\npredict:", 1)

// trainingCodes are of what is trained, and how.
var trainingCodes = []Code{
	{
		Name: "untrained-layer", Title: "weights where nothing trains",
		Text: "A layer with weights in metrics or predict would keep its first, random weights.",
		Examples: []Example{{
			Wrong: "data: {source: digits}\npredict:\n  y: image -> flatten -> dense(3)\n",
			Right: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(3)\nloss: sum(y**2)\npredict:\n  y: y\n",
		}},
	},
	{
		Name: "untrained-weights", Title: "weights that do not reach the loss (warning)",
		Text: "They are used by a metric or a prediction only, or stand behind a comparison or stop_grad, so no gradient moves them.",
		Examples: []Example{
			{
				Wrong: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(3)\n  other: image -> flatten -> dense(2)\nloss: sum(y**2)\npredict:\n  other: other\n",
				Right: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(3)\n  other: image -> flatten -> dense(2)\nloss: sum(y**2) + sum(other**2)\npredict:\n  other: other\n",
			},
			{
				Wrong: "data: {source: digits}\nmodel:\n  hidden: image -> flatten -> dense(8)\n  y: (hidden > 0) * 1 -> dense(3)\nloss: sum(y**2)\n",
				Right: "data: {source: digits}\nmodel:\n  hidden: image -> flatten -> dense(8)\n  y: relu(hidden) -> dense(3)\nloss: sum(y**2)\n",
			},
		},
	},
	{
		Name: "nothing-trains", Title: "a loss that moves no weight",
		Text: "An optimizer moves weights along the gradient of the loss. None of the weights has one: the loss has no weights in it, or all of them stand behind a comparison or stop_grad.",
		Examples: []Example{
			{
				Wrong: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(3)\nloss: mean((y > 0) * 1)\noptimizer: {name: sgd, lr: 0.1}\ntrainer: {max_epochs: 1}\n",
				Right: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(3)\nloss: mean(sigmoid(y))\noptimizer: {name: sgd, lr: 0.1}\ntrainer: {max_epochs: 1}\n",
			},
			{
				Wrong: "data: {source: digits}\nloss: mean(image)\noptimizer: {name: sgd, lr: 0.1}\ntrainer: {max_epochs: 1}\n",
				Right: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(3)\nloss: mean(y**2)\noptimizer: {name: sgd, lr: 0.1}\ntrainer: {max_epochs: 1}\n",
			},
		},
	},
	{
		Name: "mean-beside-kl", Title: "a mean-reduced loss beside kl_normal (warning)",
		Text: "kl_normal is a sum over its elements. Beside a mean over pixels it weighs as many times more as there are pixels: in a VAE on MNIST 784 times. Write reduce=sum, or scale one of them.",
		Examples: []Example{{
			Wrong: "data: {source: digits}\nmodel:\n  mu, logvar: image -> flatten -> dense(8) -> split(2)\n  recon: mu -> dense(image.size) -> reshape(image.shape)\nloss:\n  rec: bce_logits(recon, image)\n  kl: kl_normal(mu, logvar)\n",
			Right: "data: {source: digits}\nmodel:\n  mu, logvar: image -> flatten -> dense(8) -> split(2)\n  recon: mu -> dense(image.size) -> reshape(image.shape)\nloss:\n  rec: bce_logits(recon, image, reduce=sum)\n  kl: kl_normal(mu, logvar)\n",
		}},
	},
	{
		Name: "rewritten", Title: "a loss that is computed in a better form (warning)",
		Text: "bce of a sigmoid loses its gradient where the sigmoid saturates; bce_logits of the logits is the same loss and does not.",
		Examples: []Example{{
			Wrong: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(784) -> sigmoid\nloss: bce(y, flatten(image))\n",
			Right: "data: {source: digits}\nmodel:\n  y: image -> flatten -> dense(784)\nloss: bce_logits(y, flatten(image))\n",
		}},
	},
	{
		Name: "bad-data-file", Title: "a data file that cannot be read",
		Text: "The arrays of npz and npy are the fields, so `check` reads them. Their first axis counts the samples, the same in each; they are floats, integers or booleans. A file that is gone or broken is a fault of the environment: exit code 3, unless the config has faults of its own.",
		Examples: []Example{{
			Wrong: "data: {source: npz, path: /dev/null}\nmodel:\n  logits: image -> flatten -> dense(3)\nloss: cross_entropy(logits, label)\noptimizer: {name: sgd, lr: 0.1}\n",
			Right: trained,
		}},
	},
	{
		Name: "bad-pairs", Title: "pairs of what has no pictures or no classes",
		Text: "pairs: label makes pairs of labelled pictures: fields left, right and same, which is 1 where the labels are. It needs a field image and a field of classes.",
		Examples: []Example{{
			Wrong: "data: {source: digits, pairs: image}\nmodel:\n  d: mean((left - right)**2)\nloss: (d - same)**2\noptimizer: {name: sgd, lr: 0.1}\n",
			Right: "data: {source: digits, pairs: label}\nmodel:\n  d: mean((left - right)**2)\n  p: d -> reshape(1) -> dense(1)\nloss: sum((p - same)**2)\noptimizer: {name: sgd, lr: 0.1}\ntrainer: {max_epochs: 1}\n",
		}},
	},
	{
		Name: "unknown-schedule", Title: "a schedule that there is not",
		Text: "schedule.name says how the learning rate changes over the run; the reference has the list. Leave the section out, and it stays.",
		Examples: []Example{{
			Wrong: strings.Replace(trained, "trainer:", "schedule: {name: cosin}\ntrainer:", 1),
			Right: strings.Replace(trained, "trainer:", "schedule: {name: cosine}\ntrainer:", 1),
		}},
	},
	{
		Name: "unknown-optimizer", Title: "an optimizer that there is not",
		Text:     "docs/reference.md lists the optimizers with their arguments.",
		Examples: []Example{{Wrong: "optimizer: {name: adm, lr: 1e-3}\ntrainer: {max_epochs: 1}\n", Right: "optimizer: {name: adam, lr: 1e-3}\ntrainer: {max_epochs: 1}\n"}},
	},
	{
		Name: "no-end", Title: "a training without an end",
		Text: "A warning where neither max_epochs nor max_steps is given, nor max_time: it trains 1000 epochs, as Lightning does. An error where both are -1 and the schedule has to end with the run.",
		Examples: []Example{
			{Wrong: "optimizer: {name: adam, lr: 1e-3}\n", Right: "optimizer: {name: adam, lr: 1e-3}\ntrainer: {max_epochs: 20}\n"},
			{
				Wrong: strings.Replace(trained, "trainer: {max_epochs: 1}", "schedule: {name: cosine}\ntrainer: {max_epochs: -1}", 1),
				Right: strings.Replace(trained, "trainer: {max_epochs: 1}", "schedule: {name: cosine, over: 100 epochs}\ntrainer: {max_epochs: -1}", 1),
			},
		},
	},
	{
		Name: "unknown-metric", Title: "a monitor that nothing logs",
		Text: "checkpoint.monitor names a curve: train/loss, val/loss, or train/ and val/ with a term of the loss or a metric.",
		Examples: []Example{{
			Wrong: trained + "checkpoint: {monitor: val/los}\n",
			Right: trained + "checkpoint: {monitor: val/loss}\n",
		}},
	},
	{
		Name: "mode-needed", Title: "a monitor that needs its mode",
		Text: "The file says whether less or more of its own monitor is better. A flag that changes the monitor alone would keep the worst checkpoint as the best. Without a mode less is better: a warning where the monitor is an accuracy or f1.",
		Examples: []Example{{
			Wrong: scored + "checkpoint: {monitor: val/acc}\n",
			Right: scored + "checkpoint: {monitor: val/acc, mode: max}\n",
		}, {Right: "data: {source: digits}\nmodel:\n  logits: image -> flatten -> dense(10)\nloss: cross_entropy(logits, label)\nmetrics:\n  acc: accuracy(logits, label)\ncheckpoint: {monitor: val/acc, mode: max}\n", Command: "check FILE --monitor val/loss", RightCommand: "check FILE --monitor val/loss --mode min"}},
	},
	{
		Name: "early-stop", Title: "an early_stop that never acts (warning)",
		Text: "early_stop waits for validations to get no better, and there are none: limit_val_batches is 0, or the data has no val split. train/loss can be monitored too.",
		Examples: []Example{{
			Wrong: strings.Replace(trained, "max_epochs: 1", "max_epochs: 1, limit_val_batches: 0, early_stop: {patience: 1}", 1),
			Right: strings.Replace(trained, "max_epochs: 1", "max_epochs: 1, early_stop: {patience: 1}", 1),
		}},
	},
	{
		Name: "no-file", Title: "a file that is not there",
		Text:     "data.path, checkpoint.init_from and include name files, of which a relative path is relative to the file that names it, and one of the command line to the folder that it is given in.",
		Examples: []Example{{Wrong: trained + "checkpoint: {init_from: weights.safetensors}\n", Right: trained}, {Wrong: "include: base.yml\ndata: {source: digits}\n", Right: "data: {source: digits}\n"}, {Wrong: trained + "checkpoint: {init_from: runs/config/version_0}\n", Right: trained, Before: []string{"fit FILE"}}},
	},
	{
		Name: "init-from", Title: "weights to start from that do not fit",
		Text: "init_from matches weights by name, strictly: each must be in the file, with its shape, and no other. With only: a glob of names, or a list of them, this holds for the weights so named; the others are new.",
		Examples: []Example{
			{Wrong: deeper + "checkpoint: {init_from: runs/config/version_0/checkpoints/last/model.safetensors}\n", Right: trained, Before: []string{"fit FILE"}},
			{Wrong: deeper + "checkpoint: {init_from: {file: runs/config/version_0/checkpoints/last, only: \"*.bias\"}}\n", Right: trained, Before: []string{"fit FILE"}},
			{Wrong: trained + "checkpoint: {init_from: config.yaml}\n", Right: trained},
		},
	},
	{
		Name: "missing-section", Title: "a section that the command needs",
		Text:     "fit needs data, loss and optimizer; validate and test need data and a loss or metrics; predict needs predict. The message has lines to paste.",
		Examples: []Example{{Wrong: "data: {source: digits}\nmodel:\n  logits: image -> flatten -> dense(label.classes)\nloss: cross_entropy(logits, label)\ntrainer: {max_epochs: 1}\n", Right: trained, Command: "fit FILE"}},
	},
	{
		Name: "unknown-output", Title: "a predict output that there is not",
		Text:     "--output of predict and trainer.log_images name keys of the predict section.",
		Examples: []Example{{Wrong: "data: {source: digits}\npredict:\n  picture: 1 - image\ntrainer: {max_epochs: 1, log_images: {pictur: 1 epoch}}\n", Right: "data: {source: digits}\npredict:\n  picture: 1 - image\ntrainer: {max_epochs: 1, log_images: {picture: 1 epoch}}\n"}},
	},
	{
		Name: "missing-split", Title: "a split that the data have not",
		Text: "validate runs on val, test on test. The arrays of npy and npz are all training data: data.split takes the others from them.",
		Examples: []Example{{
			Wrong:   "data: {source: npy, path: image.npy}\nmodel:\n  logits: image -> flatten -> dense(3)\nmetrics:\n  size: sum(logits**2)\n",
			Right:   "data: {source: digits, samples: {train: 64, val: 32}}\nmodel:\n  logits: image -> flatten -> dense(3)\nloss: sum(logits**2)\npredict:\n  image: image\noptimizer: {name: sgd, lr: 1e-3}\ntrainer: {max_epochs: 1}\n",
			Command: "test FILE --ckpt_path last", Before: []string{"fit FILE", "predict FILE --output image --n 8 --out image.npy"},
		}},
	},
}
