"""The file neurons.csv."""

import csv
import io
import re
from dataclasses import replace

import pytest
from sklearn.utils import Bunch

from skneuron.study._neurons_csv import neurons_csv, safe_text


def test_csv_has_one_line_a_neuron(digits_study):
    rows = list(csv.DictReader(io.StringIO(neurons_csv(digits_study))))
    assert len(rows) == 12 + 16
    ablation = digits_study.networks[1].ablation
    second = [row for row in rows if row["hidden"] == "10-6"]
    assert [int(row["layer"]) for row in second] == ablation.layer.tolist()
    assert [int(row["n_broken"]) for row in second] == ablation.n_broken.tolist()
    assert [float(row["importance"]) for row in second] == ablation.importances.tolist()
    per_class = [float(row["importance_7"]) for row in second]
    assert per_class == ablation.class_importances[:, 7].tolist()
    tested = [float(row["test_importance"]) for row in second]
    assert tested == digits_study.networks[1].test_importances.tolist()


def test_csv_names_classes_by_their_names(digits_study):
    data = replace(digits_study.data, class_names=[f"class {i}" for i in range(10)])
    study = Bunch(data=data, networks=digits_study.networks)
    header = neurons_csv(study).splitlines()[0]
    assert header.endswith("n_broken," + ",".join(
        f"importance_class {i}" for i in range(10)
    ) + ",loss_importance,loss_std,test_importance")  # fmt: skip


def test_classes_of_any_names_keep_their_columns(digits_study):
    names = ["std", "std", "a,b", 'q"', "x;=1+1", "t\t=1+1", "n\n=1", "=2", "é", "$"]
    data = replace(digits_study.data, class_names=names)
    study = Bunch(data=data, networks=digits_study.networks)
    text = neurons_csv(study)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 12 + 16
    assert len(text.splitlines()) == 1 + len(rows)
    names = ["std", "std_class", "a,b", 'q"', "x =1+1", "t =1+1", "n =1", "=2", "é", "$"]
    second = [row for row in rows if row["hidden"] == "10-6"]
    for at, name in enumerate(names):
        found = [float(row[f"importance_{name}"]) for row in second]
        expected = digits_study.networks[1].ablation.class_importances[:, at]
        assert found == expected.tolist()
    for cell in re.split(r"[;\t\n,]", text.splitlines()[0]):
        assert not cell.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"), ("\r=1", "'=1"), ("; =1", "'=1"), ("ankle boot", "ankle boot"), (3, "3"),
    ],
)  # fmt: skip
def test_text_that_a_spreadsheet_would_run_is_escaped(text, safe):
    assert safe_text(text) == safe
