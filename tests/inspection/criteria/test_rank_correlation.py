"""Tests of criterion_rank_correlation."""

import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from helpers.networks import deterministic, make
from helpers.results import assert_declared
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron import neuron_ablation
from skneuron.inspection._criteria._criteria import neuron_criterion
from skneuron.inspection._criteria._rank_correlation import criterion_rank_correlation

METHODS = ["spearman", "kendall"]
each_method = pytest.mark.parametrize("method", METHODS)


def ranks(values):
    """Ranks from 1; ties share the mean of theirs."""
    below = [sum(other < value for other in values) for value in values]
    same = [sum(other == value for other in values) for value in values]
    return [b + (s + 1) / 2 for b, s in zip(below, same, strict=True)]


def slow_spearman(a, b):
    a, b = np.array(ranks(a)), np.array(ranks(b))
    a, b = a - a.mean(), b - b.mean()
    return sum(a * b) / np.sqrt(sum(a * a) * sum(b * b))


def slow_kendall(a, b):
    agreement, a_differ, b_differ = 0, 0, 0
    for i in range(len(a)):
        for j in range(i):
            agreement += np.sign(a[i] - a[j]) * np.sign(b[i] - b[j])
            a_differ += a[i] != a[j]
            b_differ += b[i] != b[j]
    return agreement / np.sqrt(a_differ * b_differ)


SLOW = {"spearman": slow_spearman, "kendall": slow_kendall}


@each_method
@deterministic(max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 12), st.integers(1, 5), st.booleans())
def test_correlations_are_the_slow_ones(method, seed, n_neurons, n_columns, ties):
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(n_columns, n_neurons))
    if ties:
        columns = np.round(columns)
    result = criterion_rank_correlation(dict(zip("abcde", columns, strict=False)), method=method)
    assert result.names == list("abcde")[:n_columns]
    for i, a in enumerate(columns):
        for j, b in enumerate(columns):
            if np.ptp(a) == 0 or np.ptp(b) == 0:
                assert np.isnan(result.correlations[i, j])
            else:
                assert_allclose(result.correlations[i, j], SLOW[method](a, b), atol=1e-12)


@each_method
def test_only_the_order_counts(method):
    a = np.random.default_rng(0).normal(size=20)
    scores = {"a": a, "exp": np.exp(a), "minus": -a, "infinite": np.where(a == a.max(), np.inf, a)}
    actual = criterion_rank_correlation(scores, method=method).correlations
    signs = np.array([1, 1, -1, 1])
    assert_allclose(actual, np.outer(signs, signs), atol=1e-12)


@each_method
def test_constant_columns_order_nothing_and_warn_of_nothing(method):
    scores = {"a": [1, 2, 3], "constant": [4, 4, 4], "b": [3, 1, 2]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        actual = criterion_rank_correlation(scores, method=method).correlations
    unknown = np.isnan(actual)
    assert_array_equal(unknown[1], True)
    assert_array_equal(unknown[:, 1], True)
    assert unknown.sum() == 5
    assert_array_equal(np.diag(actual)[[0, 2]], 1)


@each_method
def test_missing_values_are_left_out_pair_by_pair(method):
    nan = np.nan
    scores = {"a": [1, 2, 3, 4], "b": [nan, 3, 1, 2], "c": [5, nan, 6, nan], "d": [nan, 1, nan, 2]}
    actual = criterion_rank_correlation(scores, method=method).correlations
    assert_allclose(actual[0, 1], SLOW[method]([2, 3, 4], [3, 1, 2]))
    assert_allclose(actual[0, 2], 1)
    assert_allclose(actual[1, 3], -1)
    assert np.isnan(actual[1, 2])  # one neuron has both
    assert np.isnan(actual[2, 3])  # none has
    assert_array_equal(actual, actual.T)


def test_kendall_is_not_spearman():
    scores = {"a": [1, 2, 3, 4], "b": [2, 1, 4, 3]}
    assert_allclose(criterion_rank_correlation(scores).correlations[0, 1], 0.6)
    kendall = criterion_rank_correlation(scores, method="kendall")
    assert_allclose(kendall.correlations[0, 1], 1 / 3)


def test_criteria_with_ablation():
    case = make("multiclass", (30,), "tanh", n=300)
    case.mlp.coefs_[1] /= 30
    scores = neuron_criterion(case.mlp, case.X, case.y, criterion=["taylor2", "l2_product"])
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring="neg_log_loss")
    result = criterion_rank_correlation(scores | {"ablation": ablation.importances})
    assert result.names == ["taylor2", "l2_product", "ablation"]
    assert result.correlations[0, 2] > 0.99


def test_frames_go_in_and_come_out():
    scores = {"a": [1, 2, 3], "b": [1, 3, 2]}
    result = criterion_rank_correlation(scores)
    frame = result.to_frame()
    assert list(frame.index) == list(frame.columns) == ["a", "b"]
    assert_array_equal(frame.to_numpy(), result.correlations)
    again = criterion_rank_correlation(pd.DataFrame(scores))
    assert_array_equal(again.correlations, result.correlations)


def test_every_entry_is_declared():
    assert_declared(criterion_rank_correlation({"a": [1, 2], "b": [2, 1]}))


def test_to_frame_without_pandas(monkeypatch):
    result = criterion_rank_correlation({"a": [1, 2]})
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"CriterionRankCorrelation\.to_frame needs pandas"):
        result.to_frame()


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([[1, 2], [2, 1]], "is no mapping from names to columns"),
        ({}, "scores={} is no mapping"),
        (None, "scores=None is no mapping"),
        ({"a": [1, 2], "b": [1, 2, 3]}, r"columns of shapes {'a': \(2,\), 'b': \(3,\)}"),
        ({"a": [[1, 2]], "b": [[1, 2]]}, r"columns of shapes {'a': \(1, 2\)"),
        ({"a": 1.0}, r"columns of shapes {'a': \(\)}"),
    ],
)
def test_bad_scores(scores, message):
    with pytest.raises(ValueError, match=message):
        criterion_rank_correlation(scores)


@pytest.mark.parametrize("method", ["pearson", None, ["spearman"]])
def test_unknown_methods(method):
    with pytest.raises(ValueError, match=r"use one of \['kendall', 'spearman'\]"):
        criterion_rank_correlation({"a": [1, 2]}, method=method)
