"""Bad input for `skneuron.metrics` and `skneuron.datasets`."""

import numpy as np
import pytest
from helpers.bad_input import JUNK, NO_TARGETS, NO_WEIGHTS, check, check_good, table

from skneuron.datasets import load_images
from skneuron.metrics import expected_accuracy_score

P = np.array([[0.5, 0.5], [0.25, 0.75], [1, 0]])
TRUTH = {key: value for key, value in NO_TARGETS.items() if key not in ("few", "sparse column")}
PROBABILITIES = {
    "None": None,
    "text": "a",
    "number": 0.5,
    "dict": {},
    "object": object(),
    "empty": [],
    "few": P[:2],
    "3-D": P[None],
    "texts": [["a", "b"]] * 3,
    "complex": P * 1j,
    "NaN": P * [np.nan, 1],
    "inf": P * [np.inf, 1],
    "negative": P - 0.1,
    "too large": P + 0.1,
    "sum": P * 0.9,
    "columns": np.full((3, 4), 0.25),
}
LABELS = {
    "text": "a",
    "number": 3,
    "dict": {},
    "object": object(),
    "empty": [],
    "few": [0],
    "matrix": np.eye(2),
    "mixed": [0, "a"],
    "None inside": [None, 0],
    "unsorted": [1, 0],
    "twice": [0, 0],
    "thrice": [0, 1, 1],
    "others": [1, 2],
}
WEIGHTS = {key: value[:3] if isinstance(value, np.ndarray) else value
           for key, value in NO_WEIGHTS.items()} | {
    "negative": [-1, 1, 1], "zero sum": [-1, 0, 1], "number": 1.0, "NaN alone": np.nan,
}  # fmt: skip


def score():
    return expected_accuracy_score, {"y_true": [0, 1, 0], "y_proba": P, "labels": [0, 1]}


def images():
    return load_images, {"name": "digits"}


@pytest.mark.parametrize("case", table("expected_accuracy", score, {
    "y_true": TRUTH | {"few": [0], "unknown": [0, 1, 7]}, "y_proba": PROBABILITIES,
    "labels": LABELS, "sample_weight": WEIGHTS,
}))  # fmt: skip
def test_expected_accuracy(case):
    check(case)


@pytest.mark.parametrize("case", table("load_images", images, {
    "name": ["a", "", None, 3, b"digits", *JUNK], "dtype": ["a", "", None, 3, *JUNK],
}))  # fmt: skip
def test_images(case):
    check(case)


@pytest.mark.parametrize("prepare", [score, images])
def test_good_arguments(prepare):
    check_good(prepare)
