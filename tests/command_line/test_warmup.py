"""The command `warmup`, as its user meets it."""

import warnings
from pathlib import Path

import numba
import pytest
from helpers.command_line import fails

from skneuron.__main__ import main
from skneuron._command_line import _warmup
from skneuron.warmup import WarmupResult


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

    monkeypatch.setattr(_warmup, "warmup", spy)
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

    monkeypatch.setattr(_warmup, "warmup", interrupted)
    assert main(["warmup"]) == 130
    assert capsys.readouterr().err == "interrupted: what has been compiled stays\n"


def test_other_warnings_do_not_end_warmup(monkeypatch, capsys):
    def warns(*args, **options):
        warnings.warn("something else", RuntimeWarning, stacklevel=1)
        return "done"

    monkeypatch.setattr(_warmup, "warmup", warns)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["warmup"]) == 0
    assert capsys.readouterr() == ("done\n", "warning: something else\n")
