"""Python in a process of its own, where nothing is imported, compiled or warned about yet."""

import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

# What children would take from the tests' own environment.
_FRESH = {"NUMBA_NUM_THREADS": "2", "SKNEURON_COMPILE_NOTICE": "", "SKNEURON_LINKED_KERNELS": ""}


class Child(NamedTuple):
    """What a script printed as JSON, and its stderr."""

    result: Any
    stderr: str


def start_python(script, *, path=None, **environment):
    """A process that runs ``script``, with modules from the folder or zip ``path`` first."""
    variables = os.environ | _FRESH | environment
    if path is not None:
        before = variables.get("PYTHONPATH")
        variables["PYTHONPATH"] = os.pathsep.join([str(path), *([before] if before else [])])
    return subprocess.Popen(
        [sys.executable, "-P", "-c", script],  # -P: not the current folder's package
        env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process):
    """The `Child` that a process of `start_python` is when it is done."""
    with process:
        try:
            stdout, stderr = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 0, stderr
    return Child(json.loads(stdout), stderr)


def run_python(script, *, path=None, **environment):
    """Run ``script``, which has to print JSON and to end well."""
    return finish(start_python(script, path=path, **environment))
