"""Every example runs, quickly and offline, and draws.

An example ``plot_*.py`` has two options: ``--quick``, and ``--save`` for the file of its picture.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("plot_*.py"))


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_draws(example, plt, tmp_path):
    result = subprocess.run(
        [sys.executable, str(example), "--quick", "--save", "picture.png"],
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    picture = plt.imread(tmp_path / "picture.png")
    assert picture.min() < picture.max()  # not an empty page
