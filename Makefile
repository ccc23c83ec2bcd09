# The two commands: make run, make test. The others are listed by `make help`.
PYTHON ?= python3
VENV := .venv/bin/python
.DEFAULT_GOAL := help
FUZZ_SECONDS ?= 600
DATABASE ?= sqlite
.PHONY: help setup run test test-nightly rehearsal screenshots bench fuzz messages lint

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

setup: ## Python and JavaScript packages and translations, without starting anything
	@command -v $(PYTHON) >/dev/null || { echo "AI Maker needs Python 3.11 or newer, and there is no $(PYTHON) here."; exit 2; }
	@$(PYTHON) deploy/prepare.py requirements.txt

run: setup ## start AI Maker (PORT, HOST and AIMAKER_DATA are honoured)
	@exec $(VENV) manage.py up

test: ## install what the tests need, then run every test (T="paths or options" for some of them; DATABASE=mysql on a private MariaDB)
	@command -v $(PYTHON) >/dev/null || { echo "AI Maker needs Python 3.11 or newer, and there is no $(PYTHON) here."; exit 2; }
	@$(PYTHON) deploy/prepare.py requirements-dev.txt
	@$(PYTHON) deploy/debian.py chromium fonts-noto-cjk fonts-noto-color-emoji fiu-utils mariadb-server shellcheck nginx
	@DATABASE=$(DATABASE) $(VENV) deploy/run_tests.py $(T)

test-nightly: ## what takes too long for every change: every fault as often and as long as docs/faults.md says, loads, floods; an hour and a half, then a table
	@$(PYTHON) deploy/prepare.py requirements-dev.txt
	@$(PYTHON) deploy/debian.py chromium fonts-noto-cjk fonts-noto-color-emoji fiu-utils mariadb-server shellcheck nginx
	@DATABASE=$(DATABASE) $(VENV) deploy/run_tests.py --nightly

rehearsal: ## everything of docker-compose.yml as processes of this machine: the whole journey through nginx, the faults, what was seen
	@$(PYTHON) deploy/prepare.py requirements-dev.txt
	@$(PYTHON) deploy/debian.py chromium nginx mariadb-server
	@$(VENV) -m tests.rehearsal --write

screenshots: ## the pictures of the README, made anew by the browser test
	@SCREENSHOTS=docs/screenshots $(VENV) -m pytest tests/browser
	@rm -f docs/screenshots/[a-z]*.png

bench: ## every benchmark, one after another, each beside its floor
	@$(PYTHON) deploy/prepare.py requirements-dev.txt
	@failed=0; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(VENV) -m "benchmarks.$$(basename $$file .py)" || failed=1; done; exit $$failed

fuzz: ## look for bytes that break a guard, FUZZ_SECONDS (600) for each; what is found lies in test-results/fuzz
	@$(PYTHON) deploy/prepare.py requirements-dev.txt
	@failed=0; for guard in zip lists image url; do echo "== $$guard"; $(VENV) -m tests.fuzz $$guard $(FUZZ_SECONDS) || failed=1; done; \
	echo "== api"; API_FUZZ_SECONDS=$(FUZZ_SECONDS) $(VENV) -m pytest tests/test_schemathesis.py || failed=1; exit $$failed

messages: setup ## bring new texts of pages and sentences into locale/, and compile
	@$(VENV) deploy/messages.py update

lint: ## style, as far as a program can see it
	@$(PYTHON) deploy/prepare.py requirements-dev.txt
	@$(VENV) -m ruff check .
	@$(VENV) -m mypy --config-file clients/python/pyproject.toml clients/python/src
