"""Tests of metrics._fidelity: how close outputs are to those of a reference."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import deterministic
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from skneuron.metrics import (
    fidelity_score,
)

ACTIVATIONS = {"classes": "softmax", "labels": "logistic", "values": "identity", "counts": "exp"}
P, Q = [[0.5, 0.5], [1.0, 0.0]], [[0.25, 0.75], [0.5, 0.5]]

# ---- fidelity_score


@deterministic(max_examples=60)
@given(
    st.sampled_from(sorted(ACTIVATIONS)), st.integers(1, 20), st.integers(1, 4),
    st.booleans(), st.booleans(), st.integers(0, 99),
)  # fmt: skip
def test_is_minus_the_mean_divergence(kind, n, n_outputs, weighted, sure, seed):
    rng = np.random.default_rng(seed)
    activation = ACTIVATIONS[kind]
    if kind == "classes" and n_outputs == 1:
        activation = "logistic"  # of the second of two classes
    # Of complements, few digits are left where a probability is almost 1.
    scale = 1 if kind == "counts" or not sure else 30 if activation == "softmax" else 3
    old, new = rng.normal(size=(2, n, n_outputs)) * scale
    weight = rng.integers(1, 4, n) if weighted else None
    outputs = [oracle.apply(activation, z) for z in (old, new)]
    found = fidelity_score(*outputs, kind=kind, sample_weight=weight)
    rows = oracle.divergences_of(activation, old, new)
    assert type(found) is float
    assert_allclose(found, -np.average(rows, weights=weight), rtol=1e-6, atol=1e-12)
    assert fidelity_score(outputs[0], outputs[0], kind=kind) == 0


def test_one_column_is_the_second_class():
    for of_two in (np.array(P), np.array(Q)):
        for second in (of_two[:, 1], of_two[:, 1:]):
            assert fidelity_score(second, of_two[::-1, 1]) == fidelity_score(of_two, of_two[::-1])


def test_probabilities_of_0():
    """What the reference excludes costs nothing; what only the other one excludes is finite."""
    assert_allclose(fidelity_score([[1.0, 0.0]], [[0.5, 0.5]]), -np.log(2))
    of_three = fidelity_score([[0.5, 0.5, 0]], [[1.0, 0.0, 0]])
    assert_allclose(of_three, np.log(2) + np.log(2.2e-308) / 2, rtol=1e-3)
    of_two = fidelity_score([[0.5, 0.5]], [[1.0, 0.0]])  # 1e-17 may have been there
    assert_allclose(of_two, np.log(2) + np.log(2.2e-16) / 2, rtol=1e-3)
    assert (
        fidelity_score([0.5], [1.0]) == fidelity_score([[0.5]], [[1.0]], kind="labels") == of_two
    )
    zeros = np.array([[0.0, 1.0]], np.float32)
    assert fidelity_score(zeros, zeros) == fidelity_score(zeros, zeros, kind="labels") == 0
    assert np.isfinite(fidelity_score(zeros, zeros[:, ::-1], kind="labels"))
    assert fidelity_score([0.0, 2.0], [0.0, 2.0], kind="counts") == 0


def test_float32_is_added_up_in_float64():
    p = np.full((1000, 1), 1e-3, np.float32)
    wanted = -oracle.divergences_of("exp", np.log(p.astype(float)), np.log(2 * p.astype(float)))
    assert_allclose(fidelity_score(p, 2 * p, kind="counts"), wanted.mean(), rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((P, Q[:1]), {}, r"outputs has shape \(1, 2\), but reference has \(2, 2\)"),
        ((P, Q), {"kind": "numbers"}, r"kind='numbers' is unknown; use one of \['classes'"),
        ((P, Q), {"kind": None}, "kind=None is unknown"),
        ((P, [[0.5, 0.6], [1, 0]]), {}, "outputs: probabilities of a sample add up to 1"),
        (([[-0.5, 1.5]], [[1, 0]]), {}, "reference has values from -0.5 to 1.5"),
        (([[0, 2]], [[1, 0]]), {"kind": "labels"}, "reference has values from 0.0 to 2.0"),
        (([[0, 2]], [[1, -1]]), {"kind": "counts"}, "outputs has -1.0; expected counts"),
        (([[np.nan, 1]], [[1, 0]]), {}, "reference.*NaN"),
        (([["a"]], [[1]]), {}, "reference"),
        (([[[1]]], [[1]]), {"kind": "values"}, "reference"),
        ((P, Q), {"sample_weight": [1, -1]}, "sample_weight must be finite numbers"),
        ((P, Q), {"sample_weight": [1]}, r"sample_weight has shape \(1,\)"),
    ],
)
def test_bad_input(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        fidelity_score(*arguments, **options)
