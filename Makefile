# Two commands do everything: `make demo` and `make test`. All of it happens inside .venv/.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
PORT ?= 5000
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# What the tests need from Debian: a database server, a browser, and tools of others that check our output.
DEBIAN := postgresql chromium libatomic1 poppler-utils smartmontools udev fdisk e2fsprogs btrfs-progs python3-venv
# The bench: a small virtual machine, and what sits on drives inside it.
DEBIAN += qemu-system-x86 busybox-static kmod dmsetup lvm2 mdadm cryptsetup-bin nvme-cli hdparm sg3-utils
SUDO := $(if $(filter 0,$(shell id -u)),,sudo -n)

.PHONY: help demo test check bench bench-shell debian clean

help: ## Show the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

.venv/bin/python:
	@$(PYTHON) -m venv .venv || { echo "No virtual environment could be made. On Debian: apt-get install python3.11 python3-venv" >&2; exit 1; }

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@

.venv/.test: requirements-test.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements-test.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	@touch $@ .venv/.runtime

demo: .venv/.runtime ## Install and run a sample school with a station whose drives are files; PORT=5001, FRESH=1
	@$(BIN)/tracker demo --port $(PORT) $(if $(FRESH),--fresh)

debian:
	@missing=""; for package in $(DEBIAN); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
	  echo "Installing from Debian:$$missing"; \
	  { $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } || \
	  { echo "The tests need these Debian packages, and they could not be installed:$$missing" >&2; exit 1; }; fi

check: .venv/.test ## Lint, types, import contract and pure tests; under a minute
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -m pure

test: .venv/.test debian ## Everything: installs what the tests need, Debian packages included, and runs all of them
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n 2 --durations=10 --ignore tests/bench
	$(BIN)/pytest -q --durations=10 tests/bench  # by itself: an emulated processor has no time to share

bench-shell: .venv/.test debian ## A prompt in a virtual machine with four drives: NVMe, SATA, SCSI, USB; leave with `exit`
	@$(BIN)/python -m tests.bench.shell

bench: .venv/.test ## Ratios measured side by side: NAME: RATIO (goal GOAL) ok|short
	@for file in benchmarks/[a-z]*.py; do $(BIN)/python $$file || exit $$?; done

clean: ## Remove what was built here; keeps instance/
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
