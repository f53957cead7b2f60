# `make help` prints what there is. Nothing is fetched again when it is there already.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
LIBS := .dunnock/kafka/libs
STREAMS := benchmarks/engine/kafka_streams/target

.PHONY: help setup demo test simulate simulate-mutations faults faults-report race bench-flow bench-engine bench-engine-page check unit lint types imports tidy format browser clean

help: ## print this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: .venv/.dunnock $(LIBS)/.complete ## virtual environment and Kafka; leaves .venv/bin/dunnock
	@test -x $(BIN)/dunnock

demo: setup ## the whole stack on this machine, with traffic; Ctrl-C stops it
	@exec $(BIN)/dunnock up

# The engine's tests mostly wait (for sessions to expire, for workers to start), so two run at a time.
ENGINE_TESTS := tests/integration/engine

test: setup browser ## every test, on real servers
	@failed=0; \
	$(BIN)/pytest -n 2 --dist loadfile $(ENGINE_TESTS) || failed=1; \
	$(BIN)/pytest --ignore $(ENGINE_TESTS) || failed=1; \
	exit $$failed

simulate: setup ## 2,000 seeded worlds of 200 events without Kafka, full of faults; SEEDS=, SEED=n replays one
	@$(BIN)/python -m tests.simulation.simulate

simulate-mutations: setup ## each mutation of the engine is caught by the simulation; NAME=, SEEDS=
	@$(BIN)/python -m tests.simulation.mutate

faults: setup ## 20,000 events under kill -9 and SIGSTOP; NAME=worker-kill [FULL=1] [DURATION=s] [RATE=n] is one fault
	$(BIN)/python -m $(if $(NAME),tests.faults.named.run $(NAME) $(if $(FULL),--full) $(if $(DURATION),--seconds $(DURATION)) $(if $(RATE),--per-second $(RATE)),tests.faults.run)

faults-report: setup ## what the named faults came to, as a table: docs/faults-report.md
	$(BIN)/python -m tests.faults.named.report

race: setup ## 10,000 payments against the last look of a reminder
	$(BIN)/python -m tests.faults.race.run

bench-flow: setup ## event to gateway, p50 and p99, at 500 mixed events a second
	$(BIN)/python -m benchmarks.flow

bench-engine: ## the engine beside its peers, JSON lines; BENCH= ROUNDS= EVENTS= QUICK=1
	@$(MAKE) --no-print-directory setup .peers/.complete $(STREAMS)/.complete >&2
	@$(BIN)/python -m benchmarks.engine.run $(if $(BENCH),--bench $(BENCH)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	  $(if $(EVENTS),--events $(EVENTS)) $(if $(QUICK),--quick)

bench-engine-page: setup ## docs/engine-benchmarks.md with its charts, from the raw results
	$(BIN)/python -m benchmarks.engine.page

check: lint types imports tidy unit ## lint, types, imports, tidiness and unit tests, in under a minute

unit: setup ## the tests that need no server
	$(BIN)/pytest -q -x tests/unit

lint: setup ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy, strict
	$(BIN)/mypy

imports: setup ## who may import whom
	$(BIN)/lint-imports

tidy: setup ## sizes, docstrings, house rules
	$(BIN)/pytest -q tests/architecture

format: setup ## write the format that `make lint` asks for
	$(BIN)/ruff check --fix-only --exit-zero .
	$(BIN)/ruff format .

clean: ## forget data, logs and caches; environment and jars stay
	rm -rf .dunnock/data .dunnock/logs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# What follows are the steps of `setup`, each run only when what it depends on has changed.

.venv/.lock: requirements.lock
	@python="$$(deploy/find-python)"; test -x $(BIN)/python || "$$python" -m venv .venv \
	  || { echo "The virtual environment could not be made: on Debian, apt install python3-venv." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

.venv/.dunnock: .venv/.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(LIBS)/.complete: pom.xml
	@command -v mvn >/dev/null || { echo "Maven is missing: install it (on Debian: apt install maven, which brings Java 17)." >&2; exit 1; }
	@command -v java >/dev/null || { echo "Java is missing: install Java 17 (on Debian: apt install default-jre-headless)." >&2; exit 1; }
	@rm -rf $(LIBS).new
	mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=$(LIBS).new
	@rm -rf $(LIBS) && mv $(LIBS).new $(LIBS) && touch $@

# What the engine is compared with, in an environment of its own: only `bench-engine` needs it.

.peers/.complete: benchmarks/engine/peers-requirements.lock
	@python="$$(deploy/find-python)"; test -x .peers/bin/python || "$$python" -m venv .peers
	.peers/bin/python -m pip install --quiet --require-hashes -r $<
	@touch $@

$(STREAMS)/.complete: $(shell find benchmarks/engine/kafka_streams/src benchmarks/engine/kafka_streams/pom.xml -type f)
	@command -v mvn >/dev/null || { echo "Maven is missing: install it (on Debian: apt install maven, which brings Java 17)." >&2; exit 1; }
	@cd benchmarks/engine/kafka_streams && mvn -q -B process-classes >&2
	@touch $@

browser:
	@deploy/install-browser
