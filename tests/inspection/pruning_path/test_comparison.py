"""`PruningComparison` as text, table and page."""

import pickle
import sys
from dataclasses import FrozenInstanceError, replace

import pytest

from skneuron.inspection._pruning_path import PruningComparison
from skneuron.inspection._pruning_path._comparison import WholeAndPruned

FOUND = PruningComparison(
    scoring="accuracy",
    n_samples=2000,
    score=WholeAndPruned(0.978, 0.975),
    confidence_interval=(-0.0083, 0.0023),
    n_changed=41,
    n_fixed=12,
    n_broken=18,
    p_value=0.281,
    n_neurons=WholeAndPruned(100, 60),
    n_parameters=WholeAndPruned(8970, 5500),
    bytes=WholeAndPruned(71760, 44000),
    n_multiplications=WholeAndPruned(8860, 5430),
    batch_size=1000,
    batch_seconds=WholeAndPruned(0.004, 0.003),
    sample_seconds=WholeAndPruned(0.0001, 0.0001),
)
OF_LOSS = replace(
    FOUND, scoring="minus log loss", score=WholeAndPruned(-0.4, -0.65),
    confidence_interval=(-0.31, -0.2), n_fixed=None, n_broken=None, p_value=None,
)  # fmt: skip


def test_words_for_a_share():
    assert str(FOUND) == (
        "accuracy on 2,000 samples: whole 97.8 %, pruned 97.5 %: -0.3 points (95 % interval "
        "-0.8 to +0.2); 12 fixed, 18 broken (p = 0.28); 100 -> 60 neurons, 8,970 -> 5,500 "
        "parameters."
    )
    assert repr(FOUND) == f"PruningComparison({FOUND})"


def test_words_for_other_scores():
    assert str(OF_LOSS) == (
        "minus log loss on 2,000 samples: whole -0.4, pruned -0.65: -0.25 (95 % interval -0.31 "
        "to -0.2); 41 predicted otherwise; 100 -> 60 neurons, 8,970 -> 5,500 parameters."
    )
    assert str(replace(OF_LOSS, n_samples=1)).startswith("minus log loss on 1 sample: whole")
    regression = replace(OF_LOSS, scoring="r2", n_changed=None)
    assert "interval -0.31 to -0.2); 100 -> 60 neurons" in str(regression)


def test_as_a_frame():
    frame = FOUND.to_frame()
    assert frame["network"].tolist() == ["whole", "pruned"]
    names = [
        "score", "n_neurons", "n_parameters", "bytes", "n_multiplications", "batch_seconds",
        "sample_seconds",
    ]  # fmt: skip
    assert list(frame.columns) == ["network", *names]
    for name in names:
        assert tuple(frame[name]) == getattr(FOUND, name)
    assert frame["n_parameters"].dtype.kind == "i"


def test_a_frame_without_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"PruningComparison\.to_frame needs pandas"):
        FOUND.to_frame()


def test_a_page():
    page = FOUND._repr_html_()
    for cells in (
        ("accuracy", "97.8 %", "97.5 %", "-0.3 points"),
        ("neurons", "100", "60", "-40 %"),
        ("parameters", "8,970", "5,500", "-39 %"),
        ("predict, 1,000 samples (ms)", "4", "3", "-25 %"),
        ("predict, one sample (ms)", "0.1", "0.1", "0 %"),
    ):
        row = next(row for row in page.split("<tr>") if f">{cells[0]}<" in row)
        assert all(f">{cell}<" in row for cell in cells)
    assert "12 fixed, 18 broken" in page
    assert "100 -&gt; 60 neurons" in page


def test_names_of_scorers_are_escaped():
    assert "<b>" not in replace(FOUND, scoring="<b>loud")._repr_html_()


def test_clocks_that_are_too_coarse():
    page = replace(FOUND, sample_seconds=WholeAndPruned(0.0, 0.0))._repr_html_()
    assert "one sample" in page
    assert "nan" not in page


def test_equal_but_for_the_time():
    slower = replace(FOUND, batch_seconds=WholeAndPruned(9.0, 8.0))
    assert slower == FOUND
    assert replace(FOUND, n_fixed=13) != FOUND
    assert pickle.loads(pickle.dumps(FOUND)) == FOUND


def test_nobody_changes_it():
    with pytest.raises(FrozenInstanceError):
        FOUND.n_samples = 3
    assert FOUND.difference == pytest.approx(-0.003)


def test_no_change_has_no_sign():
    same = replace(FOUND, score=WholeAndPruned(0.9, 0.9), confidence_interval=(-0.0001, 0.0001))
    assert "pruned 90.0 %: 0.0 points (95 % interval 0.0 to 0.0)" in str(same)
    nowhere = replace(OF_LOSS, confidence_interval=(-float("inf"), float("inf")))
    assert "interval -inf to +inf" in str(nowhere)
    assert "0 (95" in str(replace(OF_LOSS, score=WholeAndPruned(-0.0, -0.0)))
