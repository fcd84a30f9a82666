# Needs make and Python 3.11 or newer, nothing else. `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run demo test test-browser screenshots bench fuzz torture lint setup

PIP := .venv/bin/python -m pip --disable-pip-version-check -qq install --root-user-action=ignore

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: .venv/.ready ## Set up, start everything and serve (HOST, PORT, DATA_DIR, ... from the environment)
	@exec .venv/bin/order-ledger serve --stop-with-parent

demo: .venv/.ready ## The same with a town of tills that has sold for a month and goes on selling
	@exec .venv/bin/order-ledger demo

test: .venv/.ready ## Set up and run every test (ARGS="-k swish" for some of them)
	@.venv/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

test-browser: .venv/.browser ## Test the console in a real Chromium (CHROMIUM= where it is, ARGS=)
	@.venv/bin/python -m pytest tests/browser $(ARGS)

screenshots: .venv/.browser ## Make the pictures of the console in docs/, in the same Chromium
	@.venv/bin/python -m tests.browser.screenshots

fuzz: .venv/.ready ## Send hostile requests to every route: REQUESTS of them (5000), others each time
	@REQUESTS=$${REQUESTS:-5000} .venv/bin/python -m pytest tests/fuzz $(ARGS)

bench: .venv/.ready .venv-bench/.ready ## Measure everything beside its limit and its peer (15 minutes; FULL=1 ORDERS= ROUNDS= SECONDS= ONLY= GROWTH=1)
	@.venv/bin/python -m tests.bench

torture: .venv/.ready ## Kill, freeze and cut off servers under load (ROUNDS=100; SEED= to see a run again)
	@ROUNDS=$(ROUNDS) SEED=$(SEED) .venv/bin/python -m tests.torture

lint: .venv/.ready ## Check style (ruff) and types (mypy --strict)
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

setup: .venv/.ready ## Only make .venv and install what requirements.lock names

# The first Python that runs and can make a virtual environment; a pyenv shim that is on PATH may not run.
.venv/.ready: requirements.lock pyproject.toml
	@python=; for candidate in python3.13 python3.12 python3.11 python3; do \
		if $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
		then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "order-ledger needs Python 3.11 or newer with its venv module; found: $$(python3 -V 2>/dev/null || echo none)" >&2; \
		exit 1; \
	fi; \
	if ! .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		echo "Making .venv with $$($$python -V) ..."; \
		$$python -m venv --clear .venv; \
	fi
	@echo "Installing what requirements.lock names (half a minute, only when it has changed) ..."
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# What drives a browser is large, and only browser tests need it.
.venv/.browser: tests/browser/requirements.lock .venv/.ready
	@$(PIP) --require-hashes -r $<
	@touch $@

# The library that `make bench` compares with is in no other environment.
.venv-bench/.ready: tests/bench/requirements.lock .venv/.ready
	@.venv/bin/python -m venv --clear .venv-bench
	@.venv-bench/bin/python -m pip --disable-pip-version-check -qq install --root-user-action=ignore --require-hashes -r $<
	@touch $@
