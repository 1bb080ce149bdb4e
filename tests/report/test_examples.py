"""Samples that are right or wrong because of a neuron, against predictions without it."""

import numpy as np
import pandas as pd
import pytest

from skneuron import prune_neurons
from skneuron.report._comparison import HeldOut
from skneuron.report._examples import N_EXAMPLES, Examples, _value_text
from skneuron.report._features import feature_names


@pytest.fixture(scope="module")
def whole(digits_pruner):
    return digits_pruner.pruning_path_.estimator


@pytest.mark.parametrize("neuron", range(0, 16, 5))
def test_images(neuron, whole, digits):
    X, y = digits[2:]
    examples = Examples(
        HeldOut(whole, X, y), {label: f"digit {label}" for label in range(10)},
        [str(i) for i in range(64)], (8, 8), None,
    )  # fmt: skip
    fixed, broken = examples.of(neuron, whole.coefs_[0][:, neuron])
    before, after = whole.predict(X), prune_neurons(whole, [(0, neuron)]).predict(X)
    for found, is_so, wrong, when in [
        (fixed, (after == y) & (before != y), before, "with it"),
        (broken, (after != y) & (before == y), after, "without it"),
    ]:
        expected = [
            f"image {at}: digit {y[at]}, taken for digit {wrong[at]} {when}"
            for at in np.flatnonzero(is_so)[:N_EXAMPLES]
        ]
        assert [example.text for example in found] == expected
        assert all(example.image.startswith(b"\x89PNG") for example in found)


def test_rows_of_a_table(table, table_pipeline):
    frame, y = table
    rows = frame[250:].reset_index(drop=True)
    held_out = HeldOut(table_pipeline, rows, y[250:])
    examples = Examples(held_out, {}, feature_names(table_pipeline, rows), None, rows)
    weights = np.array([0.1, 0.0, 3.0, -2.0])
    found = [example for position in range(5) for kind in examples.of(position, weights) for
             example in kind]  # fmt: skip
    assert found
    for example in found:
        at = int(example.text.split()[1].rstrip(":"))
        city, age = rows.loc[at, ["city", "age"]]
        assert example.image is None
        assert f"(city {city}, age {age}, " in example.text
        assert "taken for" in example.text


def test_arrays_without_names_of_columns(whole, digits):
    X, y = digits[2:]
    examples = Examples(HeldOut(whole, X, y), {}, [f"x{i}" for i in range(64)], None, X)
    weights = np.zeros(64)
    weights[[7, 20]] = [1.0, -2.0]
    texts = [e.text for neuron in range(16) for kind in examples.of(neuron, weights) for e in kind]
    assert texts
    at = int(texts[0].split()[1].rstrip(":"))
    assert f"(x20 {X[at, 20]:.4g}, x7 {X[at, 7]:.4g}, x0 {X[at, 0]:.4g})" in texts[0]


def test_the_last_neuron_of_a_layer_is_not_removed(digits):
    from sklearn.neural_network import MLPClassifier

    from skneuron.utils import training_in_full

    with training_in_full():
        mlp = MLPClassifier((1,), max_iter=2, random_state=0).fit(digits[0], digits[1])
    examples = Examples(HeldOut(mlp, *digits[2:]), {}, [str(i) for i in range(64)], None, None)
    assert examples.of(0, mlp.coefs_[0][:, 0]) == ([], [])


def test_long_values_are_cut(table, table_pipeline):
    frame, y = table
    rows = frame[250:].assign(city="Paris")
    rows["city"] = rows["city"].astype(object)
    long = rows.assign(note="y" * 50)
    examples = Examples(HeldOut(table_pipeline, rows, y[250:]), {}, ["note"] * 4, None, long)
    texts = [
        e.text for neuron in range(5) for kind in examples.of(neuron, np.ones(4)) for e in kind
    ]
    assert texts
    assert all(f"(note {'y' * 23}…)" in text for text in texts)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (15210.4, "15,210"),
        (np.float32(15210), "15,210"),
        (-1234567.0, "-1,234,567"),
        (9999.6, "10,000"),
        (2019.0, "2019"),
        (363.44, "363.4"),
        (1.5e15, "1.5e+15"),
        (np.inf, "inf"),
        (10115, "10115"),  # may be a code
        (np.nan, "missing"),
        (np.float32("nan"), "missing"),
        (None, "missing"),
        (pd.NA, "missing"),
        (pd.NaT, "missing"),
        (True, "True"),
        ("", ""),
        ([1.0, np.nan], "[1.0, nan]"),
    ],
)
def test_values_are_words_that_a_reader_knows(value, text):
    assert _value_text(value) == text
