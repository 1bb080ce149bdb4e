"""Commands that pages show: each is run here, or is listed with the reason why it is not."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.pages import blocks, inline_code, is_python, shell_commands

from skneuron._command_line import _options

ROOT = Path(__file__).parents[1]
CUSTOMERS = ROOT / "docs" / "customers.csv"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = {
    command: path.name for path in PAGES for command in shell_commands(path.read_text("utf-8"))
}
# Patterns of commands -> why they are not run here.
NOT_RUN = {
    r"(python -m )?pip install .*": "it downloads packages",
    r"python -m pytest( .*)?": "it is what runs this",
    r"python -m venv .*|\. .*/activate": "the steps of CI make environments",
    r"make .*": "a step of CI; here only that there is such a step",
    r"python benchmarks/bench_\w+\.py( .*)?": "minutes; test_benchmarks.py runs it on little data",
    r"(python -m )?skneuron study (mnist|svhn)\b.*": "it downloads images; here its options only",
    r"dask .*": "several machines; tests of clusters have one with two workers here",
    r"export [\w= ]+": "it sets variables for what comes after it",
    r"env -i .*": "several users, and ten seconds of compilation for each processor",
}
TO_RUN = {
    each.replace("python -m skneuron", "skneuron")  # one run for both
    for each in COMMANDS
    if not any(re.fullmatch(known, each) for known in NOT_RUN)
}
# Needs what an extra brings.
NEEDS = {"customers.csv": "pandas", "--out": "matplotlib"}


def arguments(command):
    """The command for `subprocess`, in the Python that runs the tests."""
    program, *words = shlex.split(command)
    assert program in ("python", "skneuron"), f"{command!r} is neither run nor listed in NOT_RUN"
    return [sys.executable, *(["-m", "skneuron"] if program == "skneuron" else []), *words]


@pytest.mark.parametrize("command", sorted(TO_RUN))
def test_command_runs(command, tmp_path, compiled):
    words = arguments(command)
    for word, package in NEEDS.items():
        if any(word in each for each in words):
            pytest.importorskip(package, reason=f"{package} is not installed: see 'plot'")
    (tmp_path / "docs").mkdir()
    for folder in (tmp_path, tmp_path / "docs"):
        shutil.copy(CUSTOMERS, folder)
    result = subprocess.run(
        words,
        cwd=tmp_path,
        # No download: what needs one is to be listed.
        env=os.environ | {"SCIKIT_LEARN_DATA": str(tmp_path), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout
    assert "Warning" not in result.stderr, result.stderr
    assert "Traceback" not in result.stderr
    if "--out" in words:
        assert (tmp_path / words[words.index("--out") + 1] / "report.html").stat().st_size > 10_000


def test_commands_are_found():
    assert "skneuron study digits" in TO_RUN
    assert "skneuron study digits --label-noise 0.4" in TO_RUN  # between backquotes
    assert "skneuron warmup" in TO_RUN
    mnist = next(command for command in COMMANDS if "tcp://" in command and "mnist" in command)
    assert mnist.endswith("--out results")  # on two lines


@pytest.mark.parametrize("pattern", NOT_RUN)
def test_reasons_are_needed(pattern):
    assert any(re.fullmatch(pattern, command) for command in COMMANDS)


def test_a_new_command_has_to_be_run_or_listed():
    with pytest.raises(AssertionError, match="neither run nor listed"):
        arguments("curl https://example.org")


# ---- of what is not run, what can be known


@pytest.mark.parametrize("command", [each for each in COMMANDS if "skneuron " in each])
def test_options_are_taken(command):
    words = shlex.split(command[command.index("skneuron ") :])[1:]
    if words != ["study", "--help"]:
        _options.parser().parse_args(words)


@pytest.mark.parametrize("command", [each for each in COMMANDS if "bench_" in each])
def test_benchmarks_are_there(command):
    assert (ROOT / shlex.split(command)[1]).is_file()


def test_steps_are_there():
    steps = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = {word for each in COMMANDS if each.startswith("make ") for word in each.split()[1:]}
    assert {word for word in named if "=" not in word} <= set(steps)


# ---- how blocks and commands are found

PAGE = """\
Text, `python -m skneuron
study digits`, `neuron` and `python`.

    make this && make \\
        that  # a comment

- An item, with text
    that goes on.

  Its second paragraph.

      in the item

```console
you$ dask scheduler   # its address
```

   ```text
   print("hidden")
   ```

~~~dockerfile
ENV A=1
RUN pip install . \\
    && skneuron warmup
~~~
"""


def test_blocks_are_found():
    assert [block.kind for block in blocks(PAGE)] == [
        "indented", "indented", "console", "text", "dockerfile",
    ]  # fmt: skip
    assert inline_code(PAGE) == ["python -m skneuron study digits", "neuron", "python"]


def test_commands_of_blocks():
    assert shell_commands(PAGE) == [
        "make this", "make that", "in the item", "dask scheduler", "pip install .",
        "skneuron warmup", "python -m skneuron study digits",
    ]  # fmt: skip


def test_a_block_without_end_is_an_error():
    with pytest.raises(AssertionError, match="no end of a block of 'python'"):
        blocks("```python\n>>> 1\n")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import numpy\n", True),
        ("X = load()\nX.shape\n", True),
        ("fit(X)\n", True),
        ("for x in y:\n    pass\n", True),
        ("make dev\n", False),
        ("warmup\n", False),
        ("", False),
    ],
)
def test_python_is_known(code, expected):
    assert is_python(code) == expected
