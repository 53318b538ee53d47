# `make demo` and `make test` do everything on a fresh Debian, Ubuntu or macOS machine with Python 3.11 or newer.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,14))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
WORKERS ?= 2

.PHONY: demo up test check bench fuzz tools lock docs new-service where clean

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed: apt install python3 python3-venv"; exit 1; }
	@echo "Installing Skyjar into .venv"
	@$(PYTHON) -m venv .venv || { echo "The venv module is missing: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --upgrade pip uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

## Installs, starts Skyjar, deploys the example application with real tools, calls it and shows what happened.
demo: .venv/ready
	@$(BIN)/python examples/orders/demo.py

## Starts a cloud on port 4566.
up: .venv/ready
	@$(BIN)/skyjar up

## Everything: linters, types, unit tests, tests with real clients.
test: .venv/ready tools check
	@$(BIN)/python -m pytest tests -n $(WORKERS) --dist loadgroup

check: .venv/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

## The deployment tools that client tests use, each in a place of its own below .tools.
tools: .venv/ready
	@tools/install.sh

bench: .venv/ready
	@$(BIN)/python bench/pipeline.py
	@$(BIN)/python bench/wire.py
	@$(BIN)/python bench/policy.py
	@$(BIN)/python bench/claims.py

fuzz: .venv/ready
	@for target in fuzz/*.py; do echo $$target; $(BIN)/python $$target || exit 1; done

lock: .venv/ready
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev pyproject.toml -o requirements.lock

## The generated pages: operations per service, rows of the specification with the tests that prove them.
docs: .venv/ready
	@$(BIN)/skyjar coverage --write docs/services
	@$(BIN)/python tools/specification.py

## make new-service NAME=sns
new-service: .venv/ready
	@$(BIN)/python tools/new_service.py $(NAME)

## make where OPERATION=send_message
where:
	@grep -rnE --include=*.py "^def $(OPERATION)\(" skyjar/services || { echo "No operation $(OPERATION)."; exit 1; }

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache
