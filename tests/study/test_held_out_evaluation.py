"""What test samples say, against pruning and predicting by hand."""

import numpy as np
import pytest
from helpers.networks import make
from helpers.study import mid_p
from scipy import stats
from sklearn.utils import Bunch

from skneuron import prune_neurons
from skneuron.study._held_out_evaluation import (
    N_RANDOM_DRAWS,
    HeldOutEvaluation,
    PrunedNetwork,
)
from skneuron.surgery._network import Network
from skneuron.surgery._removal import remove_neurons


@pytest.fixture(params=["zero", "mean"])
def replacement(request):
    return request.param


MASKS = [np.arange(6) > 2, np.arange(5) > 0]


@pytest.fixture
def case():
    return make(hidden=(6, 5), n=200, ours=True)


def scored(case, replacement, seed=0):
    network = remove_neurons(Network.from_mlp(case.mlp), MASKS, replacement, case.X_ref)
    pruned = PrunedNetwork(MASKS, network, 0.5, replacement, case.X_ref)
    held_out = HeldOutEvaluation(case.mlp, case.X, case.y)
    return held_out.removal_result(pruned, np.random.default_rng(seed))


def test_removal_is_evaluated_as_the_pruned_estimator_would_be(case, replacement):
    removal = scored(case, replacement)
    pruned = prune_neurons(case.mlp, MASKS, replacement=replacement, X=case.X_ref)
    before, after = (mlp.predict(case.X) == case.y for mlp in (case.mlp, pruned))
    assert removal.n_removed == 4
    assert removal.removed_per_layer == [3, 1]
    assert removal.validation_score == 0.5
    assert removal.test_score == after.mean() != before.mean()
    assert removal.n_fixed == sum(a and not b for a, b in zip(after, before, strict=True))
    assert removal.n_broken == sum(b and not a for a, b in zip(after, before, strict=True))
    assert removal.p_value == pytest.approx(mid_p(removal.n_fixed, removal.n_broken))


def test_random_removal_is_of_as_many_of_every_layer_with_the_same_replacement(case, replacement):
    rng = np.random.default_rng(3)
    draws = [[rng.permutation(mask) for mask in MASKS] for _ in range(N_RANDOM_DRAWS)]
    expected = [
        prune_neurons(case.mlp, masks, replacement=replacement, X=case.X_ref).score(case.X, case.y)
        for masks in draws
    ]
    np.testing.assert_array_equal(scored(case, replacement, seed=3).random_scores, expected)
    assert np.std(expected) > 0


def test_the_replacement_matters_here(case):
    accuracies = [scored(case, name).random_scores for name in ("zero", "mean")]
    assert not np.array_equal(*accuracies)


def test_control_is_compared_with_the_whole_network(case):
    other = make(hidden=(3,), n=200, ours=True, seed=1).mlp
    control = HeldOutEvaluation(case.mlp, case.X, case.y).control_result(other, "epoch 3", 0.25)
    before, after = (mlp.predict(case.X) == case.y for mlp in (case.mlp, other))
    assert (control.choice, control.validation_score) == ("epoch 3", 0.25)
    assert control.test_score == other.score(case.X, case.y)
    assert (control.n_fixed, control.n_broken) == (
        np.sum(after > before),
        np.sum(before > after),
    )
    assert control.n_fixed != control.n_broken
    assert control.p_value == pytest.approx(mid_p(control.n_fixed, control.n_broken))


def test_the_whole_network_neither_gains_nor_loses(case):
    control = HeldOutEvaluation(case.mlp, case.X, case.y).control_result(
        case.mlp, "as it was", 0.5
    )
    assert (control.n_fixed, control.n_broken, control.p_value) == (0, 0, 1.0)
    assert control.test_score == case.mlp.score(case.X, case.y)


@pytest.mark.parametrize(("fixed", "broken"), [(0, 0), (0, 5), (3, 3), (10, 27), (1, 8)])
def test_p_value_is_mcnemars_mid_p(fixed, broken):
    y, rows = np.zeros(60), np.arange(60)
    before, after = rows < fixed, (rows >= fixed) & (rows < fixed + broken)
    full, other = (
        Bunch(predict=lambda X, wrong=wrong: wrong * 1.0, classes_=[0, 1], score=lambda X, y: 0.5)
        for wrong in (before, after)
    )
    control = HeldOutEvaluation(full, y, y).control_result(other, "", 0.5)
    assert (control.n_fixed, control.n_broken) == (fixed, broken)
    assert control.p_value == pytest.approx(mid_p(fixed, broken))
    assert isinstance(control.p_value, float)


def test_numbers_are_compared_by_their_squared_errors():
    case = make("regression", hidden=(6,), n=80, ours=True)
    mask = [np.arange(6) > 1]
    pruned = PrunedNetwork(mask, remove_neurons(Network.from_mlp(case.mlp), mask, "zero"), 0.5)
    held_out = HeldOutEvaluation(case.mlp, case.X, case.y)
    removal = held_out.removal_result(pruned, np.random.default_rng(0))
    smaller = prune_neurons(case.mlp, mask)
    errors = [(mlp.predict(case.X) - case.y) ** 2 for mlp in (case.mlp, smaller)]
    assert removal.p_value == pytest.approx(stats.ttest_rel(*errors).pvalue)
    assert removal.n_fixed is None is removal.n_broken
    assert removal.test_score == smaller.score(case.X, case.y)
    unchanged = held_out.control_result(case.mlp, "as it was", 0.5)
    assert unchanged.p_value == 1.0


def test_repaired_networks_have_no_random_removal(case):
    network = remove_neurons(Network.from_mlp(case.mlp), MASKS, "zero")
    pruned = PrunedNetwork(MASKS, network, 0.5, n_draws=0)
    removal = HeldOutEvaluation(case.mlp, case.X, case.y).removal_result(
        pruned, np.random.default_rng(0)
    )
    assert removal.random_scores.shape == (0,)
    assert removal.n_removed == 4
