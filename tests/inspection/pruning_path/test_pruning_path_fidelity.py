"""Tests of neuron_pruning_path without labels: what keeps a network as it is."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, REGRESSIONS, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skneuron import neuron_pruning_path
from skneuron.inspection._criteria._criteria import CRITERIA
from skneuron.metrics import agreement_scorer, fidelity_scorer


def greedily(case, n, X_ref):
    """The first ``n`` neurons of the greedy path, and fidelities on the way, by the oracle."""
    classes, removed, replaced, scores = getattr(case.mlp, "classes_", None), [], {}, [0.0]
    for _ in range(n):
        left = [each for each in case.net.neurons if each not in removed]
        candidates = []
        for neuron in left:
            if sum(each[0] == neuron[0] for each in left) == 1:
                continue  # one stays in every layer
            gone = oracle.gone(case.net, [neuron], X_ref, replaced, linear=X_ref is not None)
            score = -np.mean(oracle.divergences(case.net, case.X, classes, gone))
            candidates.append((score, neuron, gone))
        score, neuron, replaced = max(candidates, key=lambda each: each[0])
        removed.append(neuron)
        scores.append(score)
    return removed, scores


@pytest.mark.parametrize("replacement", ["zero", "linear"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_greedy_path_is_the_oracles(kind, replacement):
    case = make(kind, (5, 4), "tanh", n=60)
    X_ref = None if replacement == "zero" else case.X_ref
    path = neuron_pruning_path(
        case.mlp, case.X, scoring="fidelity", replacement=replacement, X_ref=X_ref,
        n_neurons_to_select=5,
    )  # fmt: skip
    removed, scores = greedily(case, 4, X_ref)
    assert list(zip(path.layer.tolist(), path.index.tolist(), strict=True)) == removed
    assert_allclose(path.scores, scores, rtol=1e-5, atol=1e-12)
    assert path.scores[0] == 0


@pytest.mark.parametrize("strategy", ["greedy", "one_shot", "swap"])
@pytest.mark.parametrize(
    ("kind", "scoring"),
    [
        (kind, scoring)
        for kind in ("binary", "multiclass", "multilabel", "multioutput")
        for scoring in ("fidelity", "agreement")
        if scoring == "fidelity" or kind not in REGRESSIONS
    ],
)
def test_scores_are_those_of_the_pruned_networks(kind, scoring, strategy):
    case = make(kind, (5, 4), n=100, seed=2)
    weight = np.arange(100) % 3 + 0.5
    path = neuron_pruning_path(
        case.mlp, case.X, scoring=scoring, strategy=strategy, n_neurons_to_select=4,
        sample_weight=weight,
    )  # fmt: skip
    scorer = (fidelity_scorer if scoring == "fidelity" else agreement_scorer)(case.mlp)
    for n, score in zip(path.n_neurons, path.scores, strict=True):
        wanted = scorer(path.prune_to(int(n)), case.X, sample_weight=weight)
        assert_allclose(score, wanted, rtol=1e-8, atol=1e-12)
    with_labels = neuron_pruning_path(
        case.mlp, case.X, case.y, scoring=scoring, strategy=strategy, n_neurons_to_select=4,
        sample_weight=weight,
    )  # fmt: skip
    assert_array_equal(with_labels.scores, path.scores)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_network_is_itself_to_the_last_bit(kind, form, dtype):
    """In several blocks of samples, and with the first layer's inputs kept."""
    case = make(kind, (33, 20), n=1300, n_features=40, dtype=dtype)
    case.mlp.coefs_ = [W.astype(dtype) for W in case.mlp.coefs_]
    case.mlp.intercepts_ = [b.astype(dtype) for b in case.mlp.intercepts_]
    X = form(case.X)
    path = neuron_pruning_path(case.mlp, X, scoring="fidelity", n_neurons_to_select=52)
    assert path.scores[0] == 0
    assert path.scores[1] <= 0
    if kind not in REGRESSIONS:
        path = neuron_pruning_path(case.mlp, X, scoring="agreement", n_neurons_to_select=52)
        assert path.scores[0] == 1


def by_hits(mlp, X, y):
    """A criterion of the user's."""
    return np.arange(len(mlp.intercepts_[0])) * np.mean(mlp.predict(X) == y)


def test_where_to_stop():
    case = make("multiclass", (6, 4), n=100)
    every = neuron_pruning_path(case.mlp, case.X, scoring="fidelity")
    for tol in (0.0, 0.01, 0.1):
        path = neuron_pruning_path(case.mlp, case.X, scoring="fidelity", tol=tol)
        assert path.scores[-1] >= -tol
        assert every.scores[len(path.scores)] < -tol
    # None is rotten in the whole network: nothing is removed by a test, and none below 0.
    for none in ({"alpha": 0.05}, {"threshold": 0.0}):
        path = neuron_pruning_path(case.mlp, case.X, scoring="fidelity", **none)
        assert len(path.layer) == 0


@pytest.mark.parametrize(
    "criterion", [*(name for name, each in CRITERIA.items() if each.needs_y), by_hits]
)
def test_criteria_are_given_what_the_network_predicts(criterion):
    case = make("multiclass", (5,), n=60, seed=2)
    found = neuron_pruning_path(case.mlp, case.X, scoring="fidelity", criterion=criterion)
    wanted = neuron_pruning_path(
        case.mlp, case.X, case.mlp.predict(case.X), scoring="fidelity", criterion=criterion
    )
    assert_array_equal(found.index, wanted.index)
    assert_array_equal(found.scores, wanted.scores)


def test_other_scorers_need_targets():
    case = make()
    for scoring in (None, "accuracy", lambda mlp, X, y: 0.0):
        with pytest.raises(ValueError, match=r"y=None: .*Pass y, or use scoring='fidelity'"):
            neuron_pruning_path(case.mlp, case.X, scoring=scoring)
