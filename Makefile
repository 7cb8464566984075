.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
RUN_READY := .venv/.ready-to-run
DEV_READY := .venv/.ready-to-develop

.PHONY: help run test test-sqlite test-postgresql torture check lint types layers fmt messages lock bench pictures clean

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

run: $(RUN_READY) ## Serve Djirgo on http://127.0.0.1:$${PORT:-8000}, data in $${DJIRGO_DATA_DIR:-./data}
	@exec $(BIN)/djirgo up

test: test-sqlite test-postgresql ## Every test: on SQLite, on PostgreSQL, against RabbitMQ

# They wait for servers more than for a core. What a file of them makes for all, such as many tasks, is made once.
SPREAD := -n 3 --dist loadfile --no-loadscope-reorder

test-sqlite: $(DEV_READY)
	$(BIN)/pytest $(SPREAD) --database sqlite $(PYTEST)

test-postgresql: $(DEV_READY)
	$(BIN)/pytest $(SPREAD) --database postgresql $(PYTEST)

torture: $(DEV_READY) ## Break whatever can break, on both databases, and count: SEED=7 again the same, PLANT=no_fence a bug to catch
	@$(BIN)/python -m tests.torture $(if $(SEED),--seed $(SEED)) $(if $(PLANT),--plant $(PLANT)) $(TORTURE)

check: lint types layers $(DEV_READY) ## Lint, types, layers, migrations and the OpenAPI document
	@mkdir -p build/data
	DJIRGO_DATA_DIR=build/data $(BIN)/djirgo makemigrations --check --dry-run
	DJIRGO_DATA_DIR=build/data $(BIN)/djirgo spectacular --validate --fail-on-warn --file build/openapi.yaml
	diff -u docs/openapi.yaml build/openapi.yaml

lint: $(DEV_READY) ## Style and likely mistakes
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: $(DEV_READY) ## mypy, strict
	$(BIN)/mypy

layers: $(DEV_READY) ## Which folder may import which
	$(BIN)/lint-imports

fmt: $(DEV_READY) ## Format the code and sort its imports
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

messages: $(DEV_READY) ## Collect what is to be translated, and compile what is (needs gettext)
	@mkdir -p build/data
	cd src/djirgo/web && DJIRGO_DATA_DIR=$(CURDIR)/build/data $(CURDIR)/$(BIN)/djirgo makemessages --locale ru --no-location --no-obsolete
	cd src/djirgo/web && DJIRGO_DATA_DIR=$(CURDIR)/build/data $(CURDIR)/$(BIN)/djirgo compilemessages

lock: $(DEV_READY) ## Resolve the requirements again
	$(BIN)/uv pip compile $(UPGRADE) $(LOCK_FLAGS) pyproject.toml -o requirements/djirgo.lock
	$(BIN)/uv pip compile $(UPGRADE) $(LOCK_FLAGS) --group dev pyproject.toml -o requirements/dev.lock
LOCK_FLAGS := --quiet --universal --generate-hashes --no-emit-index-url --no-header

bench: $(DEV_READY) ## Speed, as ratios to a bare function and to ordinary Django; BENCH="--database sqlite --growth" for less
	$(BIN)/python -m bench --report docs/performance.md $(BENCH)

pictures: $(DEV_READY) ## Take the pictures of the README again (needs Chromium)
	$(BIN)/python -m tests.pictures

clean: ## Forget the environment and everything built; the data stays
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# The environment comes from locked, hashed requirements: pip fetches one pinned uv, and uv the rest. It is compiled when
# it is installed, for where Python may not write bytecode later every start would compile it again.
export UV_COMPILE_BYTECODE := 1
$(BIN)/uv: requirements/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Djirgo needs Python 3.11 or newer; $$($(PYTHON) --version) is what '$(PYTHON)' is. Say make PYTHON=/path/to/python3.11"; exit 1; }
	@if $(PYTHON) -m pip --version >/dev/null 2>&1; then \
		$(PYTHON) -m venv --clear --without-pip .venv && \
		$(PYTHON) -m pip --quiet --disable-pip-version-check --python $(BIN)/python install --require-hashes -r requirements/uv.lock; \
	else \
		$(PYTHON) -m venv --clear .venv && \
		$(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/uv.lock; \
	fi
	@touch $@

$(RUN_READY): $(BIN)/uv requirements/djirgo.lock pyproject.toml
	@test -e $(DEV_READY) && true || $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/djirgo.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(DEV_READY): $(BIN)/uv requirements/dev.lock pyproject.toml
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@ $(RUN_READY)
