# What people do with this repository. Each target sets up what it needs; nothing is done twice.

SHELL := /bin/bash
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/enmon
export PATH := $(CACHE)/bin:$(PATH):$(HOME)/.cargo/bin

.DEFAULT_GOAL := help
.PHONY: help demo build setup test lint fmt unit million lease doc bench bench-modbus bench-acn fuzz bless snapshots advisories clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: build ## Build, start a simulated garage and the controller on it, and show it live
	@target/release/enmon demo

build: ## Build the release program: target/release/enmon
	@scripts/setup.sh build
	@echo "== building the release program"
	cargo build --release --locked

setup: ## Install what the tests need (apt, .venv, ~/.cache/enmon)
	@scripts/setup.sh test

test: setup ## Install what the tests need, then run every check and test
	@$(MAKE) --no-print-directory lint unit million doc
	@echo "== all checks and tests have passed"

lint: setup ## Check format, clippy, licences and sources of crates
	@echo "== checking the format"
	cargo fmt --check
	@echo "== looking for mistakes with clippy"
	cargo clippy --locked --all-targets -- -D warnings
	@echo "== checking licences, banned crates and sources"
	cargo deny --log-level error check --hide-inclusion-graph --allow duplicate licenses bans sources

unit: setup ## Run unit, property, command line and flow tests
	@echo "== running the tests"
	cargo nextest run --locked --profile ci

million: setup ## Run the property tests with a million cases, optimized
	@echo "== running the property tests with a million cases"
	cargo nextest run --locked --lib --profile ci --cargo-profile test-release --ignore-default-filter -E 'test(million)'

lease: setup ## Let a thousand pauses, kills and partitions befall two controllers; IN=kubernetes: with a lease there
	@echo "== two controllers, $(or $(EVENTS),1000) faults"
	ENMON_LEASE_EVENTS=$(or $(EVENTS),1000) ENMON_LEASE_WORLDS=$(or $(WORLDS),4) ENMON_LEASE_SEED=$(or $(SEED),1) \
		cargo nextest run --locked --profile lease --test flow_standby$(if $(IN),_$(IN)) -E 'test(random_pauses)' --no-capture

doc: setup ## Run the examples in the documentation of the code
	@echo "== running documentation tests"
	cargo test --locked --doc --quiet

bench: ## Measure; figures go into docs/benchmarks.md
	@scripts/setup.sh bench
	@echo "== measuring"
	cargo bench --locked

bench-modbus: ## Measure Modbus beside libmodbus and pymodbus
	@scripts/setup.sh bench
	@echo "== measuring Modbus beside its peers"
	cargo bench --locked --bench modbus

bench-acn: build ## Score the scheduler in ACN-Sim beside ACN-Sim's own: make bench-acn ACN="--scenario B63 --all-own"
	@scripts/setup.sh acn
	@echo "== scoring the scheduler in ACN-Sim"
	@for run in $(if $(ACN),'$(ACN)','--scenario A30x7 --scenario B63 --all-own' '--scenario A30x31' '--scenario B63 --blind'); do \
		$(CACHE)/acn/bin/python benches/acn/score.py $$run -- target/release/enmon control plan --jsonl || exit 1; done

fuzz: ## Fuzz frames and profiles: make fuzz SECONDS=3600 TARGET=profile
	@scripts/fuzz.sh $(or $(SECONDS),60) $(TARGET)

fmt: ## Format the code
	cargo fmt

bless: setup ## Write generated files anew: completions, man pages, schemas
	@echo "== writing generated files; look at what has changed with: git diff"
	ENMON_BLESS=1 cargo nextest run --locked --no-fail-fast -E 'binary(cli_generated) or test(/generated|schema|guards/)'

snapshots: setup ## Accept changed snapshots
	@echo "== writing snapshots; look at what has changed with: git diff"
	INSTA_UPDATE=always cargo nextest run --locked --no-fail-fast

advisories: setup ## Look for crates with known faults (needs access to github.com)
	cargo deny check advisories

clean: ## Remove what was built
	cargo clean
