# Every command of the project. `make help` lists them.
SHELL := /bin/bash
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

.DEFAULT_GOAL := help

# A system is eight processes, and the tests start hundreds: each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-17s %s\n", $$1, $$2}'

.venv/runtime: requirements.lock
	@test -n "$(PYTHON)" || { echo "Callboard needs Python 3.11 or newer on PATH."; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf .venv; $(PYTHON) -m venv .venv >/dev/null; } \
	  || { rm -rf .venv; echo "$(PYTHON) can't make environments: install its venv package (python3-venv)."; exit 1; }
	@echo "installing what requirements.lock names …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m compileall -q services gateway deploy
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	@echo "installing what requirements-dev.lock names …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# The API descriptions are generated, and rebuilt when the code is newer; they are not committed.
gateway/built/openapi.json: .venv/runtime $(shell find gateway services deploy/docs -name '*.py')
	@$(BIN)/python -m deploy.docs.served

.PHONY: install
install: .venv/runtime gateway/built/openapi.json ## Create .venv with the locked dependencies

.PHONY: run
run: install ## Start everything: database, broker, services, gateway (HTTP_PORT, SCALE="tasks=3" …)
	@exec $(BIN)/python -m deploy.local

.PHONY: demo
demo: .venv/runtime ## Create a sample production in the running system (DEMO_SCALE=10 for a large one)
	@$(BIN)/python -m deploy.demo

.PHONY: import
import: .venv/runtime ## Import a studio: DUMP=file.json.gz or SOURCE=postgresql://… (MODE=replace deletes all rows first)
	@$(BIN)/python -m deploy.transfer import

.PHONY: import-files
import-files: .venv/runtime ## Import files after their rows: FOLDER=/the/old/store
	@$(BIN)/python -m deploy.transfer import-files

.PHONY: verify
verify: .venv/runtime ## Compare DUMP=… or SOURCE=… with the system: counts, contents, API answers
	@$(BIN)/python -m deploy.transfer verify

.PHONY: export
export: .venv/runtime ## Write all rows as a dump (FILE=callboard.json.gz)
	@$(BIN)/python -m deploy.transfer export

.PHONY: subscriber
subscriber: .venv/runtime ## Make an account at the broker: NAME=farm PRODUCTIONS="Film …"|all EVENTS="task:* …" (ROTATE=yes)
	@$(BIN)/python -m deploy.subscribers make

.PHONY: subscribers
subscribers: .venv/runtime ## List the accounts at the broker, with lag
	@$(BIN)/python -m deploy.subscribers list

.PHONY: subscriber-revoke
subscriber-revoke: .venv/runtime ## End an account at the broker, with its queue: NAME=farm
	@$(BIN)/python -m deploy.subscribers revoke

.PHONY: replay
replay: .venv/runtime ## Replay events: SINCE=… UNTIL=… TO=file:events.jsonl|queue:…|subscriber:…|webhook:… (EVENTS="task:*", PRODUCTION=…)
	@$(BIN)/python -m deploy.replay

.PHONY: backup
backup: .venv/runtime ## Write a consistent backup of all services (FILE=RUN_DIR/backups/…)
	@$(BIN)/python -m deploy.transfer backup

.PHONY: restore
restore: .venv/runtime ## Restore all services from a backup: FILE=…
	@$(BIN)/python -m deploy.transfer restore

# Two files at a time, each worker with a system of its own. Tests marked `alone` (they count on
# answers in time while something is broken) run afterwards. pytest exits with 5 if it selected no tests.
define tested
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not alone" $(1) $(t); first=$$?; \
	  [ $$first = 0 ] || [ $$first = 5 ] || exit $$first; \
	  $(BIN)/python -m pytest -m alone $(1) $(t); second=$$?; \
	  [ $$second = 5 ] && exit $$first || exit $$second
endef

.PHONY: test
test: .venv/dev install ## Run all tests against a real database and broker (t="-k words" to select)
	$(call tested,tests)

.PHONY: test-unit
test-unit: .venv/dev install ## Run the tests that need neither broker nor database
	$(call tested,tests/unit tests/bench)

.PHONY: test-service
test-service: .venv/dev install ## Run the tests of one service on a real database
	$(call tested,tests/service)

.PHONY: test-system
test-system: .venv/dev install ## Run the tests of the whole system, over HTTP and AMQP
	$(call tested,tests/system)

.PHONY: bench
bench: .venv/dev install ## Run the benchmarks; prints a table, writes .run/bench.json (ONLY=pages PAGE_ROWS=200000, ONLY=live|backlog|positions|figures|search)
	@$(BIN)/python -m tests.bench

.PHONY: profile
profile: .venv/dev install ## Profile a read and a comment by component (writes docs/speed.md)
	@$(BIN)/python -m tests.bench.profile

.PHONY: scale-curve
scale-curve: .venv/dev install ## Benchmark 1, 2 and 3 processes of a service, and three times their capacity
	@$(BIN)/python -m tests.bench.scale

.PHONY: chaos
chaos: .venv/dev install ## Inject each fault in turn under load and check that nothing is lost (FAULTS="gateway broker")
	@$(BIN)/python -m tests.chaos

.PHONY: fuzz
fuzz: .venv/dev install ## Fuzz every operation as every role, with valid and invalid input (REQUESTS=20000, SEED=…, ONLY=/data/tasks)
	@$(BIN)/python -m tests.fuzz

.PHONY: rights
rights: .venv/dev install ## Try every route as every kind of person; differences from the rights in .run/rights.md (ONLY=/data/tasks)
	@$(BIN)/python -m tests.rights

.PHONY: lint
lint: .venv/dev ## Check style, types and import rules
	@$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports

.PHONY: fmt
fmt: .venv/dev ## Format the code
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format

.PHONY: docs
docs: .venv/runtime ## Generate documents from the declarations (OpenAPI, AsyncAPI, events, metrics)
	@$(BIN)/python -m deploy.docs

.PHONY: client
client: .venv/dev install ## Generate typed clients of the HTTP API, for Python and TypeScript (.run-clients)
	@$(BIN)/python -m deploy.clients

.PHONY: lint-api
lint-api: .venv/dev install ## Check the descriptions of the API with Spectral and Redocly
	@$(BIN)/python -m deploy.clients.lint

.PHONY: vendor
vendor: ## Update the scripts of the documentation pages and the console (versions: deploy/pages/package.json)
	@cd deploy/pages && npm install --silent && node build.mjs && ls -l ../../gateway/docs/vendor ../../gateway/console/vendor

.PHONY: snapshot
snapshot: .venv/runtime ## Record the public interface of this release (deploy/releases)
	@$(BIN)/python -m deploy.docs.api_snapshot

.PHONY: routes
routes: .venv/runtime ## List every route, its service and its method
	@$(BIN)/python -m deploy.routes

.PHONY: migration
migration: .venv/dev ## Generate the next migration of a service: make migration s=tasks m="add difficulty"
	@$(BIN)/python -m deploy.migration $(s) "$(m)"

.PHONY: lock
lock: .venv/dev ## Update the lock files
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --group operator -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --group operator --group dev -c requirements.lock -o requirements-dev.lock

.PHONY: images
images: ## Build the image of each process (ENGINE=docker, VERSION=0.1.0)
	@for process in gateway auth assets tasks chat crud relay webhooks prepare; do \
	  $(or $(ENGINE),docker) build -f deploy/Dockerfile --build-arg SERVICE=$$process \
	    -t callboard-$$process:$(or $(VERSION),0.1.0) . || exit 1; done

.PHONY: clean
clean: ## Remove .venv and the run folder with all its data
	rm -rf .venv .run
