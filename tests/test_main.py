"""The command line, in processes of its own: streams, signals, exit statuses."""

import os
import signal
import subprocess
import sys
import time
import warnings
from itertools import product

import pytest
from helpers.command_line import (
    DATA,
    HINT,
    MODEL,
    NO_ONNX,
    PHASES,
    QUICK,
    run_in_shell,
    start_command,
    without_compiling,
)
from helpers.forked_commands import Run, run_all

import skneuron
from skneuron.__main__ import main
from skneuron._command_line import _study
from skneuron.study import InvalidStudyError

STUDY = f"study digits {' '.join(QUICK)}"
needs_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="/dev/full, and forks after imports, are Linux's"
)


def test_warnings_are_one_line(monkeypatch, capsys):
    def warn(*args, **options):
        warnings.warn("only a part of the rows", UserWarning, stacklevel=1)
        raise InvalidStudyError("done")

    monkeypatch.setattr(_study, "run_study", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with pytest.raises(SystemExit):
            main(["study", "digits"])
    assert capsys.readouterr().err.splitlines()[0] == "warning: only a part of the rows"


def test_the_module_runs():
    with start_command("--version") as process:
        assert process.communicate(timeout=120) == (f"skneuron {skneuron.__version__}\n", "")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--version"], skneuron.__version__),
        (["study", "--help"], "--hidden"),
        (["warmup", "--help"], "--dtype"),
    ],
)
def test_help_and_version_return_their_status(capsys, arguments, word):
    assert main(arguments) == 0
    stdout, stderr = capsys.readouterr()
    assert word in stdout
    assert stderr == ""


# ---- streams


@needs_linux
@pytest.mark.parametrize("reader", ["| true", "> /dev/null"])
def test_files_are_there_whatever_becomes_of_the_table(tmp_path, reader):
    status, stdout, stderr = run_in_shell(
        f"{STUDY} --out '{tmp_path}'", reader, PYTHONIOENCODING="ascii"
    )
    assert (status, stdout) == (0, "")
    assert without_compiling(stderr) == [
        *PHASES,
        f"wrote {', '.join(['report.html', *DATA, *MODEL])} to {tmp_path}{NO_ONNX}",
    ]
    assert (tmp_path / "report.html").exists()


def test_ascii_terminals_get_the_whole_table():
    with start_command(
        "study", "digits", "--hidden", "9", "--max-iter", "30",
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    ) as process:  # fmt: skip
        stdout, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "greedy, ranked again each time" in stdout


LOST = "skneuron: error: cannot write to standard output: {}\n"
FULL, CLOSED = LOST.format("No space left on device"), LOST.format("it is closed")


@needs_linux
@pytest.mark.parametrize(
    ("redirected", "expected"),
    [("> /dev/full", (74, "", FULL)), (">&-", (74, "", CLOSED)), ("<&- >&- 2>&-", (74, "", ""))],
)
def test_shells_give_streams_that_take_nothing(redirected, expected):
    assert run_in_shell("--version", redirected) == expected


# What becomes of standard output and error -> the status, and what is said on standard error.
STREAMS = {
    ("full", "kept"): (74, FULL),
    ("closed", "kept"): (74, CLOSED),
    ("unread", "kept"): (0, ""),
    ("kept", "full"): (0, ""),
    ("kept", "closed"): (0, ""),
    ("kept", "unread"): (0, ""),
    ("closed", "closed"): (74, ""),
    ("full", "full"): (74, ""),
    ("full", "closed"): (74, ""),
    ("closed", "full"): (74, ""),
}
FAST = {
    "version": ["--version"],
    "help": ["study", "--help"],
    "bad input": ["study", "nothing"],
}
SLOW = {"study": STUDY.split(), "quiet study": [*STUDY.split(), "--quiet"]}
SLOW_STREAMS = [("full", "kept"), ("closed", "kept"), ("kept", "full"), ("closed", "closed")]


@pytest.fixture(scope="module")
def with_streams():
    """What became of every command with all kinds of streams."""
    keys = [*product(FAST, STREAMS), *product(SLOW, SLOW_STREAMS)]
    ended = run_all([Run((FAST | SLOW)[name], *streams) for name, streams in keys])
    return dict(zip(keys, ended, strict=True))


@needs_linux
@pytest.mark.parametrize("streams", STREAMS, ids=" ".join)
def test_what_cannot_be_printed_is_a_line_and_a_status(with_streams, streams):
    status, line = STREAMS[streams]
    for name in ("version", "help"):
        ended = with_streams[name, streams]
        assert (ended.status, ended.stderr) == (status, line), name
        assert bool(ended.stdout) == (streams[0] == "kept"), name
    bad = with_streams["bad input", streams]
    assert (bad.status, bad.stdout) == (2, "")
    assert bad.stderr.count("\n") == (streams[1] == "kept")


@needs_linux
@pytest.mark.parametrize("streams", SLOW_STREAMS, ids=" ".join)
def test_studies_end_well_whatever_their_streams(with_streams, streams):
    status, line = STREAMS[streams]
    ended = with_streams["study", streams]
    assert ended.status == status
    assert ("greedy" in ended.stdout) == (streams[0] == "kept")
    said = [*PHASES, HINT, *line.splitlines()]
    assert without_compiling(ended.stderr) == (said if streams[1] == "kept" else [])
    # Nothing was to be printed.
    assert with_streams["quiet study", streams] == (0, "", "")


@needs_linux
@pytest.mark.parametrize(("redirected", "status"), [("> /dev/full", 74), (">&- 2>&-", 74)])
def test_files_are_there_if_the_table_is_lost(tmp_path, redirected, status):
    ended, stdout, stderr = run_in_shell(f"{STUDY} --out '{tmp_path}'", redirected)
    assert (ended, stdout) == (status, "")
    assert stderr.splitlines()[-2:] == (
        [
            f"wrote {', '.join(['report.html', *DATA, *MODEL])} to {tmp_path}{NO_ONNX}",
            FULL.strip(),
        ]
        if redirected == "> /dev/full"
        else []
    )
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", *DATA, *MODEL}


# ---- signals

SIGNALS = {signal.SIGINT: (130, "interrupted"), signal.SIGTERM: (143, "terminated")}
needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
LONG = ["study", "digits", "--hidden", "500,500", "--max-iter", "100000"]
WIDE = ["study", "digits", "--hidden", "200,200", "--max-iter", "3"]
# The phase in which a signal comes, and how many seconds after its beginning.
MOMENTS = [
    *((LONG, "training", later) for later in (0.0, 0.01, 0.1, 0.37)),
    *((WIDE, "pruning", later) for later in (0.0, 0.02, 0.05)),
]


@needs_linux
@pytest.mark.parametrize("number", SIGNALS)
def test_signals_end_studies_and_leave_nothing(number, tmp_path):
    folders = [tmp_path / str(n) for n in range(len(MOMENTS))]
    status, word = SIGNALS[number]
    runs = [
        Run([*command, "--out", str(folder)], number=number, phase=phase, later=later)
        for folder, (command, phase, later) in zip(folders, MOMENTS, strict=True)
    ]
    for run, folder, ended in zip(runs, folders, run_all(runs), strict=True):
        assert (ended.status, ended.stdout) == (status, ""), run
        assert ended.stderr.splitlines()[-1] == f"{word}: no results were written", run
        assert not folder.exists(), run


def make_an_error_of_a_signal(*_):
    """As Python does for a class that is made while a signal comes, here in the report."""

    class Attribute:
        def __set_name__(self, owner, name):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)

    return type("Figure", (), {"axes": Attribute()})


@needs_signals
def test_errors_that_a_signal_became_are_interrupts(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(_study, "report_html", make_an_error_of_a_signal)
    assert main([*STUDY.split(), "--out", str(tmp_path)]) == 143
    assert capsys.readouterr().err.splitlines()[-1] == "terminated: no results were written"
    assert list(tmp_path.iterdir()) == []


def test_errors_without_a_signal_are_raised(monkeypatch):
    monkeypatch.setattr(_study, "run_study", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(STUDY.split())


INTERRUPTED_SOURCE = """
from skneuron import __main__
def study(*args):
    exec("raise KeyboardInterrupt")
__main__.COMMANDS["study"] = study
import sys
sys.exit(__main__.main(["study", "digits"]))
"""


def test_interrupted_source_does_not_change_the_status(tmp_path):
    """Python ends a module's run by SIGINT then, whatever its status."""
    (tmp_path / "interrupted.py").write_text(INTERRUPTED_SOURCE)
    ended = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ended.returncode, ended.stderr) == (130, "interrupted: nothing was done\n")


@needs_signals
def test_signals_end_a_study_from_a_terminal(tmp_path):
    """A process that has not been forked, and the group of it, as Ctrl-C does."""
    with start_command(*LONG, "--out", str(tmp_path), start_new_session=True) as process:
        wait_for_phase(process, "training")
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (130, "")
    assert stderr == "interrupted: no results were written\n"
    assert list(tmp_path.iterdir()) == []


def wait_for_phase(process, phase):
    """Read standard error up to a line, so that a signal comes in the middle of it."""
    for line in process.stderr:
        if line.startswith(phase):
            return
    pytest.fail(f"ended with {process.wait()}")


WORKERS = """
import os, sys, time
import joblib
from skneuron.__main__ import main
from skneuron._command_line import _study

def work(seconds):
    os.write(2, f"{os.getpid()}\\n".encode())
    time.sleep(seconds)

backend = sys.argv.pop(1)

def run_study(*args, **options):
    with joblib.parallel_config(backend=backend, n_jobs=2):
        joblib.Parallel()(joblib.delayed(work)(300) for _ in range(2))

_study.run_study = run_study
if __name__ == "__main__":
    sys.exit(main())
"""


def is_running(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@needs_signals
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("backend", ["loky", "multiprocessing"])
def test_workers_end_with_the_study(number, backend, tmp_path):
    (tmp_path / "script.py").write_text(WORKERS)
    command = [sys.executable, str(tmp_path / "script.py"), backend, "study", "digits"]
    with subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            workers = [int(process.stderr.readline()) for _ in range(2)]
        finally:
            process.send_signal(number)
        stderr = process.communicate(timeout=60)[1]
    status, word = SIGNALS[number]
    assert process.returncode == status
    assert stderr == f"{word}: no results were written\n"
    deadline = time.monotonic() + 10
    while any(map(is_running, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_running, workers))
    assert not (tmp_path / "out").exists()


@needs_signals
def test_signals_end_warmup(tmp_path):
    with start_command(
        "warmup", "--jobs", "1", env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    ) as process:
        wait_for_phase(process, "compiling")
        # Workers that are just being started complain of it themselves.
        deadline = time.monotonic() + 60
        while not any(tmp_path.rglob("*.nbc")) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 143
    assert (stdout, stderr) == ("", "terminated: what has been compiled stays\n")
