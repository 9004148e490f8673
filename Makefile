# The one way in: `make help` lists every target. CI calls the same ones.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --warn-undefined-variables
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# What a caller may set, e.g. `make up PORT=4600`, `make deploy ENV=dev`.
PORT ?=
DOCS_PORT ?= 8080
ENV ?=
DATE ?=
PYTHON ?= python3
# More checks before `make up`.
PREFLIGHT :=

VENV := .venv
VENV_READY := $(VENV)/.ready
LINT_READY := $(VENV)/.ready-lint
ORACLE_READY := $(VENV)/.ready-oracle
RELEASE_READY := $(VENV)/.ready-release
# Apart from the other: dbt and its adapters pin what the emulator and boto3 need in other versions.
ANALYTICS_VENV := .venv-analytics
ANALYTICS_READY := $(ANALYTICS_VENV)/.ready
NODE_READY := node_modules/.package-lock.json
E2E_STATE := .milkrun/e2e
ANALYTICS_STATE := .milkrun/analytics
LOCAL_FUNCTIONS := target/functions/local
RELEASE_FUNCTIONS := target/functions/release
PYTHON_CODE := local tests/recomputation
FUNCTIONS := $(notdir $(patsubst %/,%,$(dir $(wildcard functions/*/Cargo.toml))))

# Cargo would try to share make's job slots, and warn that it cannot.
CARGO := env -u MAKEFLAGS -u MFLAGS cargo
# One profile, and always the whole workspace's features, for everything that runs here: with
# another selection of packages Cargo would compile the AWS clients again, which takes minutes.
LOCALLY := --workspace --profile local --locked
VENV_PYTHON := $(VENV)/bin/python
# The health route reports the commit. Not for `make up`, which would redeploy at every one.
BUILD_VERSION = $(or $(shell git describe --tags --always --dirty 2>/dev/null),unknown)
CDK = MILKRUN_ENVIRONMENT=$(ENV) MILKRUN_BUILD_VERSION=$(BUILD_VERSION) node_modules/.bin/cdk
# Says what it did in one line, and shows the output only where it failed.
QUIETLY := $(PYTHON) -m local.quietly

export PYTHONDONTWRITEBYTECODE := 1
export CARGO_TARGET_DIR := $(CURDIR)/target
export CDK_DISABLE_CLI_TELEMETRY := true

##@ Run milkrun here, without AWS

.PHONY: up
up: PREFLIGHT := --port "$(PORT)"
up: preflight ## Build, start the emulator, deploy, seed; again: update (PORT=4566)
	@$(MAKE) --silent --no-print-directory --jobs=3 functions $(VENV_READY) $(NODE_READY)
	@$(VENV_PYTHON) -m local.up --port "$(PORT)"

.PHONY: down
down: ## Stop what `make up` started
	@$(PYTHON) -m local.down

.PHONY: demo
demo: ## Post a recorded drive to a running milkrun, and show what came of it
	@$(CARGO) build $(LOCALLY) --bin milkrun
	@target/local/milkrun demo

.PHONY: daily
daily: ## Compute days' numbers now, as the schedule does (DATE=2026-11-20)
	@$(CARGO) build $(LOCALLY) --bin milkrun
	@target/local/milkrun daily $(DATE:%=--date %)

.PHONY: report
report: ## A day as a page to look at, into .milkrun/reports (DATE=2026-11-20)
	@$(CARGO) build $(LOCALLY) --bin milkrun
	@target/local/milkrun report $(DATE:%=--date %)

.PHONY: dbt
dbt: $(VENV_READY) $(ANALYTICS_READY) ## Copy the running milkrun's lake, and build and test analytics/ on it
	@$(VENV_PYTHON) -m local.lake
	@cd analytics && ../$(ANALYTICS_VENV)/bin/dbt build

.PHONY: logs
logs: $(VENV_READY) ## What the functions of the running milkrun have logged
	@$(VENV_PYTHON) -m local.logs

.PHONY: docs
docs: $(NODE_READY) ## Serve the API reference, offline (DOCS_PORT=8080)
	@$(PYTHON) -m local.apidocs --port "$(DOCS_PORT)"

##@ Check

.PHONY: test
test: preflight ## All test stages in order, each with its time; stops at the first red one
	@$(PYTHON) -m local.stages test-lint test-local test-rust test-matching test-cdk test-e2e test-analytics

.PHONY: test-lint
test-lint: $(VENV_READY) $(LINT_READY) $(NODE_READY) ## Formatting and lints of Rust, TypeScript and Python
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(LOCALLY) --all-targets --test end_to_end --test analytics -- --deny warnings
	npx --no-install biome ci
	npx --no-install tsc --noEmit
	$(VENV)/bin/ruff check $(PYTHON_CODE)
	$(VENV)/bin/ruff format --check $(PYTHON_CODE)

.PHONY: test-local
test-local: $(VENV_READY) ## Tests of what `make up` and its relatives run
	$(VENV_PYTHON) -W ignore::ResourceWarning -m unittest discover --start-directory local/tests --top-level-directory .

.PHONY: test-rust
test-rust: ## Unit and property tests of the Rust crates
	$(CARGO) test $(LOCALLY)

.PHONY: test-matching
test-matching: $(VENV_READY) $(ORACLE_READY) ## The matching against OR-Tools on hundreds of random days
	@$(CARGO) build $(LOCALLY) --example assign
	@$(VENV_PYTHON) -m local.matching_oracle target/local/examples/assign

.PHONY: test-cdk
test-cdk: $(NODE_READY) ## Tests of the CDK app: snapshots, assertions, cdk-nag
	CI=1 npx --no-install vitest run

.PHONY: test-e2e
test-e2e: functions $(VENV_READY) $(NODE_READY) ## End to end, against an emulator of its own on a free port
	@trap '$(VENV_PYTHON) -m local.down --state-dir $(E2E_STATE)' EXIT; \
	  $(VENV_PYTHON) -m local.down --state-dir $(E2E_STATE) >/dev/null; \
	  $(VENV_PYTHON) -m local.up --state-dir $(E2E_STATE) --port 0 --brief; \
	  MILKRUN_LOCAL="$(CURDIR)/$(E2E_STATE)/local.json" $(CARGO) test $(LOCALLY) --test end_to_end

.PHONY: test-analytics
test-analytics: functions $(VENV_READY) $(ANALYTICS_READY) $(NODE_READY) ## Minutes, days, SQL and dbt, against an emulator of its own
	@$(CARGO) build $(LOCALLY) --bin milkrun
	@$(ANALYTICS_VENV)/bin/python -m unittest discover --start-directory tests/recomputation
	@trap '$(VENV_PYTHON) -m local.down --state-dir $(ANALYTICS_STATE)' EXIT; \
	  $(VENV_PYTHON) -m local.down --state-dir $(ANALYTICS_STATE) >/dev/null; \
	  $(VENV_PYTHON) -m local.up --state-dir $(ANALYTICS_STATE) --port 0 --brief; \
	  export MILKRUN_LOCAL="$(CURDIR)/$(ANALYTICS_STATE)/local.json" MILKRUN_LAKE="$(CURDIR)/$(ANALYTICS_STATE)/lake"; \
	  posted=$(ANALYTICS_STATE)/posted.ndjson; \
	  $(QUIETLY) demo -- target/local/milkrun demo --posted "$$posted"; \
	  $(ANALYTICS_VENV)/bin/python tests/recomputation/recompute.py --posted "$$posted" --local "$$MILKRUN_LOCAL"; \
	  $(CARGO) test $(LOCALLY) --test analytics -- --test-threads=1; \
	  target/local/milkrun report --output $(ANALYTICS_STATE)/report.html; \
	  $(VENV_PYTHON) -m local.lake --state-dir $(ANALYTICS_STATE) --to "$$MILKRUN_LAKE"; \
	  $(ANALYTICS_VENV)/bin/python -W ignore -m unittest discover --start-directory local/analytics_tests --top-level-directory .

.PHONY: fuzz
fuzz: ## A million generated inputs through the parser
	$(CARGO) test $(LOCALLY) --lib -- --ignored million

.PHONY: bench
bench: $(VENV_READY) $(ORACLE_READY) ## Measure speed, start-up and size, against the goals in docs/performance.md
	$(CARGO) build --release --locked --package ingest
	$(CARGO) build --release --locked --package milkrun-bench
	target/release/milkrun-bench

.PHONY: generate
generate: ## Rewrite the files that are generated from the code (a test tells when they are stale)
	$(CARGO) build $(LOCALLY) --example schema --example delivery-schema --example daily-schema
	target/local/examples/schema > target/location-event.schema.json
	target/local/examples/delivery-schema > target/delivery-event.schema.json
	target/local/examples/daily-schema > target/daily-published.schema.json
	mv target/location-event.schema.json target/delivery-event.schema.json target/daily-published.schema.json docs/api/

.PHONY: fmt
fmt: $(VENV_READY) $(LINT_READY) $(NODE_READY) ## Format everything
	$(CARGO) fmt --all
	npx --no-install biome check --write
	$(VENV)/bin/ruff check --fix $(PYTHON_CODE)
	$(VENV)/bin/ruff format $(PYTHON_CODE)

##@ Build

.PHONY: functions
functions: ## The functions for this machine, fast to build
	@$(CARGO) build $(LOCALLY) $(FUNCTIONS:%=--bin %)
	@$(call install-functions,target/local/$$name,$(LOCAL_FUNCTIONS))

.PHONY: functions-release
functions-release: $(VENV_READY) $(RELEASE_READY) ## The functions for AWS: arm64, optimised
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(CARGO) lambda build --release --arm64 --locked $(FUNCTIONS:%=--package %)
	@$(call install-functions,target/lambda/$$name/bootstrap,$(RELEASE_FUNCTIONS))

.PHONY: python-lock
python-lock: ## Rewrite local/requirements*.txt from their .in files
	@temporary=$$(mktemp -d); trap 'rm -rf "$$temporary"' EXIT; \
	  for name in requirements requirements-analytics; do \
	    $(PYTHON) -m venv --clear "$$temporary"; \
	    "$$temporary/bin/pip" install --quiet --disable-pip-version-check -r "local/$$name.in"; \
	    "$$temporary/bin/pip" freeze > "local/$$name.txt"; \
	  done

.PHONY: clean
clean: down ## Stop milkrun and remove everything built or installed
	rm -rf target $(VENV) $(ANALYTICS_VENV) node_modules .milkrun cdk.out analytics/target analytics/logs local/.ruff_cache

##@ AWS (ENV=dev|test|prod)

.PHONY: synth
synth: need-env functions-release $(NODE_READY) ## The CloudFormation templates, into cdk.out; needs no account
	$(CDK) synth --quiet

.PHONY: diff
diff: need-env functions-release $(NODE_READY) ## What a deployment would change
	$(CDK) diff --all

.PHONY: deploy
deploy: need-env functions-release $(NODE_READY) ## Deploy; the credentials are those of your shell
	$(CDK) deploy --all

##@ Help

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

# Not for calling by hand.

.PHONY: preflight
preflight:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "milkrun: $(PYTHON) is missing or too old: install Python 3.11, or name one: make PYTHON=python3.12 …" >&2; \
	  exit 1; }
	@$(PYTHON) -m local.preflight $(PREFLIGHT)

.PHONY: need-env
need-env:
	@case "$(ENV)" in dev|test|prod) ;; *) echo "milkrun: name the environment: ENV=dev, ENV=test or ENV=prod" >&2; exit 1;; esac

# Copies what has changed only, so that what has not keeps its time and needs no new deployment.
define install-functions
for name in $(FUNCTIONS); do \
  to="$(2)/$$name/bootstrap"; \
  cmp --silent "$(1)" "$$to" || { mkdir -p "$$(dirname "$$to")"; install -m 755 "$(1)" "$$to"; }; \
done
endef

# `--clear` removes the other marks as well, so a new virtual environment is complete again.
$(VENV_READY): local/requirements.txt
	@$(QUIETLY) python-venv -- $(PYTHON) -m venv --clear $(VENV)
	@$(QUIETLY) python -- $(VENV)/bin/pip install --disable-pip-version-check --no-deps -r $<
	@touch $@

$(LINT_READY): local/requirements-lint.txt $(VENV_READY)
	@$(QUIETLY) ruff -- $(VENV)/bin/pip install --disable-pip-version-check -r $<
	@touch $@

$(ORACLE_READY): local/requirements-oracle.txt $(VENV_READY)
	@$(QUIETLY) ortools -- $(VENV)/bin/pip install --disable-pip-version-check -r $<
	@touch $@

$(RELEASE_READY): local/requirements-release.txt $(VENV_READY)
	@$(QUIETLY) cargo-lambda -- $(VENV)/bin/pip install --disable-pip-version-check -r $<
	@touch $@

$(ANALYTICS_READY): local/requirements-analytics.txt
	@$(QUIETLY) dbt-venv -- $(PYTHON) -m venv --clear $(ANALYTICS_VENV)
	@$(QUIETLY) dbt -- $(ANALYTICS_VENV)/bin/pip install --disable-pip-version-check --no-deps -r $<
	@touch $@

$(NODE_READY): package-lock.json
	@$(QUIETLY) npm -- npm ci
	@touch $@
