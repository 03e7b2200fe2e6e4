# Two commands matter: `make run` to try it, `make test` to check it. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check ci bench screenshots lock format clean setup setup-dev

UP ?=
PYTEST ?=

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | \
	  while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

run: setup ## the whole site on this machine, with a demo city; UP="--port 9000" passes options
	@exec .venv/bin/python manage.py up $(UP)

test: setup-dev ## every test, on PostgreSQL and on SQLite, with servers of its own; PYTEST="-k draw" narrows
	@scripts/system-packages test
	@exec .venv/bin/python -m scripts.test $(PYTEST)

check: setup-dev ## formatting, lint, types, layers, migrations, templates, translations, in under a minute
	@scripts/system-packages check
	@exec .venv/bin/python -m scripts.check

ci: ## what has to be green before a change lands
	@exec bash .ci/run

bench: setup-dev ## speed against floors measured in the same run, on scratch servers
	@scripts/system-packages servers
	@exec .venv/bin/python -m tests.servers .venv/bin/python manage.py bench $(BENCH)

screenshots: setup-dev ## every page at 390 and 1440 px, as pictures
	@scripts/system-packages browser
	@exec .venv/bin/python manage.py screenshots $(SCREENSHOTS)

format: setup-dev ## lay out the code and mend what the linter can mend
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

lock: ## renew both lock files, with hashes, for every supported Python
	@scripts/lock

setup: ## only the environment that `make run` needs
	@scripts/environment requirements.lock

setup-dev: ## only the environment that the gate needs
	@scripts/environment requirements-dev.lock

clean: ## remove the environment and what was built; data stay
	@rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +
	@find . -name '*.mo' -path '*/locale/*' -not -path './data/*' -delete
