"""Tests of inspection._pruning_path._state: networks from which neurons are removed in turn."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import KINDS, SINGLE_LABEL, cases, deterministic, make, mask
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron import prune_neurons
from skneuron.inspection._pruning_path import _state
from skneuron.inspection._pruning_path._state import PruningState, Removal, ReplacementCache
from skneuron.inspection._scoring._evaluator import evaluator_for
from skneuron.surgery._network import Network, with_network
from skneuron.surgery._neurons import split_by_layer
from skneuron.surgery._replacement import MAX_DOWNDATES, layer_replacements

each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])


def state_of(case, replacement="zero"):
    evaluate = evaluator_for(case.mlp, case.X, case.y)
    X_ref = None if replacement == "zero" else case.X_ref
    return PruningState(Network.from_mlp(case.mlp), evaluate, replacement, X_ref)


def arrays_of(network):
    return [*network.coefs, *network.intercepts]


def assert_same_network(actual, expected):
    for a, b in zip(arrays_of(actual), arrays_of(expected), strict=True):
        assert_array_equal(a, b)


def assert_close_networks(actual, expected, **tolerances):
    for a, b in zip(arrays_of(actual), arrays_of(expected), strict=True):
        assert_allclose(a, b, **tolerances)


# ---- removals


@each_replacement
def test_removals_are_surgery(replacement):
    case = make("multiclass", (4, 3), "tanh")
    full, state = Network.from_mlp(case.mlp), state_of(case, replacement)
    state.remove(5)
    expected = prune_neurons(case.mlp, [(1, 1)], replacement=replacement, X=case.X_ref)
    assert_close_networks(state.network, Network.from_mlp(expected), rtol=1e-10, atol=1e-12)
    assert_same_network(full, Network.from_mlp(case.mlp))


@each_replacement
def test_removals_can_be_done_again(replacement):
    case = make("regression", (4, 3, 2), "logistic")
    full, state = Network.from_mlp(case.mlp), state_of(case, replacement)
    for neuron in (6, 0, 8, 3):
        state.remove(neuron)
    network = full
    for removal in state.removals:
        network = removal.applied_to(network)
    assert_same_network(network, state.network)
    assert network.hidden_layer_sizes == (2, 2, 1)


@each_replacement
def test_several_at_once_go_from_front_to_back(replacement):
    case = make("multiclass", (5, 4, 3), "tanh")
    state, gone = state_of(case, replacement), [10, 2, 6, 0, 5]
    state.remove(gone)
    masks = split_by_layer(~mask(gone, 12), (5, 4, 3))
    expected = prune_neurons(case.mlp, masks, replacement=replacement, X=case.X_ref)
    assert_close_networks(state.network, Network.from_mlp(expected), rtol=1e-9, atol=1e-11)
    assert state.alive.tolist() == [1, 3, 4, 7, 8, 9, 11]
    assert [removal.neurons.tolist() for removal in state.removals] == [[2, 0], [6, 5], [10]]
    assert_allclose(state.score(), expected.score(case.X, case.y), rtol=1e-12)
    one_by_one = state_of(case, replacement)
    for neuron in (0, 2, 5, 6, 10):
        one_by_one.remove(neuron)
    assert_close_networks(state.network, one_by_one.network, rtol=1e-9, atol=1e-11)
    everybody = np.full(12, True)
    for a, b in zip(
        state.removal_scores(everybody).columns["loss_importances"],
        one_by_one.removal_scores(everybody).columns["loss_importances"],
        strict=True,
    ):
        assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_removing_nobody_changes_nothing():
    state = state_of(make("multiclass", (4, 3)))
    network = state.network
    state.remove([])
    assert state.network is network
    assert state.removals == []


def test_a_removal_folds_predictions_into_weights_and_biases():
    case = make("regression", (3,), "identity")
    network = Network.from_mlp(case.mlp)
    keep = np.array([True, False, True])
    removal = Removal(np.array([1]), 0, keep, np.array([[2.0], [-1.0]]), np.array([0.5]))
    left = removal.applied_to(network)
    W, (out, bias) = network.coefs[0], (network.coefs[1], network.intercepts[1])
    assert_array_equal(left.coefs[0], W[:, [0, 2]])
    assert_allclose(left.coefs[1], out[[0, 2]] + np.array([[2.0], [-1.0]]) * out[1])
    assert_allclose(left.intercepts[1], bias + 0.5 * out[1])
    constant = Removal(np.array([1]), 0, keep, None, np.array([0.5])).applied_to(network)
    assert_array_equal(constant.coefs[1], out[[0, 2]])


@each_replacement
def test_addresses_are_those_in_the_whole_network(replacement):
    state = state_of(make("multiclass", (4, 2, 3)), replacement)
    for neuron in (7, 1, 4, 0):
        state.remove(np.int64(neuron))
    assert state.alive.tolist() == [2, 3, 5, 6, 8]
    assert [removal.neurons.tolist() for removal in state.removals] == [[7], [1], [4], [0]]
    assert [removal.layer for removal in state.removals] == [2, 0, 1, 0]
    assert [removal.keep.tolist() for removal in state.removals] == [
        [True, False, True],
        [True, False, True, True],
        [False, True],
        [False, True, True],
    ]
    assert state.layer.tolist() == [0] * 4 + [1] * 2 + [2] * 3
    assert state.index.tolist() == [0, 1, 2, 3, 0, 1, 0, 1, 2]


# ---- scores and effects


@deterministic(max_examples=25)
@given(
    case=cases(SINGLE_LABEL, hidden=(4, 3)),
    replacement=st.sampled_from(["zero", "mean"]),
    order=st.permutations(range(7)),
)
def test_effects_match_the_oracle_removal_after_removal(case, replacement, order):
    state, X_ref = state_of(case, replacement), None if replacement == "zero" else case.X_ref
    replaced, neurons = {}, case.net.neurons

    def accuracy(replaced):
        predicted = oracle.labels(case.net, case.X, case.classes, replaced)
        return oracle.accuracy(case.y, predicted, [1.0] * len(case.y))

    ablated = np.arange(7) != order[-1]
    for neuron in order[:3]:
        sizes = np.array(state.network.hidden_layer_sizes)
        if sizes[state.layer[neuron]] == 1:
            continue
        state.remove(neuron)
        replaced = oracle.gone(case.net, [neurons[neuron]], X_ref, replaced)
        assert state.score() == accuracy(replaced)
        removal_scores = state.removal_scores(ablated, scores_only=True)
        assert removal_scores.baseline_score == accuracy(replaced)
        for at, other in enumerate(state.alive):
            if ablated[other]:
                without = oracle.gone(case.net, [neurons[other]], X_ref, replaced)
                assert removal_scores.scores[at] == accuracy(without)
            else:
                assert np.isnan(removal_scores.scores[at])


@each_replacement
@pytest.mark.parametrize("kind", KINDS)
def test_the_score_is_that_of_what_is_left(kind, replacement):
    case = make(kind, (5, 4), "tanh", n=300)
    state = state_of(case, replacement)
    for neuron in (8, 2, 0, 6):
        state.remove(neuron)
        left = with_network(case.mlp, state.network)
        assert_allclose(state.score(), left.score(case.X, case.y), rtol=1e-10)
    full = state.removal_scores(np.full(9, True))
    assert "loss_importances" in full.columns
    assert full.baseline_score == state.score()


# ---- copies


@each_replacement
def test_copies_do_not_change_each_other(replacement):
    case = make("multiclass", (5, 4), "tanh")
    state = state_of(case, replacement)
    state.remove(1)
    before, alone = state.network, state_of(case, replacement)
    removal_scores = state.removal_scores(np.full(9, True))
    other = state.copy()
    for neuron in (0, 7, 3):
        other.remove(neuron)
    assert state.network is before
    assert state.alive.tolist() == [0, 2, 3, 4, 5, 6, 7, 8]
    assert len(state.removals) == 1
    assert_array_equal(state.removal_scores(np.full(9, True)).scores, removal_scores.scores)

    # The first goes its way as if there had been no copy, and the copy as if it were the first.
    state.remove(6)
    alone.remove(1)
    twin = alone.copy()
    alone.remove(6)
    assert_same_network(state.network, alone.network)
    for neuron in (0, 7, 3):
        twin.remove(neuron)
    assert_same_network(other.network, twin.network)
    assert other.alive.tolist() == twin.alive.tolist() == [2, 4, 5, 6, 8]


# ---- reference samples


def assert_close_replacements(actual, expected):
    assert_allclose(actual.means, expected.means, rtol=1e-9, atol=1e-12)
    assert (actual.precision is None) == (expected.precision is None)
    if expected.precision is not None:
        scale = np.abs(expected.precision).max()
        assert_allclose(actual.precision, expected.precision, rtol=1e-6, atol=1e-7 * scale)
        scale = np.abs(expected.covariance).max()
        assert_allclose(actual.covariance, expected.covariance, rtol=1e-9, atol=1e-12 * scale)


@pytest.mark.parametrize("workspace", [0, 2**30])
@pytest.mark.parametrize("replacement", ["mean", "linear"])
@pytest.mark.parametrize("hidden", [(7,), (6, 5), (4, 5, 3)])
def test_a_reference_is_that_of_what_is_left(hidden, replacement, workspace, monkeypatch):
    monkeypatch.setattr(_state, "FIRST_LAYER_CACHE_BYTES", workspace)
    case = make("multiclass", hidden, "tanh", n_features=6)
    X_ref = np.random.default_rng(0).normal(size=(300, 6))
    network, cache = (
        Network.from_mlp(case.mlp),
        ReplacementCache(Network.from_mlp(case.mlp), replacement, X_ref),
    )
    order = [(0, 2), (len(hidden) - 1, 0), (0, 0), (len(hidden) - 1, 1), (0, 1)]
    if len(hidden) == 3:
        order[2:2] = [(1, 4), (1, 1)]
    for layer, index in order:
        found = [cache.replacement(network, at) for at in range(len(hidden))]
        for actual, expected in zip(
            found, layer_replacements(network, replacement, X_ref), strict=True
        ):
            assert_close_replacements(actual, expected)
        keep = np.arange(network.hidden_layer_sizes[layer]) != index
        removal = Removal(np.array([0]), layer, keep, *found[layer].predictor(~keep))
        network = removal.applied_to(network)
        cache.lose(layer, ~keep)


def noted_cache(network, replacement, X_ref):
    """And the numbers of layers of the networks it computes on: fewer behind the first one."""
    cache, computed = ReplacementCache(network, replacement, X_ref), []
    compute = cache._compute

    def noting(network, layer, X_ref):
        computed.append(len(network.hidden_layer_sizes))
        return compute(network, layer, X_ref)

    cache._compute = noting
    return cache, computed


@pytest.mark.parametrize("replacement", ["mean", "linear"])
def test_a_layer_is_computed_again_only_after_one_before_it_has_changed(replacement):
    case = make("multiclass", (4, 3, 3), "tanh")
    network = Network.from_mlp(case.mlp)
    cache, computed = noted_cache(network, replacement, case.X_ref)
    for layer, n_again in [(2, 0), (1, 1), (0, 2), (0, 2)]:
        for _ in range(2):  # what is known is not computed twice
            found = [cache.replacement(network, at) for at in range(3)]
        computed.clear()
        keep = np.arange(network.hidden_layer_sizes[layer]) != 0
        removal = Removal(np.array([0]), layer, keep, *found[layer].predictor(~keep))
        network = removal.applied_to(network)
        cache.lose(layer, ~keep)
        for at in range(3):
            cache.replacement(network, at)
        assert computed == [2] * n_again


@pytest.mark.parametrize("replacement", ["mean", "linear"])
def test_copies_share_what_is_known_of_the_same_layers(replacement):
    case = make("multiclass", (4, 3, 3), "tanh")
    network = Network.from_mlp(case.mlp)
    cache, computed = noted_cache(network, replacement, case.X_ref)
    for layer, n_computed in [(2, [3, 0, 0]), (1, [1, 1, 1]), (0, [2, 2, 2])]:
        for n in n_computed:
            copied = cache.copy()
            computed.clear()
            found = copied.replacement(network, layer)
            gone = np.arange(network.hidden_layer_sizes[layer]) == 0
            left = Removal(np.array([0]), layer, ~gone, *found.predictor(gone)).applied_to(network)
            copied.lose(layer, gone)
            for at in range(3):
                copied.replacement(left, at)
            assert len(computed) == n


def test_activations_that_there_is_no_room_for_are_computed_again(monkeypatch):
    case = make("multiclass", (4, 3))
    n_bytes = 16 * 4 * 8
    for workspace, kept in [(n_bytes - 1, False), (n_bytes, True)]:
        monkeypatch.setattr(_state, "FIRST_LAYER_CACHE_BYTES", workspace)
        cache = ReplacementCache(Network.from_mlp(case.mlp), "mean", case.X_ref)
        assert (cache._first_layer is not None) is kept
    assert ReplacementCache(Network.from_mlp(case.mlp), "zero", None)._first_layer is None
    case = make("multiclass", (4,))  # There is no layer behind that would need them.
    assert ReplacementCache(Network.from_mlp(case.mlp), "mean", case.X_ref)._first_layer is None


@pytest.mark.parametrize("hidden", [(60,), (60, 4)])
def test_many_removals_are_as_if_inverses_were_computed_each_time(hidden):
    case = make("regression", hidden, "tanh", n=100, n_features=30)
    case.X_ref = np.random.default_rng(1).normal(size=(800, 30))
    state, network = state_of(case, "linear"), Network.from_mlp(case.mlp)
    order = np.random.default_rng(2).permutation(60)[: MAX_DOWNDATES + 8]
    alive = list(range(60))
    for neuron in order:
        state.remove(neuron)
        keep = np.array(alive) != neuron
        fresh = layer_replacements(network, "linear", case.X_ref)[0]
        network = Removal(np.array([neuron]), 0, keep, *fresh.predictor(~keep)).applied_to(network)
        alive.remove(neuron)
    assert_close_networks(state.network, network, rtol=1e-7, atol=1e-9)
