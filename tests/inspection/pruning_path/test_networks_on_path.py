"""Networks on a path: who is left, their scores, and estimators made of them."""

import numpy as np
import pytest
from helpers.networks import make
from helpers.pruning_paths import public_path_of as path_of
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron.inspection._pruning_path._networks_on_path import (
    network_after,
    pruned_copy,
    scores_along,
    support_after,
)
from skneuron.inspection._scoring import evaluator_for
from skneuron.surgery._network import with_network


@pytest.mark.parametrize("n_removed", range(6))
def test_neurons_and_network_after_some_removals(n_removed):
    case = make("multiclass", (4, 3))
    path = path_of(case)
    support = support_after(path, n_removed)
    assert support.sum() == 7 - n_removed
    assert not support[path.order[:n_removed]].any()
    network = network_after(path, n_removed)
    assert network.hidden_layer_sizes == (support[:4].sum(), support[4:].sum())
    left = with_network(case.mlp, network)
    assert left.score(case.X, case.y) == path.scores[n_removed]


@pytest.mark.parametrize("wanted", [None, [0], [5, 2, 2]])
def test_scores_on_other_samples(wanted):
    case, other = make("multiclass", (4, 3)), make("multiclass", (4, 3), n=60)
    path = path_of(case)
    evaluate = evaluator_for(case.mlp, other.X, other.y, scoring="neg_log_loss")
    scores = scores_along(path, evaluate, wanted)
    for n_removed, score in zip(range(6) if wanted is None else wanted, scores, strict=True):
        left = with_network(case.mlp, network_after(path, n_removed))
        codes = np.searchsorted(left.classes_, other.y)
        right = left.predict_proba(other.X)[np.arange(60), codes]
        assert_allclose(score, np.log(right).mean(), rtol=1e-9)


def test_a_copy_of_a_pipeline_is_told_what_a_repair_does():
    case = make("multiclass", (6, 5), n=60)
    whole = make_pipeline(StandardScaler().fit(case.X), case.mlp)
    path = path_of(case)
    network, support = network_after(path, 4), support_after(path, 4)
    before = case.mlp.coefs_[0].copy()
    plain = pruned_copy(whole, network, support)
    looks = []
    repaired = pruned_copy(
        whole, network, support, "outputs", case.X,
        groups=np.arange(60) // 3, on_look=looks.append,
    )  # fmt: skip
    assert plain[0] is not whole[0]
    assert_array_equal(plain[-1].coefs_[0], repaired[-1].coefs_[0])
    assert not np.array_equal(plain[-1].coefs_[-1], repaired[-1].coefs_[-1])
    assert {look.stage for look in looks} == {"outputs"}
    assert_array_equal(case.mlp.coefs_[0], before)
