#!/bin/sh
# A grid search is a shell loop: every var and config key is a flag.
#   scripts/grid.sh [more flags for every run, e.g. --data.source digits --max_epochs 2]
set -eu
gotrain=${GOTRAIN:-bin/gotrain}
config=${CONFIG:-configs/vae-mnist.yaml}
for lr in 1e-3 3e-4; do
	for latent in 2 20; do
		"$gotrain" fit "$config" --optimizer.lr "$lr" --latent "$latent" "$@"
	done
done
"$gotrain" runs
