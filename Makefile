# The steps of CI. `make test` makes the environment that the others use; in one of your own, with
# `.[test]` installed, say `make lint BIN=$$(dirname $$(which python))`.
PYTHON ?= python3
VENV ?= .venv-ci
BIN ?= $(VENV)/bin
LOWEST_VENV ?= .venv-lowest

.PHONY: ci test lint types doctest bounds coverage lowest

ci:
	bash .ci/run

# The README's test command, in a fresh environment.
test:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	. $(VENV)/bin/activate && python -m pip install -e ".[test]" && python -m pytest

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

# The README's code and the examples in docstrings.
doctest:
	$(BIN)/python -m pytest --doctest-modules --doctest-glob=README.md skneuron README.md

# Reads and writes outside arrays, which compiled code does not notice.
bounds:
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(VENV)/bounds $(BIN)/python -m pytest -q \
		tests/test_forward.py tests/test_sweep.py tests/test_ablation.py tests/test_path.py \
		tests/test_product.py tests/test_outputs.py tests/test_updates.py tests/test_train.py \
		tests/test_trainer.py

# Compiled lines are invisible to coverage, so here the kernels run as plain Python.
coverage:
	NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -q
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --fail-under=95

# Every dependency at the lowest version that pyproject.toml allows.
lowest:
	rm -rf $(LOWEST_VENV)
	$(PYTHON) -m venv $(LOWEST_VENV)
	$(PYTHON) .ci/lowest.py > $(LOWEST_VENV)/constraints.txt
	$(LOWEST_VENV)/bin/python -m pip install -q -c $(LOWEST_VENV)/constraints.txt -e ".[test]"
	$(LOWEST_VENV)/bin/python -m pytest -q
