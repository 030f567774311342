#!/usr/bin/env bash
# configs/lenet-mnist.yaml as it stands reaches an accuracy on the test images of a source.
# Usage: scripts/lenet.sh SOURCE ACCURACY [flags of fit], after make build.
set -euo pipefail
cd "$(dirname "$0")/.."
source=$1 wanted=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin/gotrain fit configs/lenet-mnist.yaml --data.source "$source" "$@" --default_root_dir "$work" --enable_progress_bar=false
run="$work/lenet-mnist/version_0"
bin/gotrain test "$run" --ckpt_path "$run/checkpoints/last" --json >"$work/test.json"
python3 - "$work/test.json" "$source" "$wanted" <<'PY'
import json, sys
accuracy, source, wanted = json.load(open(sys.argv[1]))["test/acc"], sys.argv[2], float(sys.argv[3])
print(f"lenet on {source}: test accuracy {accuracy:.4f}, wanted {wanted}")
assert accuracy >= wanted
PY
