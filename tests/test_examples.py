"""Every example runs offline and without a warning, and draws or prints a table."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("plot_*.py"))

# As `python FILE OPTIONS`; all figures that are left open at the end become files.
RUNNER = """
import runpy, sys, warnings
import matplotlib.pyplot as plt
from sklearn.exceptions import ConvergenceWarning

warnings.simplefilter("error", ConvergenceWarning)

del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
for number in plt.get_fignums():
    plt.figure(number).savefig(f"figure{number}.png")
"""

# For those whose picture is of data of a size that does not matter to a test.
OPTIONS = {"plot_neuron_ablation": ["--quick"]}


def run(example, folder, *options):
    return subprocess.run(
        [sys.executable, "-c", RUNNER, str(example), *options],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def missing_packages(example):
    """Packages that an example imports and that are not installed."""
    names = set()
    for node in ast.walk(ast.parse(example.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
            if node.module == "skneuron.onnx":
                names |= {"onnx", "skl2onnx"}
    return sorted(name for name in names if importlib.util.find_spec(name) is None)


def is_table(text):
    """Whether at least two lines have two columns."""
    return sum(len(line.split()) >= 2 for line in text.splitlines()) >= 2


def is_picture(pixels):
    return pixels.min() < pixels.max()


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_has_a_title(example):
    docstring = ast.get_docstring(ast.parse(example.read_text(encoding="utf-8")))
    title, underline, after, *_ = docstring.splitlines()
    assert title
    assert underline == "=" * len(title)
    assert after == ""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_draws(example, plt, tmp_path, compiled):
    missing = missing_packages(example)
    if missing:
        pytest.skip(f"{example.stem} needs {', '.join(missing)}")
    result = run(example, tmp_path, *OPTIONS.get(example.stem, []))
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr, result.stderr
    pictures = sorted(tmp_path.glob("figure*.png"))
    assert pictures or is_table(result.stdout)
    for picture in pictures:
        assert is_picture(plt.imread(picture)), picture


def test_picture_is_saved_where_it_is_asked_for(plt, tmp_path, compiled):
    example = next(path for path in EXAMPLES if path.stem == "plot_neuron_ablation")
    result = run(example, tmp_path, "--quick", "--data", "digits", "--save", "picture.png")
    assert result.returncode == 0, result.stderr
    assert is_picture(plt.imread(tmp_path / "picture.png"))


def test_a_warning_fails(tmp_path):
    example = tmp_path / "plot_warns.py"
    example.write_text(
        "from sklearn.exceptions import ConvergenceWarning\n"
        "import warnings\n"
        "warnings.warn('too few epochs', ConvergenceWarning)\n"
    )
    result = run(example, tmp_path)
    assert result.returncode != 0
    assert "ConvergenceWarning: too few epochs" in result.stderr


def test_missing_packages_are_named(tmp_path):
    example = tmp_path / "plot_needs.py"
    example.write_text("import numpy\nfrom no_such_package.part import thing\n")
    assert missing_packages(example) == ["no_such_package"]


def test_a_line_is_no_table():
    assert not is_table("one line\n")
    assert is_table("name  score\na     1\n")
