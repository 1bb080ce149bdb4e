"""Every public call, once, as `make environments` makes them in environments that are unusual."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers import every_call
from helpers.every_call import CALLS, expect

import skneuron
from skneuron import datasets, metrics, plotting, report, study

ROOT = Path(__file__).parents[1]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_every_call(call, compiled):
    call()


def test_calls_are_not_checked_by_assertions():
    """Which are not there with -OO."""
    source = Path(every_call.__file__).read_text(encoding="utf-8")
    assert "assert " not in source
    with pytest.raises(RuntimeError, match="not so: this"):
        expect(False, "this")


# Results, which users get and do not make; errors; and what is the same thing by another name.
NOT_CALLED = {
    "CriterionRankCorrelation", "DATASET_NAMES", "DEFAULT_HIDDEN", "DataUnavailableError",
    "InvalidStudyError", "MissingExtraError", "NetworkStudy", "Study",
}  # fmt: skip


def test_every_public_name_is_called():
    source = Path(every_call.__file__).read_text(encoding="utf-8")
    modules = (skneuron, datasets, metrics, plotting, report, study)
    public = {name for module in modules for name in module.__all__}
    assert {name for name in public - NOT_CALLED if f".{name}" not in source} == set()


def interpreters(*versions, path=None):
    return subprocess.run(
        ["bash", str(ROOT / ".ci" / "interpreters"), *versions],
        env=None if path is None else {"PATH": path, "HOME": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=60,
    )


needs_bash = pytest.mark.skipif(sys.platform == "win32", reason="a bash script")


@needs_bash
def test_interpreters_are_found_or_said_to_be_missing():
    result = interpreters(*PYTHONS, "3.99")
    found = dict(line.split(" ", 1) for line in result.stdout.splitlines())
    for version in PYTHONS:
        assert (version in found) != (f"no Python {version} here" in result.stderr)
    assert "no Python 3.99 here" in result.stderr
    for version, path in found.items():
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        assert told.stdout.startswith(f"Python {version}.")


@needs_bash
def test_what_only_has_the_name_of_an_interpreter_is_none(tmp_path):
    """As pyenv's shims of versions that are not installed."""
    shim = tmp_path / "python3.98"
    shim.write_text("#!/bin/sh\necho 'pyenv: python3.98: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    result = interpreters("3.98", path=f"{tmp_path}:/usr/bin:/bin")
    assert result.stdout == ""
    assert "no Python 3.98 here" in result.stderr
