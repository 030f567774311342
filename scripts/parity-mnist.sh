#!/usr/bin/env bash
# Ten epochs of the VAE on real MNIST from PyTorch's initial weights: the test loss is at
# most 106.5 and within 0.5 of PyTorch's (oracle/testdata/vae_mnist_10_epochs.json).
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin/gotrain fit configs/vae-mnist.yaml --checkpoint.init_from "$PWD/oracle/testdata/vae.init.safetensors" \
	--max_epochs 10 --default_root_dir "$work" --enable_progress_bar=false
bin/gotrain test "$work/vae-mnist/version_0" --ckpt_path "$work/vae-mnist/version_0/checkpoints/last" --json >"$work/test.json"
python3 - "$work/test.json" <<'PY'
import json, sys
ours = json.load(open(sys.argv[1]))["test/loss"]
runs = json.load(open("oracle/testdata/vae_mnist_10_epochs.json"))
text = json.dumps(runs)
epochs = runs["epochs"] if isinstance(runs, dict) and "epochs" in runs else runs
theirs = epochs[-1]["test_loss"]
print(f"test loss after 10 epochs: gotrain {ours:.3f}, PyTorch {theirs:.3f}, difference {ours - theirs:+.3f}")
assert ours <= 106.5 and abs(ours - theirs) <= 0.5
print("parity: 1 passed, 0 failed")
PY
