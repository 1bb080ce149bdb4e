"""Many runs of the command line, each in a process of its own, for the price of one import.

``python -m helpers.forked_commands`` reads a list of `Run` as JSON, forks a process for each, and
prints a list of `Ended`.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]


class Run(NamedTuple):
    """What to run, with which streams, and when to send which signal.

    Attributes
    ----------
    arguments : list of str
    stdout, stderr : {"kept", "full", "closed", "unread"}
    number : int
        Of the signal; 0 for none.
    phase : str
        The signal comes after the line of standard error that begins so.
    later : float
        Seconds after that line.
    """

    arguments: list[str]
    stdout: str = "kept"
    stderr: str = "kept"
    number: int = 0
    phase: str = ""
    later: float = 0.0


class Ended(NamedTuple):
    """The exit status, and what was kept of the streams."""

    status: int
    stdout: str
    stderr: str


def run_all(runs):
    """What became of each `Run`."""
    result = subprocess.run(
        [sys.executable, "-m", "helpers.forked_commands"],
        input=json.dumps(runs),
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    return [Ended(*each) for each in json.loads(result.stdout)]


def _redirect(descriptor, kind, kept):
    """The stream that Python makes of a descriptor when it starts."""
    if kind == "closed":
        os.close(descriptor)
        return None
    if kind == "full":
        kept = os.open("/dev/full", os.O_WRONLY)
    if kind == "unread":
        read, kept = os.pipe()
        os.close(read)
    os.dup2(kept, descriptor)
    return open(descriptor, "w", buffering=1 if descriptor == 2 else -1, encoding="utf-8")


def _be_the_command(run, stdout, stderr):
    from skneuron.__main__ import main

    sys.stdout = _redirect(1, run.stdout, stdout)
    sys.stderr = _redirect(2, run.stderr, stderr)
    sys.argv = ["skneuron", *run.arguments]
    sys.exit(main())


def _send(run, process, stderr):
    """Lines up to that of the phase; then the signal is sent."""
    lines = []
    for line in stderr:
        lines.append(line)
        if line.startswith(run.phase):
            time.sleep(run.later)
            os.kill(process, run.number)
            break
    return lines


def _run(run):
    read, write = os.pipe()
    with tempfile.TemporaryFile("w+") as stdout:
        process = os.fork()
        if process == 0:
            os.close(read)
            _be_the_command(run, stdout.fileno(), write)
        os.close(write)
        with open(read) as stderr:
            lines = _send(run, process, stderr) if run.number else []
            lines += stderr.readlines()
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        stdout.seek(0)
        return Ended(status, stdout.read(), "".join(lines))


if __name__ == "__main__":
    import skneuron.__main__  # noqa: F401  -- once for all of them

    gc.freeze()  # or each process would go over all that has been imported when it ends
    runs = [Run(*each) for each in json.load(sys.stdin)]
    print(json.dumps([_run(run) for run in runs]))
