"""The command `study`, as its user meets it."""

import contextlib
import json
import shutil
import signal
import sys
from itertools import groupby
from pathlib import Path

import pytest
from helpers.command_line import (
    DATA,
    HINT,
    MODEL,
    NO_ONNX,
    PHASES,
    QUICK,
    fails,
    without_compiling,
)

from skneuron import __main__, _command_line
from skneuron.__main__ import main
from skneuron._command_line import _study
from skneuron.datasets import DataUnavailableError
from skneuron.study import InvalidStudyError, _study_data


def test_study_prints_its_table(capsys):
    assert main(["study", "digits", *QUICK]) == 0
    captured = capsys.readouterr()
    assert "one hidden layer of 6 neurons, seed 0, 3 epochs" in captured.out
    assert without_compiling(captured.err) == [
        *PHASES,
        HINT,
    ]


def test_files_are_written(capsys, tmp_path):
    folder = tmp_path / "new" / "folder"
    assert main(["study", "digits", *QUICK, "--out", str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {*DATA, *MODEL, "report.html"}
    assert json.loads((folder / "results.json").read_text())["networks"][0]["hidden"] == [6]
    assert "report.html" in capsys.readouterr().err


def test_quiet_prints_only_where_the_files_are(capsys, tmp_path):
    main(["study", "digits", *QUICK, "--quiet", "--out", str(tmp_path)])
    captured = capsys.readouterr()
    assert captured.out == ""
    written = ", ".join(["report.html", *DATA, *MODEL])
    assert captured.err == f"wrote {written} to {tmp_path}{NO_ONNX}\n"


def test_options_reach_the_study(monkeypatch, capsys):
    calls = []

    def spy(name, **options):
        calls.append((name, options))
        raise InvalidStudyError("seen")

    monkeypatch.setattr(_study, "run_study", spy)
    arguments = ["svhn", "--hidden", "64,32", "--hidden", "7", "--seeds", "3,4,3", "--hidden", "7"]
    arguments += ["--n-train", "500", "--data-home", "d", "--label-noise", "0.25"]
    assert fails(capsys, *arguments) == "skneuron: error: seen\n"
    name, options = calls[0]
    assert name == "svhn"
    assert options["hidden"] == [(64, 32), (7,)]  # and each once
    assert options["seeds"] == [3, 4]
    assert options["n_train"] == 500
    assert options["label_noise"] == 0.25
    assert options["data_home"] == "d"
    assert options["max_iter"] is None


def test_default_configurations(monkeypatch, capsys):
    def spy(name, *, hidden, label_noise, **options):
        raise InvalidStudyError(f"{hidden} {label_noise}")

    monkeypatch.setattr(_study, "run_study", spy)
    assert "[(100,), (100, 50)] 0.0\n" in fails(capsys, "digits")


def test_label_noise_is_in_the_table_and_the_files(capsys, tmp_path):
    arguments = [*QUICK, "--n-train", "300", "--label-noise", "0.3", "--out", str(tmp_path)]
    assert main(["study", "digits", *arguments]) == 0
    captured = capsys.readouterr()
    assert "label noise: 30 %" in captured.out
    assert "small from scratch" in captured.out
    lines = without_compiling(captured.err)
    assert lines == [*PHASES[:2], "training (6,) otherwise", PHASES[2], lines[-1]]  # no warning
    assert json.loads((tmp_path / "results.json").read_text())["label_noise"] == 0.3
    assert "labels replaced by random ones" in (tmp_path / "report.html").read_text()


def test_unwritable_out_is_found_before_the_work(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(_study, "run_study", lambda *args, **options: pytest.fail("worked"))
    (tmp_path / "file").touch()
    sentence = fails(capsys, "digits", "--out", str(tmp_path / "file" / "below"))
    assert "cannot write to --out" in sentence
    assert str(tmp_path / "file" / "below") in sentence


def test_full_disk_is_reported_and_the_table_is_there(quick_study, monkeypatch, capsys, tmp_path):
    (tmp_path / "neurons.csv").write_text("old")

    def full(path, content):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_study, "check_writable", lambda folder: None)
    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["study", "digits", "--out", str(tmp_path)]) == 74
    captured = capsys.readouterr()
    assert captured.out == "table"
    assert captured.err == (
        f"skneuron: error: cannot write to --out {str(tmp_path)!r}: No space left on device\n"
    )
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["neurons.csv"]
    assert (tmp_path / "neurons.csv").read_text() == "old"


def test_a_disk_that_is_full_before_the_work_is_bad_input(monkeypatch, capsys, tmp_path):
    def full(path, text, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_study, "run_study", lambda *args, **options: pytest.fail("worked"))
    monkeypatch.setattr(Path, "write_text", full)
    assert "No space left on device" in fails(capsys, "digits", "--out", str(tmp_path))


def test_no_network_is_one_sentence(monkeypatch, capsys):
    def offline(*args, **options):
        raise DataUnavailableError("cannot load 'mnist': no network")

    monkeypatch.setattr(_study_data, "load_images", offline)
    assert fails(capsys, "mnist") == "skneuron: error: cannot load 'mnist': no network\n"


def test_interruption_leaves_no_file(monkeypatch, capsys, tmp_path):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(_study, "run_study", interrupted)
    assert main(["study", "digits", "--out", str(tmp_path)]) == 130
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err == "interrupted: no results were written\n"


def test_without_the_extra_the_table_and_data_are_there(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert main(["study", "digits", *QUICK, "--out", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "one hidden layer of 6 neurons" in captured.out
    assert without_compiling(captured.err) == [
        *PHASES,
        f"wrote {', '.join([*DATA, *MODEL])} to {tmp_path}{NO_ONNX}",
        "no report.html without its pictures: python -m pip install 'skneuron[plot]'",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {*DATA, *MODEL}


def test_pictures_of_an_earlier_study_are_named_as_such(monkeypatch, capsys, tmp_path):
    (tmp_path / "report.html").write_text("old")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    main(["study", "digits", *QUICK, "--quiet", "--out", str(tmp_path)])
    assert "is from an earlier study" in capsys.readouterr().err
    assert (tmp_path / "report.html").read_text() == "old"


def test_too_large_a_network_is_one_sentence(monkeypatch, capsys):
    def too_large(*args, **options):
        raise MemoryError("Unable to allocate 46.6 TiB")

    monkeypatch.setattr(_study, "run_study", too_large)
    assert "not enough memory" in fails(capsys, "digits")


# ---- signals at any time

FILES = {
    "results.json": "{}",
    "neurons.csv": "csv",
    "report.html": "html",
    "model.joblib": "model",
}
OURS = {
    __main__.__file__,
    contextlib.__file__,
    shutil.__file__,
    *map(str, Path(_command_line.__file__).parent.glob("*.py")),
}


class SignalAtLine:
    """Sends a signal before the n-th line of the command line's files."""

    def __init__(self, number, n):
        self.number, self.n = number, n

    def __call__(self, frame, event, argument):
        if frame.f_code.co_filename not in OURS:
            return None
        if event == "line":
            self.n -= 1
            if self.n == 0:
                signal.raise_signal(self.number)
        return self


def run_interrupted(monkeypatch, number, n, arguments):
    """The exit status, and whether a signal was sent while `main` could handle it."""
    run, sender = __main__._run, SignalAtLine(number, n)

    def traced(*args):
        before = sys.gettrace()
        sys.settrace(sender)
        try:
            return run(*args)
        finally:
            sys.settrace(before)

    monkeypatch.setattr(__main__, "_run", traced)
    try:
        return main(arguments), sender.n <= 0
    finally:
        monkeypatch.setattr(__main__, "_run", run)


@pytest.mark.parametrize(
    ("number", "status", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_what_is_said_is_true_whenever_a_signal_comes(
    quick_study, monkeypatch, capsys, tmp_path, number, status, word
):
    sentences = []
    for n in range(1, 2000):
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / "neurons.csv").write_text("old")
        arguments = ["study", "digits", "--out", str(folder)]
        ended, was_sent = run_interrupted(monkeypatch, number, n, arguments)
        found = {path.name: path.read_text() for path in folder.iterdir()}
        last = capsys.readouterr().err.splitlines()[-1]
        if not was_sent:
            break
        assert ended == status, (n, last)
        told = {
            f"{word}: nothing was done": {"neurons.csv": "old"},  # options are read
            f"{word}: no results were written": {"neurons.csv": "old"},
            f"{word}: the results in {folder} are complete": FILES,
        }
        assert found == told[last], n
        sentences.append(last.replace(str(folder), "DIR"))
    assert ended == 0
    in_order = [sentence for sentence, _ in groupby(sentences)]
    assert in_order == [
        f"{word}: nothing was done",
        f"{word}: no results were written",
        f"{word}: the results in DIR are complete",
    ]


def test_interruption_while_the_table_is_printed(quick_study, monkeypatch, capsys):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(_study, "format_study", interrupted)
    assert main(["study", "digits"]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == (
        "interrupted: the table may not be complete"
    )


def test_swallowed_interrupts_end_the_study(quick_study, monkeypatch, capsys, tmp_path):
    """As ctypes swallows what is raised in its callbacks."""

    def swallow(*args, on_progress, **options):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        on_progress(1.0, "training")
        pytest.fail("went on")

    monkeypatch.setattr(_study, "run_study", swallow)
    assert main(["study", "digits", "--out", str(tmp_path)]) == 143
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err == "terminated: no results were written\n"


def test_who_does_the_work_reaches_the_study(monkeypatch):
    seen = []

    @contextlib.contextmanager
    def workers(arguments):
        seen.append((arguments.jobs, arguments.backend, arguments.scheduler))
        yield 5

    monkeypatch.setattr(_study, "workers", workers)
    monkeypatch.setattr(_study, "run_study", lambda name, **options: seen.append(options))
    monkeypatch.setattr(_study, "format_study", lambda *args: "table")
    main(["study", "digits", "--jobs", "3", "--backend", "dask", "--scheduler", "tcp://a:1"])
    assert seen[0] == (3, "dask", "tcp://a:1")
    assert seen[1]["n_jobs"] == 5


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--jobs", "0"], "'0' is not a whole number"),
        (["--backend", "loki"], "invalid choice: 'loki'"),
        (["--scheduler", "tcp://a:1"], "--scheduler tcp://a:1 needs --backend"),
    ],
)
def test_no_such_workers(capsys, arguments, says):
    assert says in fails(capsys, "digits", *arguments)


def test_several_data_sets_have_folders_of_their_own(quick_study, monkeypatch, capsys, tmp_path):
    names = []
    monkeypatch.setattr(_study, "run_study", lambda name, **options: names.append(name))
    assert main(["study", "svhn", "digits", "svhn", "--out", str(tmp_path)]) == 0
    assert names == ["svhn", "digits"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits", "svhn"]
    assert (tmp_path / "digits" / "report.html").read_text() == "html"
    assert capsys.readouterr().out == "tabletable"


def test_an_interrupt_between_data_sets_says_what_is_complete(
    quick_study, monkeypatch, capsys, tmp_path
):
    def run_study(name, **options):
        if name == "svhn":
            raise KeyboardInterrupt

    monkeypatch.setattr(_study, "run_study", run_study)
    assert main(["study", "digits", "svhn", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"interrupted: the results in {tmp_path / 'digits'} are complete"
    )
    assert len(list((tmp_path / "digits").iterdir())) == 4
    assert not (tmp_path / "svhn").exists()  # nothing would be in it


def test_an_unknown_name_among_several_is_told_before_anything_is_done(monkeypatch, capsys):
    monkeypatch.setattr(_study, "run_study", None)
    assert "unknown data set 'minst'" in fails(capsys, "digits", "minst")


@pytest.mark.long
def test_dasks_workers_study_the_same(compiled, capsys, tmp_path):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    arguments = ["study", "digits", *QUICK, "--seeds", "0,1", "--quiet"]
    main([*arguments, "--out", str(tmp_path / "here")])
    main([*arguments, "--out", str(tmp_path / "there"), "--backend", "dask", "--jobs", "2"])
    here, there = (tmp_path / name / "results.json" for name in ("here", "there"))
    assert here.read_text() == there.read_text()


def test_no_empty_folder_stays(monkeypatch, capsys, tmp_path):
    def unavailable(*args, **options):
        raise DataUnavailableError("cannot load 'mnist': no network")

    monkeypatch.setattr(_study_data, "load_images", unavailable)
    fails(capsys, "mnist", "--out", str(tmp_path / "new" / "folder"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    fails(capsys, "mnist", "--out", str(tmp_path / "mine"))
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]  # it was there before
