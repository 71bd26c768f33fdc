# The machine needs Python 3.11, 3.12 or 3.13, git and make; all else is installed into .venv.

VENV := .venv
BIN := $(VENV)/bin/python
STAMP := $(VENV)/installed
NOTEBOOKS := notebooks/[0-9][0-9]_*[a-z].ipynb

# TensorFlow has no build for other versions. The first of these that fits is taken; `make
# PYTHON=/path/to/python3.12 ...` names another.
PYTHONS := $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11)
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

# A process a core; a file of tests, or a notebook, stays in one process.
SIDE_BY_SIDE := --numprocesses=auto --dist=loadscope

# What a user keeps in ~/.ipython must not reach the outputs that are compared or committed.
test notebooks: export IPYTHONDIR := $(CURDIR)/build/ipython

.PHONY: help run test lab site study model notebooks lock clean
.DELETE_ON_ERROR:

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' Makefile | while IFS=: read -r target text; do \
		printf 'make %-10s%s\n' "$$target" "$$text"; done

run: $(STAMP)  ## execute every notebook on the whole database and write the report
	$(BIN) -m ecgutils run $(ARGS)

test: $(STAMP)  ## ruff, the tests, then every notebook against its stored outputs
	$(BIN) -m ruff check
	$(BIN) -m ruff format --check
	$(BIN) -m pytest $(SIDE_BY_SIDE)
	$(BIN) -m pytest $(SIDE_BY_SIDE) --nbval-lax --nbval-current-env --nbval-cell-timeout=1800 $(NOTEBOOKS)

# As in a container, where the user is root and JupyterLab would refuse to start.
lab: $(STAMP)  ## open the notebooks in JupyterLab; ARGS="--no-browser --port=8889" is passed on
	$(BIN) -m jupyterlab --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb \
		$(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

site: $(STAMP)  ## notebooks, tables and a report as static pages in build/site
	$(BIN) -m ecgutils site

study: $(STAMP)  ## repeat the long studies and write their tables into the README
	$(BIN) -m ecgutils study known
	$(BIN) -m ecgutils study unseen
	$(BIN) -m ecgutils study tables

model: $(STAMP)  ## train the model that classifies recordings of one's own, and measure it
	$(BIN) -m ecgutils train-model
	$(BIN) -m ecgutils study detection
	$(BIN) -m ecgutils study recorders
	$(BIN) -m ecgutils study ec57

# Metadata that changes from run to run or from machine to machine is left out of the files.
notebooks: $(STAMP)  ## execute the notebooks again; store their outputs in place, and the figures
	rm -rf build/figures
	$(BIN) -m nbconvert --to notebook --inplace --execute \
		--ExecutePreprocessor.record_timing=False \
		--ClearMetadataPreprocessor.enabled=True \
		--ClearMetadataPreprocessor.preserve_cell_metadata_mask=tags \
		--ClearMetadataPreprocessor.preserve_nb_metadata_mask=kernelspec \
		--ClearMetadataPreprocessor.preserve_nb_metadata_mask='("language_info", "name")' \
		$(NOTEBOOKS)
	cp build/figures/* figures/
	$(BIN) -m pytest tests/repository/test_notebooks.py tests/artefacts/test_figures.py

# Versions that still fit stay as they are; `make lock UPGRADE=1` takes the newest ones.
lock: $(STAMP)  ## write requirements.lock from pyproject.toml
	$(BIN) -m venv build/uv
	build/uv/bin/python -m pip install --quiet uv
	build/uv/bin/python -m uv pip compile pyproject.toml --all-extras --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--quiet --output-file requirements.lock $(if $(UPGRADE),--upgrade)

clean:  ## remove what the targets above made, except .venv
	rm -rf build ecgutils.egg-info .pytest_cache .ruff_cache .hypothesis .benchmarks
	find ecgutils tests notebooks \( -name __pycache__ -o -name .ipynb_checkpoints \) \
		-prune -exec rm -rf {} +

# The stamp holds the folder that the environment was made for: a checkout that was moved or
# copied would go on importing the package from its old place.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

# The stamp is written last and removed first, so an installation that was cut short starts over.
$(STAMP): requirements.lock pyproject.toml
	@if [ "$$(cat $@ 2>/dev/null)" != "$(CURDIR)" ] || ! $(BIN) -c ''; then \
		for python in $(PYTHONS) ''; do "$$python" -c '$(FITS)' 2>/dev/null && break; done; \
		if [ -z "$$python" ]; then \
			echo "make: Python 3.11, 3.12 or 3.13 is needed (TensorFlow has no build for others);" \
				"name one with make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; \
		fi; \
		echo "Making $(VENV) with $$("$$python" --version)"; \
		rm -f $@ && "$$python" -m venv --clear $(VENV); \
	fi
	@rm -f $@
	$(BIN) -m pip install --require-hashes --requirement requirements.lock
	$(BIN) -m pip install --no-deps --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@
