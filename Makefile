# Two commands: `make demo` and `make test`. Both install what they need first, into .venv and one cache folder.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CACHE := $(or $(SHIPLINE_CACHE),$(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME)/shipline),$(HOME)/.cache/shipline)
UV_VERSION := 0.13.8
UV := $(CACHE)/uv/$(UV_VERSION)/bin/uv
export UV_CACHE_DIR := $(CACHE)/uv/cache
export UV_LINK_MODE := copy
# The certificates that the system trusts: also those of a company's own proxy or mirror.
export UV_SYSTEM_CERTS := 1
export SHIPLINE_UV := $(UV)
VENV := .venv

.PHONY: help demo test install lock clean bench
help:
	@echo 'make demo     a release on this machine: AWS and Kubernetes come up, a git push goes to prod (YES=1 answers the approval)'
	@echo 'make test     everything that is checked: lint, types, imports, unit, real Kubernetes, end to end'
	@echo 'make install  the tools alone'
	@echo 'make bench    how fast and how large it is, beside kubectl, helm and kapp (PART=machine|synthesis|engine, ONLY=noop,lag, RUNS=5)'
	@echo 'make clean    stop the machine and remove all that it made in this folder (the cache in $(CACHE) stays)'
	@echo 'make lock     lock the requirements anew'

demo: install
	@$(VENV)/bin/shipline demo $(if $(filter 1,$(YES)),--yes)

test: $(VENV)/installed
	@$(VENV)/bin/python -m local.toolchain tests
	@$(VENV)/bin/python -m tests

bench: $(VENV)/installed
	@$(VENV)/bin/python -m local.toolchain bench
	@$(VENV)/bin/python -m bench $(if $(ONLY),engine --only $(ONLY),$(PART)) $(if $(RUNS),--runs $(RUNS))

install: $(VENV)/installed
	@$(VENV)/bin/python -m local.toolchain

$(UV): local/toolchain/uv.txt
	@python3 -m pip --version >/dev/null 2>&1 || { echo 'install: python3-pip (Debian)'; apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-pip >/dev/null; }
	@echo 'install: uv $(UV_VERSION)'
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --require-hashes --upgrade --target $(CACHE)/uv/$(UV_VERSION) -r local/toolchain/uv.txt
	@touch $(UV)

# Plain paths take the place of setuptools' finder, which costs each start of a command 15 ms.
$(VENV)/installed: $(UV) requirements.txt pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo 'Shipline needs Python 3.11 as python3, and this is '"$$(python3 --version)"; exit 2; }
	@$(UV) venv --quiet --clear --python "$$(command -v python3)" $(VENV)
	@start=$$SECONDS; $(UV) pip sync --quiet --require-hashes --python $(VENV)/bin/python requirements.txt; \
	$(UV) pip install --quiet --no-deps --python $(VENV)/bin/python -e .; \
	printf '%s\n' '$(CURDIR)' '$(CURDIR)/lambdas' > $(VENV)/lib/python3.11/site-packages/__editable__.shipline-0.1.0.pth; \
	echo "install: Python packages ($$((SECONDS - start)) s)"
	@touch $@

lock: $(UV)
	$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml -o requirements.txt
	$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate --no-header lambdas/deployer/requirements.in -o lambdas/deployer/requirements.txt
	$(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate --no-header local/toolchain/modules/checkov/requirements.in -o local/toolchain/modules/checkov/requirements.txt

clean:
	@if [ -x $(VENV)/bin/shipline ]; then $(VENV)/bin/shipline down; fi
	@rm -rf $(VENV) .shipline cdk.out shipline.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo 'clean: what stays is the cache, $(CACHE)'
