#!/usr/bin/env bash
# Runs every fuzzer of the tree for the given time each. An input that reaches new code is
# shortened for a moment only: by default that takes a minute each, and nothing else is tried.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do
	grep -oE '^func Fuzz[A-Za-z0-9_]*' "$file" | sed 's/^func //' | while read -r name; do
		echo "fuzz $name in $(dirname "$file") for $time"
		go test "$(dirname "$file")" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 200x </dev/null
	done
done
