# Every command of this project, from a bare machine with Python 3.11, make and git.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
REQUIREMENTS := requirements.txt requirements-s3.txt requirements-dev.txt requirements-bench.txt

.PHONY: run s3 test build check serve bench campaigns lint audit lock clean

run: $(VENV)/.installed        ## build the sample network, then rehearse the whole loop
	@$(PY) -m feeds build
	@$(PY) -m feeds rehearse

s3: $(VENV)/.installed-s3      ## what publishing to object storage needs

test: $(VENV)/.installed-dev   ## the whole test suite
	@$(PY) -m pytest -n 2

build: $(VENV)/.installed      ## render the catalog in this folder into static_out/
	@$(PY) -m feeds build

check: $(VENV)/.installed      ## every fault of the catalog in this folder
	@$(PY) -m feeds check

serve: $(VENV)/.installed      ## a scratch copy to click through, with a stand-in for Dailymotion, until ^C
	@$(PY) -m feeds serve --sandbox

bench: $(VENV)/.installed-bench  ## the speed table, against peers
	@$(PY) -m benchmarks

campaigns: $(VENV)/.installed-dev  ## the long crash and load runs
	@$(PY) -m pytest -p no:xdist --campaigns tests/campaigns tests/commands/test_rehearse.py \
	  tests/commands/test_serve.py

lint: $(VENV)/.installed-dev   ## ruff, mypy --strict, and an audit of the packages where that can be asked for
	@$(VENV)/bin/ruff format --check . && $(VENV)/bin/ruff check . && $(VENV)/bin/mypy
	@$(PY) .ci/audit.py $(REQUIREMENTS) || [ $$? -eq 3 ]

audit: $(VENV)/.installed-dev  ## what is known against the packages; fails where nobody can be asked
	@$(PY) .ci/audit.py $(REQUIREMENTS)

lock: $(VENV)/.installed-dev   ## compile the pinned, hashed requirements anew
	@for name in requirements requirements-s3 requirements-dev requirements-bench; do \
	  $(VENV)/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o $$name.txt $$name.in; done

clean:                         ## forget the virtual environment and what was built
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache static_out/users.json static_out/feeds

$(VENV)/.installed: requirements.txt
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-s3: requirements-s3.txt $(VENV)/.installed
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-s3.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/.installed-bench: requirements-bench.txt $(VENV)/.installed
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $@
