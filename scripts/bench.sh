#!/usr/bin/env bash
# Times what a user waits for, rounds interleaved, medians: `gotrain check`, a dev run on
# drawn digits, and the VAE's step, beside PyTorch's where a Python with torch is given:
#   PYTHON=.venv/bin/python make bench
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
median() { sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
wall() { # milliseconds of a command
	local start end
	start=$(date +%s%N); "$@" >/dev/null 2>&1; end=$(date +%s%N)
	echo $(((end - start) / 1000000))
}
go test -c -o "$work/train.test" ./internal/train
for _ in $(seq "$rounds"); do
	wall bin/gotrain check configs/vae-mnist.yaml >>"$work/check"
	wall bin/gotrain fit configs/vae-mnist.yaml --data.source digits --fast_dev_run >>"$work/dev"
	(cd internal/train && "$work/train.test" -test.run '^$' -test.bench VAEStep -test.benchtime 20x) |
		awk '/BenchmarkVAEStep/ {print $3/1e6}' >>"$work/step"
	if [ -n "${PYTHON:-}" ]; then
		"$PYTHON" bench/vae_torch.py >"$work/torch"
		awk -F '\t' '/as written/ {print $2}' "$work/torch" >>"$work/torch.written"
		awk -F '\t' '/tuned/ {print $2}' "$work/torch" >>"$work/torch.tuned"
	fi
done
echo "date     $(date -u +%F)"
echo "machine  $(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo), $(nproc) cores"
echo "gotrain  $(bin/gotrain --version)"
echo "check configs/vae-mnist.yaml          $(median <"$work/check") ms"
echo "fit --fast_dev_run on digits          $(median <"$work/dev") ms"
echo "VAE step, batch 128                   $(median <"$work/step") ms"
if [ -n "${PYTHON:-}" ]; then
	echo "  PyTorch $("$PYTHON" -c 'import torch; print(torch.__version__)') as written        $(median <"$work/torch.written") ms"
	echo "  PyTorch tuned                       $(median <"$work/torch.tuned") ms"
fi
