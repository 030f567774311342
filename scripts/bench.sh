#!/usr/bin/env bash
# Times what a user waits for: `gotrain check` and a dev run on drawn digits, medians, and,
# where a Python with torch is given, training steps beside PyTorch's, interleaved:
#   PYTHON=.venv/bin/python make bench
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
median() { sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
wall() { # milliseconds of a command
	local start end
	start=$(date +%s%N); "$@" >/dev/null 2>&1; end=$(date +%s%N)
	echo $(((end - start) / 1000000))
}
for _ in $(seq 9); do
	wall bin/gotrain check configs/vae-mnist.yaml >>"$work/check"
	wall bin/gotrain fit configs/vae-mnist.yaml --data.source digits --fast_dev_run >>"$work/dev"
done
echo "check configs/vae-mnist.yaml          $(median <"$work/check") ms"
echo "fit --fast_dev_run on digits          $(median <"$work/dev") ms"
if [ -n "${PYTHON:-}" ]; then
	python3 bench/compare.py "$PYTHON" --rounds "$rounds" ${BENCH_ARGS:-}
else
	bin/gotrain profile configs/vae-mnist.yaml
	echo "PYTHON=… make bench compares with PyTorch: pip install -r oracle/requirements.txt"
fi
