# What CI runs is `make check`, `make test`, `make bench-check` and `make test-images`, verbatim. `make demo` shows it work.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help install check format test test-images image-requirements dockerfiles sbom docs bench bench-check torture trial demo up down clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ — /'

install: $(READY)  ## the virtual environment, from pinned requirements, with the command driftless in .venv/bin

$(READY): requirements.txt requirements-dev.txt constraints.txt pyproject.toml
	@echo "Setting up .venv (pinned requirements) ..."
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.12 ...") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt -c constraints.txt -e .
	@touch $@
	@echo "Ready. All commands: $(BIN)/driftless --help"

check: $(READY)  ## lint and types: ruff and mypy strict
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY)  ## formats the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(READY)  ## every test that needs no container engine, the whole flow in the local stack included
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m 'not containers'

test-images: $(READY)  ## builds every image with Docker or Podman and runs each in its container
	@$(BIN)/python -m local.services.container_engine
	$(BIN)/python -m pytest -q -m containers tests/containers

image-requirements: $(READY)  ## images/*/requirements.txt with hashes, from their requirements.in
	$(BIN)/python -m tools.image_requirements

dockerfiles: $(READY)  ## images/*/Dockerfile and its ignore file, from images/Dockerfile.template and their image.toml
	$(BIN)/python -m tools.dockerfiles

sbom: $(READY)  ## what is in each image, as CycloneDX: build/sbom/<image>.json
	$(BIN)/python -m tools.sbom

docs: $(READY)  ## the generated blocks of README and docs: exports, commands, alarms, settings, emulated types
	$(BIN)/python -m tools.reference

bench: $(READY)  ## the sync against the index's own limit and against what others do; 10 minutes
	$(BIN)/python -m bench.sync

bench-check: $(READY)  ## fails when the handlers' cost per record has grown by 15%
	$(BIN)/python -m bench.sync.check

torture: $(READY)  ## 10 minutes of attacks on the sync: random histories on a model and on a real node, and broken rules
	$(BIN)/python -m tests.torture

trial: $(READY)  ## deploys to your AWS account, proves it, and destroys it; names the cost and asks before (YES=1 agrees)
	@$(BIN)/python -m tools.trial

demo: $(READY)  ## a day of flights through the whole pipeline on this machine, proven equal at the end (OPTIONS="--analyses --containers")
	$(BIN)/python -m local demo $(OPTIONS)

up: $(READY)  ## starts the local stack and stays in front; Ctrl-C ends it (OPTIONS="--detach --aws-port 4570")
	$(BIN)/python -m local up $(OPTIONS)

down: $(READY)  ## ends the local stack, wherever it was started
	$(BIN)/python -m local down

clean:  ## removes what the targets made, the virtual environment included
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local down; fi
	rm -rf .venv .local .driftless build .pytest_cache .mypy_cache .ruff_cache .hypothesis
