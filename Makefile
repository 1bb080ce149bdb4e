# The steps of development and of CI: `make help` lists them. The steps that check use .venv, which
# `make dev` makes; where there is none, .venv-ci of `make test`; or `make lint BIN=/path/to/bin`.
PYTHON ?= python3
VENV ?= .venv-ci
LOWEST_VENV ?= .venv-lowest
PRE_VENV ?= .venv-pre
COVERAGE_VENV ?= .venv-coverage
DOCS_VENV ?= .venv-docs
BIN ?= $(if $(wildcard .venv/bin/python),.venv,$(VENV))/bin
# Processes for tests: JOBS=4 for four.
PYTEST = python -m pytest $(if $(JOBS),-n $(JOBS) --dist worksteal)
# Where the pictures' data is, or is downloaded to.
DATA_HOME ?= $(HOME)/scikit_learn_data

.DEFAULT_GOAL := help
.PHONY: help dev ci test lint types doctest docs bounds coverage environments pythons lowest \
	prerelease suites processors dist release bench pictures

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

dev: ## Everything to work on the code, in .venv; git hooks too if pre-commit is installed
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -e ".[test]"
	@if ! command -v pre-commit; then echo "no pre-commit: commits are not checked here"; \
	else pre-commit install; fi
	@echo 'ready: ". .venv/bin/activate && python -m pytest tests/surgery", or "make lint types"'

ci: ## All that must hold before a change lands; takes some minutes
	bash .ci/run

test: ## All tests, in a fresh environment: the README's command
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	. $(VENV)/bin/activate && python -m pip install -e ".[test]" && $(PYTEST)

lint: ## Style, formatting, and that rooms import from lower floors only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: ## mypy
	$(BIN)/mypy

# In docs/tile_kernel.md, numba's own messages have lines that look like doctests.
doctest: ## The code in the README, in docs/ and in docstrings
	$(BIN)/python -m pytest --doctest-modules --doctest-glob="*.md" skneuron README.md \
		$(filter-out docs/tile_kernel.md, $(wildcard docs/*.md))

docs: ## The site in docs/_build/html, without internet, warnings being errors; runs all examples
	test -x $(DOCS_VENV)/bin/python || $(PYTHON) -m venv $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -m pip install -q -e ".[docs]"
	rm -rf docs/_build docs/generated docs/auto_examples docs/benchmarks
	MPLBACKEND=Agg $(DOCS_VENV)/bin/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	$(DOCS_VENV)/bin/python docs/_site/check_in_chromium.py docs/_build/html
	@echo "the site: docs/_build/html/index.html"

# The kernels' own tests, and what turns estimators' arrays into theirs.
KERNEL_TESTS = tests/kernels/training tests/kernels/ablation tests/neural_network/test_trainer.py \
	$(addprefix tests/kernels/test_,forward.py elementary.py product.py)

NO_PARITY = --deselect tests/neural_network/test_training.py::test_parity_with_scikit_learn

# Tests about the repository, which hold in one environment if they hold in another.
REPOSITORY_TESTS = $(addprefix tests/test_,benchmarks.py docs.py docs_commands.py docstrings.py \
	examples.py glossary.py imports.py repository.py typing.py)

# A few examples of every property are enough for what these steps look for.
SOME = SKNEURON_SHARE_OF_EXAMPLES=0.05

bounds: ## Reads and writes outside arrays, which compiled code does not notice
	$(SOME) NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(VENV)/bounds $(BIN)/python -m pytest -q \
		-p no:cacheprovider $(KERNEL_TESTS) tests/inspection/ablation/test_ablation.py \
		tests/inspection/pruning_path/test_strategies.py \
		tests/inspection/interactions/test_pairs.py

# Compiled lines are invisible to coverage, so the kernels' own tests run as plain Python. Whole
# trainings would take an hour that way; the rest runs compiled, without the matrix of them and
# without what is about processes. (After `make test`, which leaves machine code behind.) Python
# 3.12 and later tell coverage of each line once, so one of them is taken if there is one: it is
# the run of nearly all tests on another Python as well.
coverage: ## Which lines no test reaches
	set -ex; bin=$$(.ci/coverage $(BIN) $(COVERAGE_VENV)); \
		if $$bin/python -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then \
			export COVERAGE_CORE=sysmon; fi; \
		$(SOME) NUMBA_DISABLE_JIT=1 $$bin/coverage run -m pytest -q $(KERNEL_TESTS); \
		$(SOME) $$bin/coverage run -m pytest -q -m "not long" $(addprefix --ignore=,$(KERNEL_TESTS) \
			$(REPOSITORY_TESTS) tests/utils/test_threads.py tests/test_package.py \
			tests/test_main.py $(addprefix tests/kernels/test_,tile.py jit_linking.py \
			compilation.py forks.py)) $(NO_PARITY); \
		$$bin/coverage combine -q; \
		$$bin/coverage report --fail-under=95

environments: ## Every public call where warnings are errors, without assertions, JIT or home
	.ci/environments $(BIN) $(VENV)/bounds

# "test" and "lowest" are on 3.11 where that is python3, and "coverage" is on 3.12.
pythons: ## What finds most in little time, on each newer Python that is here
	.ci/pythons 3.13 3.14

# Kernels know no dependency but numba, and are tested by what is made of them. Tools that check the
# source (import-linter, mypy, ruff) want newer dependencies of their own, and are not needed.
lowest: ## Every dependency at the lowest version that pyproject.toml allows
	rm -rf $(LOWEST_VENV)
	$(PYTHON) -m venv $(LOWEST_VENV)
	$(PYTHON) .ci/lowest.py > $(LOWEST_VENV)/constraints.txt
	$(LOWEST_VENV)/bin/python -m pip install -q -c $(LOWEST_VENV)/constraints.txt -e ".[plot]" \
		pytest pytest-timeout pytest-xdist hypothesis
	$(SOME) $(LOWEST_VENV)/bin/$(PYTEST) -q -m "not long" -p no:cacheprovider \
		$(addprefix --ignore=,$(KERNEL_TESTS) $(REPOSITORY_TESTS)) $(NO_PARITY)

prerelease: ## scikit-learn's newest pre-release, where there is one newer than its last release
	requirement=$$($(BIN)/python .ci/prerelease.py) && if test -n "$$requirement"; then \
		rm -rf $(PRE_VENV) && $(PYTHON) -m venv $(PRE_VENV) && \
		$(PRE_VENV)/bin/python -m pip install -q --pre "$$requirement" -e ".[test]" && \
		$(SOME) $(PRE_VENV)/bin/$(PYTEST) -q -m "not long" -p no:cacheprovider \
			$(addprefix --ignore=,$(KERNEL_TESTS) $(REPOSITORY_TESTS)) $(NO_PARITY); fi

suites: ## scikit-learn's own tests, as installed, with our classes in place of theirs
	$(BIN)/python .ci/sklearn_suites/run.py

# tests/helpers/other_processors.py says how they are imitated. The rooms that use BLAS, or NumPy's
# and SciPy's solvers, and their oracle.
BLAS_TESTS = $(addprefix tests/,surgery inspection pruning)

processors: ## Tests as on other processors: BLAS rounds differently, or has 1 or 2 threads
	set -e; own=BLAS_THREADS=$$($(BIN)/python -c "import joblib; print(joblib.cpu_count())"); \
		for other in PERTURB_BLAS=1 BLAS_THREADS=1 BLAS_THREADS=2; do echo "== $$other"; \
		if test $$other = $$own; then echo "That is this machine as it is: see \"test\""; continue; fi; \
		$(SOME) env SKNEURON_$$other $(BIN)/$(PYTEST) -q -p no:cacheprovider $(BLAS_TESTS); done

dist: ## The wheel and the source distribution, checked, in dist/
	rm -rf dist
	$(BIN)/python -m pip install -q build twine
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*

release: dist ## "dist", and that the project's page on an index would lead somewhere
	$(BIN)/python .ci/release.py dist/*.whl

bench: ## Every benchmark on little data: to see that they run, not how fast
	set -e; for file in benchmarks/bench_*.py; do echo "== $$file"; \
		$(BIN)/python $$file --quick; done

pictures: ## The README's pictures, drawn again (downloads MNIST if it is not in DATA_HOME)
	MPLBACKEND=Agg $(BIN)/python examples/plot_neuron_ablation.py --data mnist \
		--data-home $(DATA_HOME) --save examples/images/mnist_neurons.png
