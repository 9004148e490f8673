# The one way in: `make help` lists every target. CI calls the same ones.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --warn-undefined-variables
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# What a caller may set, e.g. `make up PORT=4600`, `make deploy ENV=dev`.
PORT ?=
# An emulator that is there already, e.g. that of `docker compose up`, instead of one of our own.
ENDPOINT ?=
DOCS_PORT ?= 8080
ENV ?=
CONFIRM ?=
DATE ?=
PYTHON ?= python3
# An artefact's directory: deploy, compare and test that, and build nothing. DIGEST: which one it has to be.
ARTEFACT ?=
DIGEST ?=
# true: dev, test and prod as the emulator can have them, with functions for this machine.
MILKRUN_EMULATED ?= false
# Functions that are built already, instead of building them.
BUILT_FUNCTIONS ?=
# The commit whose templates are compared.
SINCE ?= HEAD
# A pipeline sets it, where nobody can be asked: the pull request has shown the change, prod has its approval.
CI ?=
SMOKE_OPTIONS ?=
DEPLOY_OPTIONS ?= $(if $(CI),--require-approval never --progress events --concurrency 4)
# For terraform-…: which module of infra/; where the provider is, if not in the registry.
ROOT ?=
TF_PLUGIN_DIR ?=
# More checks before `make up`.
PREFLIGHT :=

VENV := .venv
VENV_READY := $(VENV)/.ready
LINT_READY := $(VENV)/.ready-lint
ORACLE_READY := $(VENV)/.ready-oracle
E2E_READY := $(VENV)/.ready-e2e
DELIVERY_READY := $(VENV)/.ready-delivery
RELEASE_READY := $(VENV)/.ready-release
# Apart from the other: dbt and its adapters pin what the emulator and boto3 need in other versions.
ANALYTICS_VENV := .venv-analytics
ANALYTICS_READY := $(ANALYTICS_VENV)/.ready
# So does the command line tool of AWS.
OPERATIONS_VENV := .venv-operations
OPERATIONS_READY := $(OPERATIONS_VENV)/.ready
# And so do the tools of the audit.
AUDIT_VENV := .venv-audit
AUDIT_READY := $(AUDIT_VENV)/.ready
NODE_READY := node_modules/.package-lock.json
E2E_STATE := .milkrun/e2e
ANALYTICS_STATE := .milkrun/analytics
OPERATIONS_STATE := .milkrun/operations
DELIVERY_STATE := .milkrun/delivery
# Tools that Cargo builds, once, where they are not installed.
TOOLS := target/tools
CARGO_DENY := $(or $(shell command -v cargo-deny),$(TOOLS)/bin/cargo-deny)
CARGO_CYCLONEDX := $(or $(shell command -v cargo-cyclonedx),$(TOOLS)/bin/cargo-cyclonedx)
LOCAL_FUNCTIONS := target/functions/local
RELEASE_FUNCTIONS := target/functions/release
ANY_FUNCTIONS := target/functions/any
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
BUILT_ARTEFACT := target/artefact
EMULATED := $(filter true,$(MILKRUN_EMULATED))
# Which functions are deployed, and what builds them.
FUNCTIONS_DIR = $(or $(BUILT_FUNCTIONS),$(if $(EMULATED),$(LOCAL_FUNCTIONS),$(RELEASE_FUNCTIONS)))
FUNCTIONS_BUILT = $(if $(BUILT_FUNCTIONS),,$(if $(EMULATED),functions,functions-release))
# The same for `make deploy` and its relatives, which take an artefact as well.
TO_DEPLOY = $(if $(ARTEFACT),verified,$(FUNCTIONS_BUILT))
ASSEMBLY = $(if $(ARTEFACT),--app "$(ARTEFACT)/assemblies/$(ENV)")
CDK = MILKRUN_ENVIRONMENT=$(ENV) MILKRUN_FUNCTIONS_DIR=$(FUNCTIONS_DIR) MILKRUN_BUILD_VERSION=$(BUILD_VERSION) node_modules/.bin/cdk
# Says what it did in one line, and shows the output only where it failed.
QUIETLY := $(PYTHON) -m local.quietly

export PYTHONDONTWRITEBYTECODE := 1
export CARGO_TARGET_DIR := $(CURDIR)/target
export CDK_DISABLE_CLI_TELEMETRY := true
export MILKRUN_EMULATED
export TF_PLUGIN_DIR

##@ Run milkrun here, without AWS

.PHONY: up
up: PREFLIGHT := --port "$(PORT)" --endpoint "$(ENDPOINT)"
up: preflight ## Build, start the emulator, deploy, seed; again: update (PORT=4566, ENDPOINT=…)
	@$(MAKE) --silent --no-print-directory --jobs=3 functions $(VENV_READY) $(NODE_READY)
	@$(VENV_PYTHON) -m local.up --port "$(PORT)" --endpoint "$(ENDPOINT)"

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

# CI runs the same ones, side by side.
STAGES ?= test-lint test-infra test-local test-rust test-matching test-cdk test-e2e test-analytics test-operations test-delivery

.PHONY: test
test: preflight ## All test stages in order, each with its time; stops at the first red one (STAGES=…)
	@$(PYTHON) -m local.stages $(STAGES)

.PHONY: test-lint
test-lint: $(VENV_READY) $(LINT_READY) $(NODE_READY) ## Formatting and lints of Rust, TypeScript and Python
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(LOCALLY) --all-targets --test end_to_end --test analytics --test operations -- --deny warnings
	npx --no-install biome ci
	npx --no-install tsc --noEmit
	$(VENV)/bin/ruff check $(PYTHON_CODE)
	$(VENV)/bin/ruff format --check $(PYTHON_CODE)

.PHONY: test-local
test-local: $(VENV_READY) $(E2E_READY) $(NODE_READY) ## Tests of what `make up` and its relatives run
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
test-e2e: functions $(VENV_READY) $(E2E_READY) $(NODE_READY) ## End to end, against an emulator of its own on a free port
	@trap '$(VENV_PYTHON) -m local.down --state-dir $(E2E_STATE)' EXIT; \
	  $(VENV_PYTHON) -m local.down --state-dir $(E2E_STATE) >/dev/null; \
	  $(VENV_PYTHON) -m local.up --state-dir $(E2E_STATE) --port 0 --brief; \
	  export MILKRUN_LOCAL="$(CURDIR)/$(E2E_STATE)/local.json" MILKRUN_ANSWERS="$(CURDIR)/$(E2E_STATE)/answers.json-seq"; \
	  rm -f "$$MILKRUN_ANSWERS"; \
	  $(CARGO) test $(LOCALLY) --test end_to_end; \
	  $(VENV_PYTHON) -m local.strict_json "$$MILKRUN_ANSWERS"

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

.PHONY: test-infra
test-infra: test-workflows test-compose test-supply-chain test-terraform ## What runs milkrun elsewhere, and what it depends on

.PHONY: test-workflows
test-workflows: $(DELIVERY_READY) $(NODE_READY) ## The workflows: their schema, GitHub's own checks, shellcheck, zizmor
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	node --import tsx local/pipeline/lint.ts $(VENV)/bin/shellcheck
	$(VENV)/bin/zizmor --offline --quiet --persona auditor .github

.PHONY: test-operations
test-operations: functions $(VENV_READY) $(OPERATIONS_READY) $(NODE_READY) ## Operators' commands, and those of the runbooks, on an emulator
	@$(CARGO) build $(LOCALLY) --bin milkrun
	@trap '$(VENV_PYTHON) -m local.down --state-dir $(OPERATIONS_STATE)' EXIT; \
	  $(VENV_PYTHON) -m local.down --state-dir $(OPERATIONS_STATE) >/dev/null; \
	  $(VENV_PYTHON) -m local.up --state-dir $(OPERATIONS_STATE) --port 0 --brief; \
	  MILKRUN_LOCAL="$(CURDIR)/$(OPERATIONS_STATE)/local.json" MILKRUN_TOOL="$(CURDIR)/target/local/milkrun" \
	    $(CARGO) test $(LOCALLY) --test operations -- --test-threads=1; \
	  $(VENV_PYTHON) -m local.runbooks --state-dir $(OPERATIONS_STATE) --path $(OPERATIONS_VENV)/bin --path target/local; \
	  $(VENV_PYTHON) -m local.alarms --state-dir $(OPERATIONS_STATE)

.PHONY: test-compose
test-compose: $(DELIVERY_READY) ## compose.yaml, against the specification's schema
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml

.PHONY: test-supply-chain
test-supply-chain: $(DELIVERY_READY) $(NODE_READY) ## Licences, sources, and secrets in files and in history
	$(VENV_PYTHON) -m unittest local.infra_tests.test_supply_chain
	$(VENV_PYTHON) -m local.licences
	git ls-files -z --cached --others --exclude-standard | xargs -0 node_modules/.bin/secretlint --no-glob
	git log --patch --all --no-color -- . ':!*.lock' ':!package-lock.json' | node_modules/.bin/secretlint --stdinFileName=history.patch
	@if [ -x "$(CARGO_DENY)" ]; then $(CARGO_DENY) --locked check licenses bans sources; \
	  elif [ -z "$${GITHUB_ACTIONS:-}" ]; then echo "skipped: cargo-deny is not installed (make audit installs it)"; \
  else echo "milkrun: cargo-deny is missing" >&2; exit 1; fi

.PHONY: test-terraform
test-terraform: functions $(VENV_READY) $(NODE_READY) ## infra/ in three accounts of an emulator, and the app on what it made
	@$(VENV_PYTHON) -W ignore::ResourceWarning -m local.infra_tests

.PHONY: audit
audit: $(CARGO_DENY) $(AUDIT_READY) $(NODE_READY) ## Known vulnerabilities of what we depend on; needs the internet
	@$(PYTHON) -m local.audit --cargo-deny "$(CARGO_DENY)" --pip-audit $(AUDIT_VENV)/bin/pip-audit

.PHONY: licences
licences: $(DELIVERY_READY) ## Which dependencies come under which licence
	@$(VENV_PYTHON) -m local.licences --list

.PHONY: test-delivery
test-delivery: functions $(VENV_READY) $(NODE_READY) ## deploy.yml, run here: three accounts on an emulator, and a broken build
	@trap '$(VENV_PYTHON) -m local.down --state-dir $(DELIVERY_STATE) >/dev/null' EXIT; \
	  $(VENV_PYTHON) -m local.down --state-dir $(DELIVERY_STATE) >/dev/null; \
	  $(CARGO) build $(LOCALLY) --bin milkrun; \
	  node --import tsx local/pipeline/walk.ts $(DELIVERY_STATE)

.PHONY: fuzz
fuzz: ## A million generated inputs through the parser
	$(CARGO) test $(LOCALLY) --lib -- --ignored million

.PHONY: bench
bench: $(VENV_READY) $(ORACLE_READY) ## Measure speed, start-up and size, against the goals in docs/performance.md
	$(CARGO) build --release --locked --package ingest
	$(CARGO) build --release --locked --package milkrun-bench
	target/release/milkrun-bench

.PHONY: costs
costs: $(NODE_READY) ## Dollars for a million positions, and whether they are within the goals (ENV=prod)
	@MILKRUN_ENVIRONMENT=$(or $(ENV),prod) node --import tsx cdk/bin/costs.ts

.PHONY: generate
generate: $(NODE_READY) ## Rewrite the files that are generated from the code (a test tells when they are stale)
	$(CARGO) build $(LOCALLY) --example schema --example delivery-schema --example daily-schema
	target/local/examples/schema > target/location-event.schema.json
	target/local/examples/delivery-schema > target/delivery-event.schema.json
	target/local/examples/daily-schema > target/daily-published.schema.json
	mv target/location-event.schema.json target/delivery-event.schema.json target/daily-published.schema.json docs/api/
	MILKRUN_ENVIRONMENT=prod node --import tsx cdk/bin/costs.ts --update
	node --import tsx cdk/bin/environment-table.ts

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

.PHONY: artefact
artefact: $(FUNCTIONS_BUILT) $(NODE_READY) ## What every environment is deployed from, into target/artefact
	@$(CARGO) build $(LOCALLY) --bin milkrun
	@rm -rf $(BUILT_ARTEFACT)
	@$(PYTHON) -m local.artefact pack $(FUNCTIONS_DIR) $(BUILT_ARTEFACT)
	@$(call synthesize-all,$(BUILD_VERSION),$(BUILT_ARTEFACT)/functions,$(BUILT_ARTEFACT)/assemblies)
	@install -m 755 target/local/milkrun $(BUILT_ARTEFACT)/milkrun
	@echo "$(BUILD_VERSION)" > $(BUILT_ARTEFACT)/version
	@$(PYTHON) -m local.artefact seal $(BUILT_ARTEFACT)

.PHONY: sbom
sbom: $(CARGO_CYCLONEDX) $(AUDIT_READY) $(NODE_READY) ## What each binary is made of, as CycloneDX, into target/sbom
	@PATH="$(CURDIR)/$(TOOLS)/bin:$$PATH" $(AUDIT_VENV)/bin/python -m local.sbom

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
	rm -rf target $(VENV) $(ANALYTICS_VENV) $(OPERATIONS_VENV) $(AUDIT_VENV) node_modules .milkrun cdk.out analytics/target analytics/logs local/.ruff_cache

##@ AWS (ENV=dev|test|prod)

.PHONY: synth
synth: need-env $(FUNCTIONS_BUILT) $(NODE_READY) ## The CloudFormation templates, into cdk.out; needs no account
	$(CDK) synth --quiet

.PHONY: diff
diff: need-env $(TO_DEPLOY) $(NODE_READY) ## What a deployment would change (ARTEFACT=…)
	$(CDK) diff --all $(ASSEMBLY)

.PHONY: deploy
deploy: need-env $(TO_DEPLOY) $(NODE_READY) ## Deploy what is built now, or ARTEFACT=…; the credentials are those of your shell
	$(CDK) deploy --all $(ASSEMBLY) $(DEPLOY_OPTIONS)

.PHONY: newer
newer: need-env verified $(VENV_READY) ## Whether ARTEFACT=… is no older than what is deployed
	@$(VENV_PYTHON) -m local.newer --env "$(ENV)" --artefact "$(ARTEFACT)"

.PHONY: destroy
destroy: BUILT_FUNCTIONS := $(ANY_FUNCTIONS)
destroy: need-env not-prod any-functions $(VENV_READY) $(NODE_READY) ## Delete dev or test with its data, once asked (CONFIRM=dev: unasked)
	@$(VENV_PYTHON) -m local.destroy --env "$(ENV)" --confirm "$(CONFIRM)"
	$(CDK) destroy --all --force

.PHONY: digest
digest: need-artefact ## The digest of ARTEFACT=…, by which it is promoted
	@$(PYTHON) -m local.artefact verify "$(ARTEFACT)"

.PHONY: verify
verify: need-artefact ## Whether ARTEFACT=… is as it was built, and the one with DIGEST=…
	@test -n "$(DIGEST)" || { echo "milkrun: name the artefact's digest: DIGEST=…" >&2; exit 1; }
	@$(PYTHON) -m local.artefact verify "$(ARTEFACT)" --digest "$(DIGEST)"

.PHONY: deployed
deployed: need-env verified $(VENV_READY) ## Whether the functions that run are those of ARTEFACT=…
	@$(VENV_PYTHON) -m local.deployed --env "$(ENV)" --artefact "$(ARTEFACT)"

.PHONY: smoke
smoke: need-env $(if $(ARTEFACT),verified) ## Post a signed test event and read it back
	@$(if $(ARTEFACT),chmod +x "$(ARTEFACT)/milkrun",$(CARGO) build $(LOCALLY) --bin milkrun)
	@$(if $(ARTEFACT),"$(ARTEFACT)/milkrun",target/local/milkrun) smoke --env "$(ENV)" \
	  $(if $(ARTEFACT),--expect-version "$$(cat "$(ARTEFACT)/version")") $(SMOKE_OPTIONS)

.PHONY: templates
templates: any-functions $(NODE_READY) ## The templates of dev, test and prod for any build of the functions, into target/templates
	@rm -rf target/templates
	@$(call synthesize-all,any,$(ANY_FUNCTIONS),target/templates)

.PHONY: template-changes
template-changes: templates ## What the templates have become since SINCE=…, as Markdown; needs no account
	@rm -rf target/since && mkdir -p target/since
	@trap 'rm -rf target/since' EXIT; \
	  git archive "$(SINCE)" | tar -x -C target/since; \
	  $(MAKE) --silent --no-print-directory -C target/since templates >&2; \
	  $(PYTHON) -m local.template_changes target/since/target/templates target/templates

.PHONY: drift
drift: BUILT_FUNCTIONS := $(ANY_FUNCTIONS)
drift: need-env any-functions $(NODE_READY) ## Whether somebody has changed what was deployed
	$(CDK) drift --all --fail

.PHONY: terraform-init
terraform-init: need-env $(NODE_READY) ## Connect to the environment's Terraform state (infra/README.md)
	@$(PYTHON) -m local.terraform init --environment "$(ENV)" --root "$(ROOT)"

.PHONY: terraform-plan
terraform-plan: need-env $(NODE_READY) ## What Terraform would change (ROOT=deploy-roles or dispatch-data)
	@$(PYTHON) -m local.terraform plan --environment "$(ENV)" --root "$(ROOT)"

.PHONY: terraform-drift
terraform-drift: need-env $(NODE_READY) ## Whether Terraform would change anything
	@$(PYTHON) -m local.terraform plan --environment "$(ENV)" --root "$(ROOT)" --unchanged

.PHONY: terraform-apply
terraform-apply: need-env $(NODE_READY) ## Change it; in prod Terraform asks first
	@$(PYTHON) -m local.terraform apply --environment "$(ENV)" --root "$(ROOT)"

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
	@case "$(ENV)" in dev|test|prod) ;; \
	  local) echo "milkrun: local is the emulator: make up, make down" >&2; exit 1;; \
	  *) echo "milkrun: name the environment: ENV=dev, ENV=test or ENV=prod" >&2; exit 1;; esac

.PHONY: not-prod
not-prod:
	@test "$(ENV)" != prod || { echo "milkrun: prod is not destroyed from here: its data cannot be had again" >&2; exit 1; }

.PHONY: need-artefact
need-artefact:
	@test -n "$(ARTEFACT)" || { echo "milkrun: name the artefact: ARTEFACT=target/artefact" >&2; exit 1; }

.PHONY: verified
verified: need-artefact
	@$(PYTHON) -m local.artefact verify "$(ARTEFACT)" --digest "$(DIGEST)" >/dev/null

# Their templates are those of every build but for the functions' digests.
.PHONY: any-functions
any-functions:
	@for name in $(FUNCTIONS); do \
	  mkdir -p "$(ANY_FUNCTIONS)/$$name"; echo any > "$(ANY_FUNCTIONS)/$$name/bootstrap"; \
	done

# The version, the functions, where to.
define synthesize-all
for environment in dev test prod; do \
  MILKRUN_ENVIRONMENT="$$environment" MILKRUN_BUILD_VERSION="$(1)" MILKRUN_FUNCTIONS_DIR="$(2)" \
    $(QUIETLY) "synth-$$environment" -- node_modules/.bin/cdk synth --quiet --output "$(3)/$$environment" >&2; \
done
endef

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

$(E2E_READY): local/requirements-e2e.txt $(VENV_READY)
	@$(QUIETLY) jq -- $(VENV)/bin/pip install --disable-pip-version-check -r $<
	@touch $@

$(DELIVERY_READY): local/requirements-delivery.txt $(VENV_READY)
	@$(QUIETLY) zizmor -- $(VENV)/bin/pip install --disable-pip-version-check -r $<
	@touch $@

$(RELEASE_READY): local/requirements-release.txt $(VENV_READY)
	@$(QUIETLY) cargo-lambda -- $(VENV)/bin/pip install --disable-pip-version-check -r $<
	@touch $@

$(ANALYTICS_READY): local/requirements-analytics.txt
	@$(QUIETLY) dbt-venv -- $(PYTHON) -m venv --clear $(ANALYTICS_VENV)
	@$(QUIETLY) dbt -- $(ANALYTICS_VENV)/bin/pip install --disable-pip-version-check --no-deps -r $<
	@touch $@

$(OPERATIONS_READY): local/requirements-operations.txt
	@$(QUIETLY) aws-venv -- $(PYTHON) -m venv --clear $(OPERATIONS_VENV)
	@$(QUIETLY) aws -- $(OPERATIONS_VENV)/bin/pip install --disable-pip-version-check -r $<
	@touch $@

$(AUDIT_READY): local/requirements-audit.txt
	@$(QUIETLY) audit-venv -- $(PYTHON) -m venv --clear $(AUDIT_VENV)
	@$(QUIETLY) audit -- $(AUDIT_VENV)/bin/pip install --disable-pip-version-check -r $<
	@touch $@

# Not quietly: it takes minutes, and says how far it is.
$(TOOLS)/bin/cargo-deny:
	$(CARGO) install --locked --root $(TOOLS) --target-dir $(TOOLS)/build cargo-deny@0.20.2

$(TOOLS)/bin/cargo-cyclonedx:
	$(CARGO) install --locked --root $(TOOLS) --target-dir $(TOOLS)/build cargo-cyclonedx@0.5.9

$(NODE_READY): package-lock.json
	@$(QUIETLY) npm -- npm ci
	@touch $@
