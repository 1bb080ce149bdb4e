"""Tests of skneuron._judging: who judges, and the paired test."""

import math

import numpy as np
import pytest
from networks import make

from skneuron import _judging
from skneuron._judging import TestImages as Images  # not a class of tests
from skneuron._judging import judged_control, judged_removal, mcnemar_p_value
from skneuron._network import Network, with_network


@pytest.mark.parametrize("replacement", ["zero", "mean"])
def test_random_control_removes_as_many_of_every_layer(monkeypatch, replacement):
    drawn = []
    remove = _judging.remove_neurons

    def spy(network, masks, replacement, X_ref):
        drawn.append((*(int((~mask).sum()) for mask in masks), replacement))
        return remove(network, masks, replacement, X_ref)

    monkeypatch.setattr(_judging, "remove_neurons", spy)
    case = make("multiclass", (6, 5), "relu", n=80)
    network = Network.from_mlp(case.mlp)
    test = Images(case.mlp, case.X, case.y)
    masks = [np.arange(6) > 2, np.arange(5) > 0]
    pruned = remove(network, masks, replacement, case.X)
    rng = np.random.default_rng(0)
    removal = judged_removal(network, pruned, masks, 0.5, test, rng, replacement, case.X)
    assert drawn == [(3, 1, replacement)] * 20
    assert removal.n_removed == 4
    assert removal.removed_per_layer == [3, 1]
    assert removal.test_accuracy == with_network(case.mlp, pruned).score(case.X, case.y)
    assert removal.random_accuracies.std() > 0


def test_another_network_is_judged_against_the_whole_one():
    case, other = make("multiclass", (6,), "relu", n=80), make("multiclass", (3,), "tanh", n=80)
    other.mlp.hidden_layer_sizes_ = (3,)
    test = Images(case.mlp, case.X, case.y)
    control = judged_control(case.mlp, other.mlp, test)
    right = case.mlp.predict(case.X) == case.y
    right_after = other.mlp.predict(case.X) == case.y
    assert control.hidden == (3,)
    assert control.test_accuracy == right_after.mean()
    assert control.n_fixed == sum(b and not a for a, b in zip(right, right_after, strict=True))
    assert control.n_broken == sum(a and not b for a, b in zip(right, right_after, strict=True))
    assert control.p_value == mcnemar_p_value(control.n_fixed, control.n_broken)


@pytest.mark.parametrize(("fixed", "broken"), [(0, 0), (0, 5), (3, 3), (10, 27), (1, 8)])
def test_mcnemar_is_the_exact_binomial_test(fixed, broken):
    n = fixed + broken
    tail = sum(math.comb(n, k) for k in range(min(fixed, broken) + 1)) / 2**n
    assert mcnemar_p_value(fixed, broken) == pytest.approx(min(1, 2 * tail))
