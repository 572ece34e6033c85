# Two commands on a fresh machine: `make demo`, `make test`. All the work is in bootstrap.py.
#   make demo ARGS="--silent"             options for the command
#   make demo PYTHON=/usr/bin/python3.12  another Python

PYTHON ?= python3
ARGS ?=

.PHONY: demo test test-all setup clean figures
demo test test-all setup clean:
	@$(PYTHON) bootstrap.py $@ $(ARGS)

# Measure everything that the README states, store it in docs/measurements, write it into the README.
figures:
	@.venv/bin/python tools/figures.py measure
