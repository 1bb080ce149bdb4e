"""The command line, in this process and in others."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from skneuron.__main__ import main

QUICK = ["--hidden", "6", "--max-iter", "3"]
# A line each where there is no terminal.
PHASES = ["training (6,)", "pruning (6,)", "evaluating (6,)"]

HINT = "for the page, the pictures, the files and the pruned network, add --out DIR"
# What --out writes beside report.html.
DATA = ("results.json", "neurons.csv")
HAS_ONNX = find_spec("skl2onnx") is not None
MODEL = ("model.joblib", "whole.joblib", "use_model.py", *["model.onnx"] * HAS_ONNX)
NO_ONNX = "" if HAS_ONNX else " (no model.onnx: needs skl2onnx)"


def without_compiling(stderr):
    """Lines that are there whether or not kernels had to be compiled."""
    return [line for line in stderr.splitlines() if not line.startswith("compiling ")]


def fails(capsys, *arguments, command="study"):
    """Run with bad input; the one sentence on stderr."""
    with pytest.raises(SystemExit) as caught:
        main([command, *arguments])
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def start_command(*arguments, **options):
    """A process that runs the command line; its streams are text."""
    return subprocess.Popen(
        [sys.executable, "-m", "skneuron", *arguments],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options,
    )


def run_in_shell(command, redirected, **environment):
    """Run with streams redirected by a shell: its status, standard output and error."""
    result = subprocess.run(
        f"'{sys.executable}' -m skneuron {command} {redirected}",
        shell=True,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return result.returncode, result.stdout, result.stderr
