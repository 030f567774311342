#!/usr/bin/env bash
# Other people's programs read what gotrain writes: TensorBoard the events, safetensors
# the weights, numpy the arrays.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${1:-.venv}
"$venv/bin/pip" install -q tensorboard safetensors numpy
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin/gotrain fit configs/vae-mnist.yaml --data.source digits --data.samples.train 256 --data.samples.val 128 \
	--max_epochs 2 --log_every_n_steps 1 --default_root_dir "$work" --enable_progress_bar=false
run=$work/vae-mnist/version_0
bin/gotrain predict "$run" --output sample --n 5 --out "$work/sample.npy"
"$venv/bin/python" internal/logger/testdata/read_events.py "$run" \
	train/loss train/rec train/kl val/loss reconstruct sample config
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
print("interop: 3 passed, 0 failed")
PY
