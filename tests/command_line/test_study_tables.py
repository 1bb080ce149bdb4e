"""The command `study` with a table of one's own."""

import json

import numpy as np
import pytest
from helpers.command_line import DATA, MODEL, QUICK, fails

from skneuron.__main__ import main


@pytest.fixture
def customers(tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{'pro' if b else 'basic'},{'yes' if a > 0 else 'no'}" for a, b in zip(
        rng.normal(size=120), rng.random(120) < 0.5, strict=True)]  # fmt: skip
    (tmp_path / "customers.csv").write_text("\n".join(["balance,plan,churned", *rows]))
    return tmp_path / "customers.csv"


def test_a_table_of_ones_own(customers, capsys, tmp_path):
    pytest.importorskip("pandas", reason="pandas is not installed")
    folder = tmp_path / "results"
    arguments = ["--target", "churned", "--out", str(folder), "--refit", "outputs", *QUICK]
    assert main(["study", str(customers), *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("customers.csv: 75 rows to train on, 15 to score neurons on")
    assert "1 column of numbers, 1 of texts; classification of 'churned'" in captured.out
    assert "(refit='outputs')" in captured.out
    assert {path.name for path in folder.iterdir()} == {*DATA, *MODEL, "report.html"}
    results = json.loads((folder / "results.json").read_text())
    assert results["target"] == "churned"
    assert results["refit"] == "outputs"
    assert len(results["networks"][0]["repairs"]) > 2


def test_a_table_without_a_target_says_what_is_missing(customers, capsys):
    sentence = fails(capsys, str(customers))
    assert "customers.csv': name the column to predict, with --target COLUMN" in sentence


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--target", "churn"], "did you mean 'churned'?"),
        (["--target", "churned", "--drop", "plan", "--drop", "b"], "--drop 'b' is no column"),
        (["--target", "plan", "--task", "regression"], "target 'plan' is no number"),
        (["digits", "--target", "plan"], "--target is for one CSV file, but there are 2"),
        (["--target", "plan", "--test", "no.csv"], "'no.csv' does not exist"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_sentence(customers, capsys, arguments, says):
    pytest.importorskip("pandas", reason="pandas is not installed")
    assert says in fails(capsys, str(customers), *arguments)


def test_options_for_tables_without_a_table(capsys):
    assert "test='a.csv' is for a CSV file" in fails(capsys, "digits", "--test", "a.csv")
    assert "'' names no file" in fails(capsys, "digits", "--test", "")
