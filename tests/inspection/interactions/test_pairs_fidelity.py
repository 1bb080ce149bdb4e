"""Tests of pairwise_ablation without labels: how far pairs take a network from itself."""

import itertools

import numpy as np
import pytest
from helpers import oracle
from helpers.ablations import each_replacement, options_for
from helpers.networks import KINDS, REGRESSIONS, make
from numpy.testing import assert_allclose

from skneuron import pairwise_ablation, prune_neurons


@each_replacement
@pytest.mark.parametrize("kind", KINDS)
def test_pairs_are_the_oracles(kind, replacement):
    case, options = make(kind, (4, 3), "tanh", n=60), {}
    options = options_for(case, replacement)
    weight = np.arange(60) % 3 + 0.5
    found = pairwise_ablation(
        case.mlp, case.X, scoring="fidelity", sample_weight=weight, **options
    )
    assert found.baseline_score == 0
    for a, b in itertools.combinations(range(7), 2):
        neurons = [case.net.neurons[at] for at in (a, b)]
        replaced = oracle.gone(case.net, neurons, options["X_ref"], linear=replacement == "linear")
        rows = oracle.divergences(case.net, case.X, getattr(case.mlp, "classes_", None), replaced)
        wanted = np.sum(weight * rows) / np.sum(weight)
        assert_allclose(found.joint_importances[a, b], wanted, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in REGRESSIONS])
def test_agreement_without_pairs(kind):
    case = make(kind, (4, 3), n=100, seed=2)
    found = pairwise_ablation(case.mlp, case.X, scoring="agreement")
    before = case.mlp.predict(case.X)
    for a, b in itertools.combinations(range(7), 2):
        smaller = prune_neurons(case.mlp, [case.net.neurons[at] for at in (a, b)])
        changed = (smaller.predict(case.X) != before).reshape(100, -1).any(axis=1)
        assert_allclose(found.joint_importances[a, b], changed.mean(), atol=1e-12)


def test_other_scorers_need_targets():
    case = make()
    with pytest.raises(ValueError, match=r"y=None: .*scoring='accuracy'\. Pass y"):
        pairwise_ablation(case.mlp, case.X, scoring="accuracy")
