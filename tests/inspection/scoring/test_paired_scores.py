"""Differences of scores, against the jackknife of their definition."""

import warnings

import numpy as np
import pytest
from helpers.networks import make
from scipy import stats
from sklearn.metrics import get_scorer

from skneuron import prune_neurons
from skneuron.inspection._scoring import PairedScores, evaluator_for
from skneuron.inspection._scoring._paired_scores import N_GROUPS
from skneuron.surgery import Network


def paired(kind="multiclass", scoring="neg_log_loss", n=200, weights=None):
    case = make(kind, (5, 4), n=n)
    evaluate = evaluator_for(case.mlp, case.X, case.y, scoring=scoring, sample_weight=weights)
    smaller = [prune_neurons(case.mlp, gone) for gone in ([(0, 1)], [(0, 1), (1, 0)])]
    networks = [Network.from_mlp(mlp) for mlp in smaller]
    return case, smaller, PairedScores(evaluate, Network.from_mlp(case.mlp)), networks


@pytest.mark.parametrize(
    ("kind", "scoring"), [("multiclass", "neg_log_loss"), ("regression", "r2")]
)
def test_differences_are_those_of_the_scorer(kind, scoring):
    case, smaller, scores, networks = paired(kind, scoring)
    scorer, everything = get_scorer(scoring), np.arange(200)

    def differences(rows):
        whole = scorer(case.mlp, case.X[rows], case.y[rows])
        return np.array([scorer(mlp, case.X[rows], case.y[rows]) - whole for mlp in smaller])

    found = scores.differences(networks)
    expected = differences(everything)
    np.testing.assert_allclose(found.changes, expected, rtol=1e-8)
    np.testing.assert_allclose(found.scores, scores.whole_score + expected, rtol=1e-8)
    groups = np.array_split(np.random.default_rng(0).permutation(everything), N_GROUPS)
    without = np.array([differences(np.setdiff1d(everything, group)) for group in groups])
    errors = np.sqrt((N_GROUPS - 1) / N_GROUPS * ((without - expected) ** 2).sum(axis=0))
    np.testing.assert_allclose((found.low + found.high) / 2, expected, rtol=1e-8)
    reach = (found.high - found.low) / 2
    assert (reach >= stats.t.ppf(0.975, N_GROUPS - 1) * errors * (1 - 1e-8)).all()
    assert (reach < 3 * errors).all()
    # The interval at the level 1 - p has an end at 0.
    for at, p_value in enumerate(found.p_values):
        one = scores.differences(networks, level=1 - p_value)
        assert min(abs(one.low[at]), abs(one.high[at])) < 1e-6 * reach[at]


def test_samples_without_weight_do_not_count():
    weights = np.tile([0.0, 1.0], 100)
    _, _, scores, networks = paired(weights=weights)
    np.testing.assert_array_equal(scores.counted, weights > 0)
    assert sum(len(group) > 0 for group in scores._without_groups) == N_GROUPS
    assert scores.differences(networks).changes == pytest.approx(
        scores.scores_of(networks) - scores.whole_score
    )


def test_of_one_sample_nothing_is_known():
    weights = (np.arange(200) == 3).astype(float)
    _, _, scores, networks = paired(weights=weights)
    found = scores.differences(networks)
    assert np.isfinite(found.scores).all()
    assert (found.low == -np.inf).all()
    assert (found.high == np.inf).all()


def test_of_a_network_and_itself_everything_is_known():
    _, _, scores, _ = paired()
    found = scores.differences([scores.whole])
    assert (found.changes, found.low, found.high, found.p_values) == (0, 0, 0, 1)


def test_a_group_without_which_there_is_no_score():
    case, _, _, networks = paired("binary", "roc_auc")
    rows = np.r_[np.flatnonzero(case.y == 0)[:1], np.flatnonzero(case.y == 1)[:60]]
    evaluate = evaluator_for(case.mlp, case.X[rows], case.y[rows], scoring="roc_auc")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = PairedScores(evaluate, Network.from_mlp(case.mlp)).differences(networks)
    assert np.isfinite(found.changes).all()
    assert np.isnan([found.low, found.high, found.p_values]).all()
