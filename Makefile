# Two commands matter: `make demo` and `make test`. Everything they need is installed by them.
# Caches live outside the clone so that a second run is warm: override with FORECOURT_CACHE.

SHELL := /bin/bash
FORECOURT_CACHE ?= $(HOME)/.cache/forecourt
export FORECOURT_CACHE
export CARGO_TARGET_DIR ?= $(FORECOURT_CACHE)/target
export npm_config_cache ?= $(FORECOURT_CACHE)/npm

# Where `make demo` keeps its dealer group, and where the console answers.
DATA ?= data/demo
LISTEN ?= 127.0.0.1:8080

.PHONY: help demo test bench lint rust-test web-test e2e web openapi clean-demo

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: ## build everything, generate the demo dealer group, import, unify, serve the console
	@scripts/install-missing.sh run
	@scripts/build-web.sh
	cargo build --release --locked -p forecourt
	WEB_DIR=web/apps/console/dist $(CARGO_TARGET_DIR)/release/forecourt demo --data-dir $(DATA) --listen $(LISTEN)

test: ## install what is missing and run every check: Rust, web, browser
	@scripts/test.sh

lint: ## formatting, clippy, licences, eslint, types
	@scripts/test.sh lint

rust-test: ## Rust tests only
	@scripts/test.sh rust

web-test: ## web tests only
	@scripts/test.sh web

e2e: ## Story 1 through HTTP and a real browser
	@scripts/test.sh e2e

bench: ## measure what the documentation promises; writes docs/benchmarks.md
	@scripts/bench.sh

web: ## build the console
	@scripts/build-web.sh

openapi: ## regenerate the API document and the typed client
	cargo run --locked -p forecourt -- openapi > web/packages/api/openapi.json
	cd web && npm run generate --workspace packages/api

clean-demo: ## forget the demo dealer group
	rm -rf $(DATA)
