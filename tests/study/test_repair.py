"""Most neurons removed, and what is left repaired, against the public functions one by one."""

import numpy as np
import pytest

from skneuron import neuron_pruning_path, prune_neurons, refit_pruned
from skneuron.study._held_out_evaluation import HeldOutEvaluation
from skneuron.study._repair import MOST_LOST, SHARES, repaired_networks
from skneuron.utils import training_in_full


@pytest.fixture(scope="module")
def case(images):
    X, y = images.X_train, images.y_train
    with training_in_full():
        mlp = images.network((80, 40), max_iter=60, random_state=0).fit(X[:800], y[:800])
    held_out = HeldOutEvaluation(mlp, images.X_test, images.y_test)
    return mlp, X[:800], (X[800:], y[800:]), held_out


@pytest.fixture(scope="module")
def repaired(case):
    steps = []
    found = repaired_networks(
        *case, "behind", groups=None, seed=3, on_step=lambda: steps.append(1)
    )
    assert len(steps) == len(SHARES)
    return found


def test_every_size_is_what_the_public_functions_make(case, repaired, images):
    mlp, X, validation, _ = case
    sizes, _ = repaired
    assert [one.hidden for one in sizes] == [(40, 20), (32, 16), (24, 12), (16, 8), (8, 4)]
    rows = X[np.random.default_rng(3).permutation(len(X))]
    path = neuron_pruning_path(
        mlp, rows, X_ref=rows, strategy="obs", replacement="linear", scoring="fidelity",
        n_neurons_to_select=[8, 4], step=0.1,
    )  # fmt: skip
    for one in (sizes[0], sizes[2]):
        pruned = path.prune_to(list(one.hidden))
        network = refit_pruned(pruned, mlp, X, layers="behind", random_state=3)
        assert one.test_score == network.score(images.X_test, images.y_test)
        assert one.validation_score == network.score(*validation)
        assert one.unrepaired_score == pruned.score(images.X_test, images.y_test)
        assert one.n_parameters == sum(p.size for p in [*network.coefs_, *network.intercepts_])


def test_repair_helps(repaired):
    sizes, _ = repaired
    assert sum(one.test_score > one.unrepaired_score for one in sizes) >= 3


def test_the_smallest_that_loses_next_to_nothing_is_chosen(case, repaired):
    mlp, _, validation, _ = case
    sizes, chosen = repaired
    least = mlp.score(*validation) - MOST_LOST
    fine = [one.validation_score >= least for one in sizes]
    n_fine = fine.index(False) if False in fine else len(fine)
    assert [one.is_chosen for one in sizes] == [at == n_fine - 1 for at in range(len(sizes))]
    assert n_fine > 0  # or this test shows nothing
    assert [int(mask.sum()) for mask in chosen.masks] == list(sizes[n_fine - 1].hidden)
    assert chosen.validation_score == sizes[n_fine - 1].validation_score
    # With these masks, a hand has the same neurons.
    by_hand = prune_neurons(mlp, chosen.masks)
    np.testing.assert_array_equal(by_hand.coefs_[0], chosen.network.coefs[0])


def test_nothing_is_chosen_where_all_lose(case):
    mlp, X, (X_validation, _), held_out = case
    # Labels that only the whole network knows.
    validation = X_validation, mlp.predict(X_validation)
    sizes, chosen = repaired_networks(
        mlp, X[:40], validation, held_out, "outputs", groups=None, seed=0
    )
    assert not any(one.is_chosen for one in sizes)
    assert chosen is None


def test_narrow_layers_keep_a_neuron(images):
    X, y = images.X_train[:300], images.y_train[:300]
    mlp = images.network((2,), max_iter=3, random_state=0)
    with training_in_full():
        mlp.fit(X, y)
    held_out = HeldOutEvaluation(mlp, images.X_test, images.y_test)
    sizes, _ = repaired_networks(mlp, X, (X, y), held_out, "outputs", groups=None, seed=0)
    assert [one.hidden for one in sizes] == [(1,)]


def test_groups_reach_the_hold_out(case):
    mlp, X, validation, held_out = case
    one_group = np.zeros(len(X), dtype=int)
    with pytest.raises(ValueError, match="group"):
        repaired_networks(mlp, X, validation, held_out, "outputs", groups=one_group, seed=0)
