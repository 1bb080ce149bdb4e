"""The command line, as its user meets it."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numba
import pytest

import skneuron
from skneuron import __main__
from skneuron.__main__ import main, write_files
from skneuron.datasets import DataUnavailableError
from skneuron.study import InvalidStudyError, _experiment
from skneuron.warmup import WarmupResult

QUICK = ["--hidden", "6", "--max-iter", "3"]
# A line each where there is no terminal.
PHASES = ["training (6,)", "pruning (6,)"]


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


def test_study_prints_its_table(capsys):
    assert main(["study", "digits", *QUICK]) == 0
    captured = capsys.readouterr()
    assert "hidden (6,), seed 0, 3 epochs" in captured.out
    assert without_compiling(captured.err) == [
        *PHASES,
        "for the pictures and files, add --out DIR",
    ]


def test_files_are_written(capsys, tmp_path):
    folder = tmp_path / "new" / "folder"
    assert main(["study", "digits", *QUICK, "--out", str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {
        "results.json",
        "neurons.csv",
        "report.html",
    }
    assert json.loads((folder / "results.json").read_text())["networks"][0]["hidden"] == [6]
    assert "report.html" in capsys.readouterr().err


def test_quiet_prints_only_where_the_files_are(capsys, tmp_path):
    main(["study", "digits", *QUICK, "--quiet", "--out", str(tmp_path)])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"wrote results.json, neurons.csv, report.html to {tmp_path}\n"


def test_options_reach_the_study(monkeypatch, capsys):
    calls = []

    def spy(name, **options):
        calls.append((name, options))
        raise InvalidStudyError("seen")

    monkeypatch.setattr(__main__, "run_study", spy)
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

    monkeypatch.setattr(__main__, "run_study", spy)
    assert "[(100,), (100, 50)] 0.0\n" in fails(capsys, "digits")


def test_label_noise_is_in_the_table_and_the_files(capsys, tmp_path):
    arguments = [*QUICK, "--n-train", "300", "--label-noise", "0.3", "--out", str(tmp_path)]
    assert main(["study", "digits", *arguments]) == 0
    captured = capsys.readouterr()
    assert "label noise: 30 %" in captured.out
    assert "small from scratch" in captured.out
    lines = without_compiling(captured.err)
    assert lines == [*PHASES, "training (6,) otherwise", lines[-1]]  # no warning
    assert json.loads((tmp_path / "results.json").read_text())["label_noise"] == 0.3
    assert "Label noise: 30 %" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cifar"], ["'cifar'", "digits", "mnist", "svhn", "fashion_mnist"]),
        (["digits", "--hidden", "0"], ["--hidden", "'0'", "64,32"]),
        (["digits", "--hidden", "10,0"], ["--hidden", "'10,0'"]),
        (["digits", "--hidden", "ten"], ["--hidden", "'ten'"]),
        (["digits", "--hidden", "-3"], ["--hidden", "argument"]),
        (["digits", "--seeds", "1,x"], ["--seeds", "'1,x'", "0,1,2"]),
        (["digits", "--seeds", "99999999999"], ["--seeds", "4294967295"]),
        (["digits", "--max-iter", "0"], ["--max-iter", "'0'"]),
        (["digits", "--n-train", "2.5"], ["--n-train", "'2.5'"]),
        (["digits", "--n-train", "5"], ["n_train=5", "120", "1297"]),
        (["digits", "--label-noise", "1"], ["--label-noise", "'1'", "below 1"]),
        (["digits", "--label-noise", "-0.1"], ["--label-noise", "'-0.1'", "from 0"]),
        (["digits", "--label-noise", "nan"], ["--label-noise", "'nan'"]),
        (["digits", "--label-noise", "40%"], ["--label-noise", "'40%'", "such as 0.4"]),
        (["digits", "--label-noise", "0.4", "--n-train", "120"], ["label_noise=0.4", "40", "20"]),
        (["digits", "--nonsense"], ["--nonsense"]),
        ([], ["NAME"]),
    ],
)
def test_bad_input_is_named_in_one_sentence(capsys, arguments, words):
    sentence = fails(capsys, *arguments)
    assert all(word in sentence for word in words), sentence


def test_unwritable_out_is_found_before_the_work(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(__main__, "run_study", lambda *args, **options: pytest.fail("worked"))
    (tmp_path / "file").touch()
    sentence = fails(capsys, "digits", "--out", str(tmp_path / "file" / "below"))
    assert "cannot write to --out" in sentence
    assert str(tmp_path / "file" / "below") in sentence


def test_full_disk_is_reported(monkeypatch, capsys, tmp_path):
    def full(folder, contents):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(__main__, "write_files", full)
    with pytest.raises(SystemExit) as caught:
        main(["study", "digits", *QUICK, "--quiet", "--out", str(tmp_path)])
    assert caught.value.code == 2
    assert "No space left on device" in capsys.readouterr().err


def test_no_network_is_one_sentence(monkeypatch, capsys):
    def offline(*args, **options):
        raise DataUnavailableError("cannot load 'mnist': no network")

    monkeypatch.setattr(_experiment, "load_images", offline)
    assert fails(capsys, "mnist") == "skneuron: error: cannot load 'mnist': no network\n"


def test_interruption_leaves_no_file(monkeypatch, capsys, tmp_path):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "run_study", interrupted)
    assert main(["study", "digits", "--out", str(tmp_path)]) == 130
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err == "interrupted: no results were written\n"


def test_interruption_while_writing_leaves_old_files_whole(monkeypatch, tmp_path):
    (tmp_path / "a.txt").write_text("old")
    write_text = Path.write_text

    def interrupted(path, text, **options):
        write_text(path, text[:2], **options)
        if text == "second":
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {"a.txt": "first", "b.txt": "second"})
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_without_the_extra_the_table_and_data_are_there(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    assert main(["study", "digits", *QUICK, "--out", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "hidden (6,)" in captured.out
    assert without_compiling(captured.err) == [
        *PHASES,
        f"wrote results.json, neurons.csv to {tmp_path}",
        "no report.html without its pictures: python -m pip install 'skneuron[plot]'",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "neurons.csv"}


def test_pictures_of_an_earlier_study_are_named_as_such(monkeypatch, capsys, tmp_path):
    (tmp_path / "report.html").write_text("old")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    main(["study", "digits", *QUICK, "--quiet", "--out", str(tmp_path)])
    assert "is from an earlier study" in capsys.readouterr().err
    assert (tmp_path / "report.html").read_text() == "old"


def test_too_large_a_network_is_one_sentence(monkeypatch, capsys):
    def too_large(*args, **options):
        raise MemoryError("Unable to allocate 46.6 TiB")

    monkeypatch.setattr(__main__, "run_study", too_large)
    assert "not enough memory" in fails(capsys, "digits")


@pytest.mark.parametrize("reader", ["| true", "> /dev/null"])
def test_files_are_there_whatever_becomes_of_the_table(tmp_path, reader):
    command = f"'{sys.executable}' -m skneuron study digits {' '.join(QUICK)} --out '{tmp_path}'"
    result = subprocess.run(
        f"{command} {reader}",
        shell=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    assert without_compiling(result.stderr) == [
        *PHASES,
        f"wrote results.json, neurons.csv, report.html to {tmp_path}",
    ]
    assert (tmp_path / "report.html").exists()


def test_ascii_terminals_get_the_whole_table():
    result = subprocess.run(
        [sys.executable, "-m", "skneuron", "study", "digits", "--hidden", "9", "--max-iter", "30"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=300,
    )
    assert result.returncode == 0
    assert b"greedy, ranked again each time" in result.stdout


def test_warnings_are_one_line(monkeypatch, capsys):
    def warn(*args, **options):
        warnings.warn("only a part of the rows", UserWarning, stacklevel=1)
        raise InvalidStudyError("done")

    monkeypatch.setattr(__main__, "run_study", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with pytest.raises(SystemExit):
            main(["study", "digits"])
    assert capsys.readouterr().err.splitlines()[0] == "warning: only a part of the rows"


def test_module_and_version_run():
    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "skneuron", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert run("--version").stdout == f"skneuron {skneuron.__version__}\n"
    assert "--hidden" in run("study", "--help").stdout
    assert "--dtype" in run("warmup", "--help").stdout
    bad = run("study", "nothing")
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)


# ---- warmup


@pytest.fixture
def warmup(monkeypatch):
    """Compiles nothing; the options of its calls."""
    calls = []

    def spy(dtypes, *, everything, n_jobs, progress):
        calls.append((tuple(dtypes), everything, n_jobs))
        progress("compiling", 0, 2)
        progress("training, float32", 1, 2)
        progress("ablation, float32", 2, 2)
        return WarmupResult(3, 4, 5.0, Path("cache"), 1_500_000)

    monkeypatch.setattr(__main__, "warmup", spy)
    return calls


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], (("float32", "float64"), False, None)),
        (["--dtype", "float64"], (("float64",), False, None)),
        (["--dtype", "float64", "float32", "--all"], (("float64", "float32"), True, None)),
        (["--jobs", "3"], (("float32", "float64"), False, 3)),
    ],
)
def test_options_reach_warmup(warmup, arguments, options):
    assert main(["warmup", *arguments]) == 0
    assert warmup == [options]


def test_warmup_says_what_it_does_and_has_done(warmup, capsys):
    main(["warmup"])
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "3 kernels compiled in 5 s, 4 were there",
        "1.5 MB of machine code in cache",
    ]
    assert captured.err.splitlines() == ["compiling", "training, float32", "ablation, float32"]


def test_warmup_may_be_quiet(warmup, capsys):
    main(["warmup", "--quiet"])
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dtype", "float16"], ["--dtype", "'float16'", "float32", "float64"]),
        (["--jobs", "0"], ["--jobs", "'0'", "from 1 up"]),
        (["--every"], ["--every"]),
    ],
)
def test_bad_input_of_warmup_is_named(warmup, capsys, arguments, words):
    sentence = fails(capsys, *arguments, command="warmup")
    assert all(word in sentence for word in words), sentence
    assert warmup == []


def test_a_cache_that_cannot_be_written_is_one_sentence(monkeypatch, capsys, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "file" / "below"))
    sentence = fails(capsys, "--all", command="warmup")
    assert sentence.startswith("skneuron: error: compiled code cannot be kept")
    assert str(tmp_path / "file" / "below") in sentence
    assert "NUMBA_CACHE_DIR" in sentence


def test_interrupted_warmup_says_what_is_left(monkeypatch, capsys):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "warmup", interrupted)
    assert main(["warmup"]) == 130
    assert capsys.readouterr().err == "interrupted: what has been compiled stays\n"


def test_other_warnings_do_not_end_warmup(monkeypatch, capsys):
    def warns(*args, **options):
        warnings.warn("something else", RuntimeWarning, stacklevel=1)
        return "done"

    monkeypatch.setattr(__main__, "warmup", warns)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["warmup"]) == 0
    assert capsys.readouterr() == ("done\n", "warning: something else\n")
