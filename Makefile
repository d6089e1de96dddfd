# Every target works from a fresh clone: the virtual environment is made when it is needed.
# PYTHON=/path/to/python3.11 picks the interpreter it is made with.

MINIMUM := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c '$(MINIMUM)' >/dev/null 2>&1 && { command -v $$p; break; }; done)
endif

BIN := .venv/bin
STAMP := .venv/.installed
# Two processes cannot share the one store that the variable names.
PROCESSES := $(if $(PROGRESS_TEST_REDIS_URL),0,3)
# Requests that are made up by `make fuzz`.
CASES ?= 12000
SOURCES := $(wildcard progress_backend api workers docs docker/entrypoint.py .ci/release_check.py)

PYTEST = $(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help venv run scripts demo docs test coverage test-all check sizes constraints bench chaos celery-suite fuzz docker pictures release-check

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(STAMP) ## Make the virtual environment from the pinned versions

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
define READY
"$(PYTHON)" -c '$(MINIMUM)' >/dev/null 2>&1 || { echo 'progress-backend needs Python 3.11 or newer with its venv module: install it (Debian: apt-get install python3-venv) or name one: make PYTHON=/path/to/python3.11' >&2; exit 1; }; \
{ test -x $(BIN)/python || "$(PYTHON)" -m venv .venv; } && $(PIP) --upgrade 'pip>=25.1'
endef

# The stamp is written last, so that an installation that was cut off is made anew.
$(STAMP): pyproject.toml constraints.txt
	@$(READY)
	@echo 'making .venv with what constraints.txt pins: about a minute, the first time'
	$(PIP) -c constraints.txt --group dev -e '.[all]'
	@touch $@

# What demo and run need, 150 MB; the whole environment has it too.
PARTS := $(if $(wildcard $(STAMP)),$(STAMP),.venv/.parts)
.venv/.parts: pyproject.toml constraints.txt
	@$(READY)
	@echo 'making .venv with what the demo needs: some twenty seconds, the first time'
	$(PIP) -c constraints.txt --group workers -e '.[demo,flower]'
	@touch $@

run: $(PARTS) ## Store, worker, beat, API, Flower and real fetch jobs with live bars; Ctrl-C ends all
	@$(BIN)/python -m workers.launch $(ARGS)

demo: $(PARTS) ## progress-backend demo: store, worker and page, with jobs that end in each way
	@$(BIN)/progress-backend demo $(ARGS)

test: $(STAMP) ## Each rule and each wire once: Python alone is enough (ARGS=… goes to pytest)
	$(PYTEST) --tier quick $(ARGS)

coverage: $(STAMP) ## The branches of the pure packages that make test takes: 95 % at least
	@rm -f .venv/coverage*
	$(BIN)/coverage run -m $(subst $(BIN)/python -m ,,$(PYTEST)) --tier quick $(ARGS)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-all: $(STAMP) ## The same, and real workers, kills, browsers, documents, Cluster, RabbitMQ, node
	$(PYTEST) --tier all $(ARGS)

check: $(STAMP) ## Linter, formatter, types, bandit, import floors, rules of tests, sizes, pins
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
# It warns of each "nosec" that a part of its line does not need.
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive progress_backend api workers docker 2>.venv/bandit.log || { cat .venv/bandit.log; false; }
	$(BIN)/python -m pytest -q -n 0 tests/test_floors.py tests/test_suite_rules.py
	@$(BIN)/python -m tests.sizes --check
	@bash .ci/js/check
	@! grep -nE 'https?://' constraints.txt || { echo 'constraints.txt holds an address; make it anew: make constraints' >&2; exit 1; }

sizes: $(STAMP) ## How much code there is, beside what may be (ARGS=--keep: lower the limits to it)
	@$(BIN)/python -m tests.sizes $(ARGS)

constraints: ## Pin the newest versions that fit (needs uv)
	uv pip compile pyproject.toml --all-extras --group dev --group release --group docs --universal --python-version 3.11 --upgrade --no-header --no-annotate --quiet -o constraints.txt

bench: $(STAMP) ## Compare with the peers and limits, one table (ARGS=live_page: what a browser shows)
	$(BIN)/python -m tests.benchmarks $(ARGS)

chaos: $(STAMP) ## Long, before a release: everything on each driver, storms, a thousand kills (ARGS=PART …)
	$(BIN)/python -m tests.chaos_report $(ARGS)

celery-suite: $(STAMP) ## Celery's own integration suite with every app tracked (ARGS=--quick: a part)
	$(BIN)/python -m tests.celery_suite $(ARGS)

fuzz: $(STAMP) ## 12,000 made-up requests to the API (CASES=…); none may be answered with 5xx
	PROGRESS_TEST_FUZZ_CASES=$(CASES) $(BIN)/python -m pytest -q -s tests/web/test_openapi.py -k keeps_to_its_description $(ARGS)

docker: $(STAMP) ## The tests of image, compose file and containers (needs a container engine)
	PROGRESS_TEST_DOCKER=1 $(BIN)/python -m pytest tests/docker $(ARGS)

scripts: $(STAMP) ## Make the scripts of page and element from their modules (needs npm)
	npm ci --silent --no-audit --no-fund --ignore-scripts --prefix .ci/js
	$(BIN)/python -m docs.make_texts
	node .ci/js/made.mjs

docs: $(STAMP) ## Build the site of the documents into build/site; a broken link fails it
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

pictures: $(STAMP) ## Draw the pictures of page and terminal anew (needs chromium)
	$(BIN)/python -m docs.make_pictures
	$(BIN)/python -m docs.make_recorded

release-check: $(STAMP) ## Build wheel, sdist and SBOM in dist/ and check them; publishes nothing
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group release
	$(BIN)/python .ci/release_check.py
