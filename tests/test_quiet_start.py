"""Ctrl-C while the command line is being imported."""

import signal
import subprocess
import sys
import time

import pytest

from skneuron import _quiet_start


@pytest.mark.parametrize(
    ("orig_argv", "argv", "expected"),
    [
        (["python", "-m", "skneuron", "study"], ["-m"], True),
        (["python", "-W", "ignore", "-m", "skneuron"], ["-m"], True),
        (["/usr/bin/python", "/usr/bin/skneuron", "study"], ["/usr/bin/skneuron"], True),
        (["python", "-m", "pytest", "skneuron"], ["-m"], False),
        (["python", "-m"], ["-m"], False),
        (["python", "mine.py"], ["mine.py"], False),
        (["python"], [""], False),
    ],
)
def test_only_the_command_lines_own_process(monkeypatch, orig_argv, argv, expected):
    monkeypatch.setattr(sys, "orig_argv", orig_argv)
    monkeypatch.setattr(sys, "argv", argv)
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    assert _quiet_start.is_command_line() == expected
    _quiet_start.start_quietly()
    assert (sys.excepthook is not sys.__excepthook__) == expected


def test_hooks_of_others_stay(monkeypatch):
    def hook(*args):
        pass

    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "skneuron"])
    monkeypatch.setattr(sys, "excepthook", hook)
    _quiet_start.start_quietly()
    assert sys.excepthook is hook


def test_other_errors_are_shown_as_ever(capsys):
    try:
        raise ValueError("of an import")
    except ValueError as error:
        _quiet_start._say_in_one_line(type(error), error, error.__traceback__)
    assert "ValueError: of an import" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.parametrize("name", ["sklearn.base", "numba.core.types", "skneuron.pruning"])
def test_an_interrupt_at_any_import_is_one_line(tmp_path, name):
    """The process is told to interrupt itself where this module begins to be imported."""
    (tmp_path / "sitecustomize.py").write_text(
        "import signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {name!r}:\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "skneuron", "study", "digits"],
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == "interrupted: nothing was done\n"
    assert done.stdout == ""
    assert done.returncode in (-signal.SIGINT, 130)


@pytest.mark.long
def test_an_interrupt_soon_after_the_start(compiled):
    process = subprocess.Popen(
        [sys.executable, "-m", "skneuron", "study", "digits"], stderr=subprocess.PIPE, text=True
    )
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    assert "Traceback" not in stderr
    assert process.returncode in (-signal.SIGINT, 130)
