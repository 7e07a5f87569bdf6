# `make demo` and `make test` set everything up themselves; see README.md.
.DEFAULT_GOAL := help
CAB := .venv/bin/cab
PYTEST := .venv/bin/pytest

.PHONY: help demo test test-all lint docs bench clean setup-run setup-dev

help: ## Show this
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup-run:
	@requirements/setup.sh run

setup-dev:
	@requirements/setup.sh dev

demo: setup-run ## Run three CLIs against the controls in sandboxes, show the table, build the site
	$(CAB) sweep demo; status=$$?; $(CAB) site build && exit $$status

test: setup-dev lint ## Set up, lint, and run the tests (real CLIs and sandboxes; slow suites are sampled)
	$(PYTEST) -n 2 --dist loadgroup -m "not slow"

test-all: setup-dev lint ## Everything, the slow suites in full
	$(PYTEST) -n 2 --dist loadgroup

lint: setup-dev ## ruff and mypy strict
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

docs: setup-dev ## Generate the generated parts of docs/
	.venv/bin/python docs/generate.py

bench: setup-dev ## The benchmarks, each with --json
	for script in benchmarks/*.py; do .venv/bin/python $$script || exit 1; done

clean: ## Remove the virtual environment and caches; results stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
