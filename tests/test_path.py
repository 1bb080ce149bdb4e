"""Tests of skneuron.inspection._path: greedy and one-shot removal against the oracle."""

import numpy as np
import oracle
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from networks import ACTIVATIONS, KINDS, REGRESSIONS, SINGLE_LABEL, cases, deterministic, make
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import r2_score

from skneuron import prune_neurons
from skneuron._network import Network, with_network
from skneuron._neurons import flat_addresses, split_by_layer
from skneuron.inspection._path import greedy_path, one_shot_path
from skneuron.inspection._scoring import Effects, evaluator_for

STRATEGIES = {
    "greedy": (greedy_path, oracle.greedy_path),
    "one_shot": (one_shot_path, oracle.one_shot_path),
}
each_strategy = pytest.mark.parametrize("strategy", STRATEGIES)
each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean"])


def path_of(
    case, strategy, threshold, *, layers=None, replacement="zero", scoring=None, **options
):
    network = Network.from_mlp(case.mlp)
    evaluate = evaluator_for(case.mlp, case.X, case.y, scoring=scoring)
    layer, _ = flat_addresses(network.hidden_layer_sizes)
    return STRATEGIES[strategy][0](
        network,
        evaluate,
        np.full(len(layer), True) if layers is None else np.isin(layer, layers),
        lambda importances: threshold,
        replacement=replacement,
        X_ref=case.X_ref if replacement == "mean" else None,
        **options,
    )


def removed_by(path):
    return list(zip(path.layer.tolist(), path.index.tolist(), strict=True))


def oracle_path(case, strategy, threshold, *, layers=None, replacement="zero", **options):
    net = case.net

    def score(replaced):
        if hasattr(case.mlp, "classes_"):
            predicted = oracle.labels(net, case.X, case.classes, replaced)
            return oracle.accuracy(case.y, predicted, [1.0] * len(case.y))
        return r2_score(case.y, oracle.output(net, case.X, replaced))

    neurons = [n for n in net.neurons if layers is None or n[0] in layers]
    X_ref = case.X_ref if replacement == "mean" else None
    return STRATEGIES[strategy][1](net, score, neurons, threshold, X_ref, **options)


# ---- against the oracle


@deterministic(max_examples=80)
@given(
    case=cases([*SINGLE_LABEL, *REGRESSIONS]),
    strategy=st.sampled_from(list(STRATEGIES)),
    threshold=st.sampled_from([-np.inf, -0.1, 0.0, 0.02, 0.1, np.inf]),
    replacement=st.sampled_from(["zero", "mean"]),
    layers=st.sampled_from([None, [0]]),
    min_neurons_per_layer=st.integers(1, 3),
)
def test_order_and_scores_match_the_oracle(case, strategy, threshold, **options):
    path = path_of(case, strategy, threshold, **options)
    removed, scores = oracle_path(case, strategy, threshold, **options)
    if hasattr(case.mlp, "classes_"):
        assert removed_by(path) == removed
        assert path.scores.tolist() == scores
    else:
        # Neurons without effect tie, up to rounding, and any of them may then go first.
        assume(np.min(np.abs(np.diff(scores, prepend=np.inf))) > 1e-9)
        assert removed_by(path) == removed
        assert_allclose(path.scores, scores, rtol=1e-9)


@each_replacement
@each_strategy
def test_ties_go_to_the_first_neuron(strategy, replacement):
    # 20 rows and 10 neurons: most importances are shared by several.
    case = make("multiclass", (4, 4, 2), n=20)
    path = path_of(case, strategy, np.inf, replacement=replacement)
    removed, scores = oracle_path(case, strategy, np.inf, replacement=replacement)
    assert len(set(path.effects.importances)) < 10
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


# ---- what a path says of itself


@each_replacement
@each_strategy
@pytest.mark.parametrize("kind", KINDS)
def test_the_network_that_is_left(kind, strategy, replacement):
    case = make(kind, (4, 3), "tanh", n=30)
    path = path_of(case, strategy, 0.05, replacement=replacement)
    sizes = (4, 3)
    layer, index = flat_addresses(sizes)
    gone = {*zip(layer[~path.support].tolist(), index[~path.support].tolist(), strict=True)}
    assert gone == set(removed_by(path))
    assert len(gone) == len(path.layer) == len(path.scores) - 1
    assert path.network.hidden_layer_sizes == tuple(
        mask.sum() for mask in split_by_layer(path.support, sizes)
    )
    left = with_network(case.mlp, path.network)
    assert_allclose(left.score(case.X, case.y), path.scores[-1], rtol=1e-12)
    assert_allclose(case.mlp.score(case.X, case.y), path.scores[0], rtol=1e-12)

    # Neuron by neuron it is what surgery makes of the same network.
    alive = [list(range(size)) for size in sizes]
    pruned = case.mlp
    X_ref = case.X_ref if replacement == "mean" else None
    for at, (layer, index) in enumerate(removed_by(path)):
        address = (layer, alive[layer].index(index))
        pruned = prune_neurons(pruned, [address], replacement=replacement, X=X_ref)
        alive[layer].remove(index)
        assert_allclose(pruned.score(case.X, case.y), path.scores[at + 1], rtol=1e-12)
    for a, b in zip(
        pruned.coefs_ + pruned.intercepts_,
        path.network.coefs + path.network.intercepts,
        strict=True,
    ):
        assert_array_equal(a, b)


@each_strategy
@pytest.mark.parametrize(
    ("hidden", "replacement"),
    [((6, 5), "zero"), ((3, 4, 3), "zero"), ((8,), "zero"), ((8,), "mean")],
)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_network_is_that_of_pruning_with_the_same_masks(
    activation, hidden, replacement, strategy
):
    case = make("multiclass", hidden, activation)
    path = path_of(case, strategy, np.inf, replacement=replacement)
    masks = split_by_layer(path.support, hidden)
    at_once = prune_neurons(case.mlp, masks, replacement=replacement, X=case.X_ref)
    for a, b in zip(
        at_once.coefs_ + at_once.intercepts_,
        path.network.coefs + path.network.intercepts,
        strict=True,
    ):
        assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@each_strategy
def test_effects_are_those_in_the_whole_network(strategy):
    case = make("multiclass", (4, 3))
    path = path_of(case, strategy, 0.05)
    expected = oracle.ablation(case.net, case.X, case.y, case.classes)
    assert path.effects.scores.tolist() == expected.scores
    assert path.effects.counts["n_fixed"].tolist() == expected.n_fixed


# ---- when to stop


@each_strategy
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_minus_infinity_removes_nothing(kind, strategy):
    case = make(kind, (4, 3))
    path = path_of(case, strategy, -np.inf)
    assert len(path.layer) == 0
    assert path.support.all()
    assert_allclose(path.scores, [case.mlp.score(case.X, case.y)])


@each_strategy
@pytest.mark.parametrize(
    ("layers", "at_least", "left"),
    [
        (None, 1, (1, 1, 1)),
        (None, 3, (3, 2, 3)),
        (None, 9, (4, 2, 3)),
        ([0, 2], 1, (1, 2, 1)),
        ([1], 1, (4, 1, 3)),
    ],
)
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_infinity_removes_all_that_may_go(kind, layers, at_least, left, strategy):
    case = make(kind, (4, 2, 3), "tanh")
    path = path_of(case, strategy, np.inf, layers=layers, min_neurons_per_layer=at_least)
    assert path.network.hidden_layer_sizes == left
    assert len(path.scores) == 9 - sum(left) + 1


@deterministic(max_examples=40)
@given(cases(SINGLE_LABEL), st.sampled_from(["zero", "mean"]))
def test_greedy_removal_of_rotten_neurons_raises_accuracy_every_time(case, replacement):
    path = path_of(case, "greedy", 0.0, replacement=replacement)
    assert (np.diff(path.scores) > 0).all()


@deterministic(max_examples=25)
@given(cases(REGRESSIONS), st.sampled_from(["zero", "mean"]))
def test_greedy_removal_of_rotten_neurons_never_lowers_r2(case, replacement):
    path = path_of(case, "greedy", 0.0, replacement=replacement)
    assert (np.diff(path.scores) > -1e-12 * np.abs(path.scores[1:])).all()


@pytest.mark.parametrize("scoring", ["r2", None])
def test_greedy_keeps_neurons_without_effect(scoring):
    case = make("regression" if scoring else "multiclass", (30, 20), "tanh", n=60, seed=1)
    case.mlp.coefs_[1][4] = case.mlp.coefs_[2][7] = 0
    path = path_of(case, "greedy", 0.0, scoring=scoring)
    assert len(path.layer) > 0
    assert path.support[4]
    assert path.support[30 + 7]


def test_the_threshold_rule_is_asked_once_about_the_swept_neurons():
    case = make("multiclass", (4, 3))
    for strategy, (function, _) in STRATEGIES.items():
        asked = []

        def rule(importances, asked=asked):
            asked.append(importances)
            return np.median(importances)

        swept = np.array([True] * 4 + [False] * 3)
        network = Network.from_mlp(case.mlp)
        path = function(network, evaluator_for(case.mlp, case.X, case.y), swept, rule)
        assert len(asked) == 1
        assert_array_equal(asked[0], path.effects.importances[:4], err_msg=strategy)


def test_on_step_is_called_after_every_removal():
    calls = []
    case = make("multiclass", (4, 3))
    path = path_of(case, "greedy", np.inf, on_step=lambda: calls.append(None))
    assert len(calls) == len(path.layer) == 5


# ---- scores that are no numbers


class Scripted:
    """An evaluator with given importances by bias, the name tag of a neuron."""

    def __init__(self, importances):
        self.importances = importances

    def __call__(self, network, constants, swept):
        tags = np.concatenate(network.intercepts[:-1])
        scores = np.array([1 - self.importances[tag] for tag in tags])
        return Effects(1.0, np.where(swept, scores, np.nan))


@each_strategy
@pytest.mark.parametrize("threshold", [0.0, np.inf])
def test_neurons_without_a_score_are_never_chosen(strategy, threshold):
    case = make("multiclass", (5, 2))
    importances = [np.nan, 0.5, -0.5, np.nan, -0.25, np.nan, np.nan]
    for tag, bias in enumerate(np.split(np.arange(7.0), [5])):
        case.mlp.intercepts_[tag][:] = bias
    path = STRATEGIES[strategy][0](
        Network.from_mlp(case.mlp),
        Scripted(dict(enumerate(importances))),
        np.full(7, True),
        lambda _: threshold,
    )
    expected = [(0, 2), (0, 4), (0, 1)] if threshold else [(0, 2), (0, 4)]
    assert removed_by(path) == expected


@each_strategy
def test_a_score_that_is_no_number_removes_nothing(strategy):
    case = make("multiclass", (4, 3))
    path = path_of(case, strategy, np.inf, scoring=lambda mlp, X, y: np.nan)
    assert len(path.layer) == 0
    assert np.isnan(path.scores).all()
