"""Run scikit-learn's own tests, as installed, with our classes in place of theirs.

`swaps.py` says which test files, and which names are exchanged in them; `stand_ins.py` has what
the tests then use; `differences.toml` lists the tests that fail, each with the reason why it may.
The step fails if another test fails, or if one that is listed passes or is no longer there.

    python .ci/sklearn_suites/run.py [SUITE ...] [-- PYTEST_OPTION ...]
"""

import re
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest
import sklearn
from swaps import SUITES

HERE = Path(__file__).parent
# The suites' own settings, not those of the folder that the step is started in.
SETTINGS = """
[pytest]
addopts = --import-mode=importlib
filterwarnings = ignore
markers =
    thread_unsafe: known to scikit-learn only
    no_check_spmatrix: known to scikit-learn only
"""


class Outcomes:
    """What became of every test; a pytest plugin."""

    def __init__(self):
        self.passed, self.skipped = set(), set()
        self.failed = {}

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.rpartition("/")[2]
        if report.failed:
            self.failed[name] = str(report.longrepr).strip().splitlines()[-1]
        elif report.skipped:
            self.skipped.add(name)
        elif report.when == "call":
            self.passed.add(name)

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed[report.nodeid] = str(report.longrepr)


def listed_differences(suites):
    """Pattern of a test's name to reason; the patterns of these suites only."""
    with (HERE / "differences.toml").open("rb") as file:
        tables = tomllib.load(file)
    unknown = sorted(set(tables) - set(SUITES))
    if unknown:
        sys.exit(f"differences.toml has tables of suites that there are not: {unknown}")
    return {
        rf"test_{suite}\.py::{test}": reason
        for suite in suites
        for reason, tests in tables.get(suite, {}).items()
        for test in tests
    }


def surprises(outcomes, differences):
    """Lines on what is not as the list says."""
    for name, error in sorted(outcomes.failed.items()):
        if not any(re.fullmatch(pattern, name) for pattern in differences):
            yield f"failed, which is not listed: {name}\n    {error}"
    for pattern in differences:
        if not any(re.fullmatch(pattern, name) for name in outcomes.failed):
            yield f"listed as a difference, but no such test fails: {pattern}"
    for name in sorted(outcomes.passed):
        for pattern in differences:
            if re.fullmatch(pattern, name):
                yield f"passed, but is listed as a difference: {name}"


def main(arguments):
    at = arguments.index("--") if "--" in arguments else len(arguments)
    suites, options = arguments[:at] or list(SUITES), arguments[at + 1 :]
    outcomes = Outcomes()
    sys.path.insert(0, str(HERE))  # for stand_ins
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pytest.ini").write_text(SETTINGS)
        for name in suites:
            suite = SUITES[name]
            text = (Path(sklearn.__path__[0]) / suite.path).read_text(encoding="utf-8")
            (Path(folder) / f"test_{name}.py").write_text(suite.swapped(text), encoding="utf-8")
        pytest.main(
            [
                *("-q", "--tb=short", "--no-header", "-p", "no:cacheprovider"),
                *("-c", f"{folder}/pytest.ini", "-p", "sklearn.conftest", *options, folder),
            ],
            plugins=[outcomes],
        )
    found = list(surprises(outcomes, listed_differences(suites)))
    print(*found, sep="\n")
    print(
        f"scikit-learn {sklearn.__version__}: {len(outcomes.passed)} tests pass with our classes, "
        f"{len(outcomes.failed)} fail, {len(found)} of this is not as differences.toml says"
    )
    return 1 if found or not outcomes.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
