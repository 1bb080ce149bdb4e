# The steps of CI, each of which can be run by itself in an environment with `.[test]` installed.
PYTHON ?= python3
VENV ?= .venv-ci
LOWEST_VENV ?= .venv-lowest

.PHONY: ci install test lint types coverage bounds doctest lowest

ci: test lint types doctest bounds coverage lowest

# The README's test command, in a fresh environment.
test:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	. $(VENV)/bin/activate && python -m pip install -e ".[test]" && python -m pytest

lint:
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types:
	$(VENV)/bin/mypy

# The README's code and the examples in docstrings.
doctest:
	$(VENV)/bin/python -m pytest --doctest-modules --doctest-glob=README.md skneuron README.md

# Reads and writes outside arrays, which compiled code does not notice.
bounds:
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(VENV)/bounds $(VENV)/bin/python -m pytest -q \
		tests/test_forward.py tests/test_sweep.py tests/test_ablation.py tests/test_path.py

# Compiled lines are invisible to coverage, so here the kernels run as plain Python.
coverage:
	NUMBA_DISABLE_JIT=1 $(VENV)/bin/coverage run -m pytest -q
	$(VENV)/bin/coverage combine -q
	$(VENV)/bin/coverage report --fail-under=95

# Every dependency at the lowest version that pyproject.toml allows.
lowest:
	rm -rf $(LOWEST_VENV)
	$(PYTHON) -m venv $(LOWEST_VENV)
	$(PYTHON) .ci/lowest.py > $(LOWEST_VENV)/constraints.txt
	$(LOWEST_VENV)/bin/python -m pip install -q -c $(LOWEST_VENV)/constraints.txt -e ".[test]"
	$(LOWEST_VENV)/bin/python -m pytest -q
