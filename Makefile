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
	$(BIN)/lint-imports

types:
	$(BIN)/mypy

# The README's code and the examples in docstrings.
doctest:
	$(BIN)/python -m pytest --doctest-modules --doctest-glob=README.md skneuron README.md

# The kernels' own tests, and what turns estimators' arrays into theirs.
KERNEL_TESTS = tests/kernels/training tests/kernels/ablation tests/neural_network/test_trainer.py \
	$(addprefix tests/kernels/test_,forward.py elementary.py product.py)

NO_PARITY = --deselect tests/neural_network/test_training.py::test_parity_with_scikit_learn

# A few examples of every property are enough for what these steps look for.
SOME = SKNEURON_SHARE_OF_EXAMPLES=0.05

# Reads and writes outside arrays, which compiled code does not notice.
bounds:
	$(SOME) NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(VENV)/bounds $(BIN)/python -m pytest -q \
		-p no:cacheprovider $(KERNEL_TESTS) tests/inspection/ablation/test_ablation.py \
		tests/inspection/pruning_path/test_strategies.py \
		tests/inspection/interactions/test_pairs.py

# Compiled lines are invisible to coverage, so the kernels' own tests run as plain Python. Whole
# trainings would take an hour that way; the rest runs compiled, without the matrix of them and
# without what is about processes. (After `make test`, which leaves machine code behind: coverage
# makes compiling several times as slow.)
coverage:
	$(SOME) NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -q $(KERNEL_TESTS)
	$(SOME) $(BIN)/coverage run -m pytest -q $(addprefix --ignore=,$(KERNEL_TESTS) \
		tests/utils/test_threads.py tests/test_package.py tests/kernels/test_tile.py) $(NO_PARITY)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --fail-under=95

# Every dependency at the lowest version that pyproject.toml allows. Kernels know none of them but
# numba, and are tested by what is made of them.
lowest:
	rm -rf $(LOWEST_VENV)
	$(PYTHON) -m venv $(LOWEST_VENV)
	$(PYTHON) .ci/lowest.py > $(LOWEST_VENV)/constraints.txt
	$(LOWEST_VENV)/bin/python -m pip install -q -c $(LOWEST_VENV)/constraints.txt -e ".[test]"
	$(SOME) $(LOWEST_VENV)/bin/python -m pytest -q -p no:cacheprovider \
		$(addprefix --ignore=,$(KERNEL_TESTS)) \
		$(NO_PARITY)
