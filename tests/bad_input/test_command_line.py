"""Bad input on the command line: status 2, and one line that names the option."""

import re

import pytest
from helpers.bad_input import settings

from skneuron.__main__ import main

DIGITS = "1" * 30
STUDY = [
    ("--hidden", value)
    for value in ("a", "0", "-1", "1.5", "", ",", "3,", "3,a", "3,,3", DIGITS, f"3,{DIGITS}",
                  "9" * 5000, "3 3", "(3,)", "0x3", "1e3")
] + [
    ("--seeds", value)
    for value in ("a", "-1", "1.5", "", ",", "0,", "4294967296", DIGITS, "9" * 5000, "0,a", "0x1")
] + [
    ("--max-iter", value) for value in ("a", "0", "-1", "1.5", "", "9" * 5000)
] + [
    ("--n-train", value) for value in ("a", "0", "-1", "1.5", "", "3", DIGITS)
] + [
    ("--label-noise", value) for value in ("a", "1", "2", "-0.1", "nan", "inf", "")
] + [
    ("--out", ""),
]  # fmt: skip
WORDS = {"--n-train": "n[-_]train", "--hidden": "hidden"}


def short(pair):
    return " ".join(pair)[:40]


@pytest.mark.parametrize("pair", STUDY, ids=short)
def test_options_of_the_study(pair, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _check(["study", "digits", "--quiet", "=".join(pair)], WORDS.get(pair[0], pair[0]), capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "COMMAND"),
        (["a"], "'a'"),
        (["study"], "NAME"),
        (["study", "a"], "'a'"),
        (["study", ""], "''"),
        (["study", "digits", "minst"], "minst"),
        (["study", "digits", "--a"], "--a"),
        (["study", "digits", "--hidden"], "--hidden"),
        (["warmup", "--dtype", "a"], "--dtype"),
        (["warmup", "--dtype"], "--dtype"),
        (["warmup", "--jobs", "0"], "--jobs"),
        (["warmup", "--jobs", "a"], "--jobs"),
        (["warmup", "a"], "a"),
    ],
)
def test_commands(arguments, word, capsys):
    _check(arguments, word, capsys)


def _check(arguments, word, capsys):
    before = settings()
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    printed = capsys.readouterr()
    assert caught.value.code == 2
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert len(lines) == 1, printed.err
    assert re.search(word, lines[0])
    assert settings() == before
