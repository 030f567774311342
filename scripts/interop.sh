#!/usr/bin/env bash
# Other people's programs read what gotrain writes: TensorBoard the events and what runs
# were made with, safetensors the weights, numpy the arrays.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:-.venv}
"$venv/bin/pip" install -q tensorboard safetensors numpy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fit=(bin/gotrain fit configs/vae-mnist.yaml --data.source digits --data.samples.train 256 --data.samples.val 128
	--log_every_n_steps 1 --default_root_dir "$work" --enable_progress_bar=false)
"${fit[@]}" --max_epochs 2
run=$work/vae-mnist/version_0
bin/gotrain predict "$run" --output sample --n 5 --out "$work/sample.npy"
"$venv/bin/python" internal/logger/testdata/read_events.py "$run" \
	train/loss train/rec train/kl val/loss reconstruct sample config
# TensorBoard's HPARAMS page lists a run that is done, one that was stopped, and that one
# again when it has gone on to its end, each with its settings and last losses.
listed() { # RUN WANTED...
	"$venv/bin/python" internal/logger/testdata/read_hparams.py "$work" "vae-mnist/$1" "${@:2}" \
		"val/loss=$(awk -F, '$NF != "" { v = $NF } END { print v }' "$work/vae-mnist/$1/metrics.csv")"
}
listed version_0 status=SUCCESS latent=20 beta=1 hidden=400 data.batch=128 data.source=digits optimizer.name=adam optimizer.lr=0.001 seed=0 max_epochs=2
stopped=$work/vae-mnist/version_1
"${fit[@]}" --max_epochs 1000 --latent 8 --seed 3 --optimizer.lr 2e-3 & pid=$!
until [ -d "$stopped/checkpoints/best" ]; do kill -0 $pid && sleep 0.1; done
kill -INT $pid
wait $pid && { echo "a fit that was stopped exits 0"; exit 1; }
settings=(latent=8 seed=3 optimizer.lr=0.002)
listed version_1 status=UNKNOWN "${settings[@]}"
epochs=$("$venv/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["run"]["epoch"] + 2)' "$stopped/checkpoints/last/state.json")
bin/gotrain fit "$stopped" --max_epochs "$epochs" --enable_progress_bar=false
listed version_1 status=SUCCESS "${settings[@]}"
"$venv/bin/python" - "$run" "$work/sample.npy" <<'PY'
import json, sys
import numpy as np
from safetensors.numpy import load_file
run, npy = sys.argv[1:]
model = load_file(run + "/checkpoints/last/model.safetensors")
n = sum(t.size for t in model.values())
assert n == 652824, n
assert model["encoder.dense.weight"].shape == (400, 784)
assert all(np.isfinite(t).all() for t in model.values())
optimizer = load_file(run + "/checkpoints/last/optimizer.safetensors")
assert optimizer["adam.m.encoder.dense.weight"].shape == (400, 784)
json.load(open(run + "/checkpoints/last/state.json"))
sample = np.load(npy)
assert sample.shape == (5, 1, 28, 28) and sample.dtype == np.float32 and 0 <= sample.min() and sample.max() <= 1, sample.shape
print(f"safetensors: {len(model)} tensors, {n} parameters; numpy: {sample.shape}")
print("interop: 4 passed, 0 failed")
PY
