# まどぐち: the commands people and CI share. Needs only Python 3.11 (with venv) and make.
VENV := .venv
AUDIT := .venv-audit
PY := $(VENV)/bin/python
PORT ?= 8000

.PHONY: run test venv dev lock audit bench clean

run: venv
	@MADOGUCHI_DEMO=$${MADOGUCHI_DEMO:-1} $(VENV)/bin/madoguchi serve --port $(PORT)

test: dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/madoguchi check
	$(VENV)/bin/pytest

bench: venv
	$(VENV)/bin/madoguchi bench matching
	$(VENV)/bin/madoguchi bench webhook

venv: $(VENV)/.compiled
dev: $(VENV)/.dev-ready

$(VENV)/bin/python:
	python3 -m venv $(VENV)

# The stamps make later starts instant: pip runs again only when a lock or pyproject.toml changed.
$(VENV)/.run-ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# A service may not write beside its code, and would compile all of it at every start (0.3 s).
$(VENV)/.compiled: $(shell find bot -name '*.py') $(VENV)/.run-ready
	@$(PY) -m compileall -q bot
	@touch $@

$(VENV)/.dev-ready: requirements-dev.lock | $(VENV)/.run-ready
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Needs the network; pins every dependency with its hashes.
lock:
	$(PY) -m pip install --quiet uv
	$(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --extra build pyproject.toml -o requirements.lock
	$(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --extra build --extra postgres --extra dev pyproject.toml -c requirements.lock -o requirements-dev.lock
	$(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --extra build --extra postgres pyproject.toml -c requirements.lock -o requirements-postgres.lock

# Needs the network: asks PyPI whether anything that is pinned has a known hole. A venv of its own,
# so that the tool's own dependencies are none of ours; strict: what PyPI cannot tell is no pass.
audit: $(AUDIT)/bin/pip-audit
	$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements-postgres.lock -r requirements-dev.lock

$(AUDIT)/bin/pip-audit:
	python3 -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check "pip-audit>=2.9"

clean:
	rm -rf $(VENV) $(AUDIT) var .pytest_cache .mypy_cache .ruff_cache
