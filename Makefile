# Each target creates what it needs. PYTHON may name another interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JUDGES := .venv-conform
PEERS := .venv-bench
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PORT ?= 8080
INPUTS ?= 1000000

.PHONY: demo test lint conform fuzz schemathesis soak format screenshots image bench bench-quick constraints clean

demo: $(VENV)/run.stamp ## the five source documents over real HTTP, then keep serving
	$(BIN)/python -m gateway.demo --port $(PORT)

test: lint conform ## what CI runs
	$(BIN)/scim-nevisidm lint
	$(BIN)/scim-nevisidm test
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

conform: $(JUDGES)/constraints.txt ## other people's programs that judge ours, in an environment of their own

$(JUDGES)/constraints.txt: tests/conform/constraints.txt tests/conform/judges.py | $(VENV)/dev.stamp
	$(BIN)/python tests/conform/judges.py
	touch $@

soak: $(VENV)/dev.stamp ## ten minutes of mixed traffic under faults and kills; the report is docs/soak.md
	$(BIN)/python -m tests.soak

fuzz: $(VENV)/dev.stamp ## a million generated inputs, report in docs/fuzz.md; goes on where it stopped
	$(BIN)/python -m tests.fuzz --count $(INPUTS)

schemathesis: conform ## requests made from our OpenAPI document, for a minute or two; make test runs a few of the same
	$(BIN)/python -m tests.conform.schemathesis_run many

screenshots: $(VENV)/dev.stamp ## the pictures of the console in docs/pictures, by a headless Chromium
	$(BIN)/python -m tests.console.pictures

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(PEERS)/stamp: benchmarks/peers.txt | $(VENV)/dev.stamp
	rm -rf $(PEERS) && $(BIN)/python -m venv --without-pip $(PEERS)
	PIP_CONSTRAINT= $(BIN)/python -m pip --quiet --python $(PEERS)/bin/python install --no-deps -r benchmarks/peers.txt
	touch $@

image: $(VENV)/dev.stamp ## the Dockerfile's steps in full, dependencies from the registry, where there is no engine
	$(BIN)/python -m tests.deploy.image

bench: $(VENV)/dev.stamp $(PEERS)/stamp ## every figure beside what is to be reached; two quiet cores, a dozen minutes; BENCH="--write --million"
	$(BIN)/python -m benchmarks.all $(BENCH)

bench-quick: $(VENV)/dev.stamp $(PEERS)/stamp ## little of each: enough to see what is badly wrong
	$(BIN)/python -m benchmarks.all --quick

$(VENV)/run.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=…") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e .
	touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	touch $@

constraints: ## the newest versions that resolve
	rm -rf .make && $(PYTHON) -m venv .make
	PIP_CONSTRAINT= .make/bin/python -m pip install --quiet --upgrade '.[dev]' hatchling editables
	(echo '# Every version that make demo and make test install. Renewed by: make constraints'; \
	 .make/bin/python -m pip list --format=freeze | grep -viE '^(scim-nevisidm-gateway|pip|setuptools)==' | sort -f) > constraints.txt
	rm -rf .make

clean:
	rm -rf $(VENV) $(JUDGES) $(PEERS) .make dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
