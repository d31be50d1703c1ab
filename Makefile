# make run   serves the portal on http://127.0.0.1:8000/ with its worker and the embedded sandbox
# make test  installs what the tests need and runs everything that CI runs
# make quick leaves out browsers, PostgreSQL, storms and attacks: for the desk of whoever changes something
# make lock  brings the hashes of what is installed up to date, after a change of requirements*.txt
# make audit looks for known weaknesses and licences, and writes an SBOM; needs the internet
# make bench measures; ROWS=100000 makes the support desk's part of it shorter
# make test-production installs the portal on this machine as production has it, and goes through it
# make chaos lets a long storm rage and counts what it lost or doubled: nothing

SHELL := /bin/bash
PORT ?= 8000
BIN := .venv/bin
# The first of these that is new enough makes the virtual environment.
PYTHONS := $(or $(PYTHON),python3.13 python3 python3.12 python3.14)
LOCAL := env LOCAL=true PORT=$(PORT) PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: run test quick test-production test-tools chaos bench format messages screenshots lock audit clean

run: .venv/run.stamp
	@$(LOCAL) python manage.py prepare_local
	@exec $(LOCAL) bin/serve

test: .venv/test.stamp test-tools
	@$(LOCAL) bin/run-tests

quick: .venv/test.stamp test-tools
	@$(LOCAL) bin/run-tests quick

test-production: .venv/test.stamp test-tools
	@$(LOCAL) bin/test-production

test-tools: .venv/test.stamp
	@bin/find-tools

# The long storm: 1,000 onboardings, 30 % faults, 50 kills of workers and 10 of web processes, on both databases.
STORM := python -m tests.chaos.storm --onboardings 1000 --kills 50 --web-kills 10 --cuts 10
chaos: .venv/test.stamp
	@$(LOCAL) $(STORM)
	@$(LOCAL) bin/with-postgres $(STORM)

# Each part prints what it found. One that is beyond its goal fails all of it, once the others were run.
BENCHES := pages idle upstream_calls "sqlite_writes --seconds 60" first_visit
POSTGRES_BENCHES := idle "desk $(ROWS)" growth load workers memory makers
bench: .venv/test.stamp test-tools
	@failed=0; \
	for part in $(BENCHES); do \
	  echo "--- $$part"; $(LOCAL) python -m benchmarks.$$part || failed=1; done; \
	for part in $(POSTGRES_BENCHES); do \
	  echo "--- $$part"; $(LOCAL) bin/with-postgres python -m benchmarks.$$part || failed=1; done; \
	exit $$failed

format: .venv/test.stamp
	@$(LOCAL) ruff format .
	@$(LOCAL) ruff check --fix .

# What the code says, into the catalogues of its translations; docs/languages.md says how to go on.
messages: .venv/test.stamp test-tools
	@$(LOCAL) bin/messages

screenshots: .venv/test.stamp test-tools
	@$(LOCAL) env SCREENSHOTS=1 pytest -q tests/journeys/test_every_page.py tests/journeys/test_every_desk_page.py \
	  tests/journeys/test_scanning.py

lock: .audit/stamp
	@bin/lock

audit: .venv/run.stamp .audit/stamp
	@bin/audit

INSTALL := pip install --quiet --disable-pip-version-check --require-hashes
.venv/run.stamp: requirements.lock | .venv/python.stamp
	@$(BIN)/$(INSTALL) -r requirements.lock
	@touch $@

.venv/test.stamp: requirements-dev.lock .venv/run.stamp
	@$(BIN)/$(INSTALL) -r requirements-dev.lock
	@touch $@

.audit/stamp: requirements-audit.lock | .venv/python.stamp
	@$(BIN)/python -m venv .audit
	@.audit/bin/$(INSTALL) -r requirements-audit.lock
	@touch $@

.venv/python.stamp:
	@for candidate in $(PYTHONS); do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then \
	    "$$candidate" -m venv .venv && touch $@ && exit 0; exit 1; fi; done; \
	  echo "realto-portal needs Python 3.12 or newer. Install it, or name it: make run PYTHON=/path/to/python3.13" >&2; exit 1

clean:
	rm -rf .venv .audit staticfiles var
