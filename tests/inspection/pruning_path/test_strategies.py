"""Tests of inspection._pruning_path._strategies: the strategies of removal against the oracle."""

import numpy as np
import pytest
from helpers import oracle
from helpers.networks import (
    ACTIVATIONS,
    KINDS,
    REGRESSIONS,
    SINGLE_LABEL,
    cases,
    deterministic,
    make,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import r2_score

from skneuron import prune_neurons
from skneuron.inspection._ablation._significance import verdicts
from skneuron.inspection._pruning_path._ranking import Ranked
from skneuron.inspection._pruning_path._stopping_rule import StoppingRule
from skneuron.inspection._pruning_path._strategies import pruning_path
from skneuron.inspection._scoring._evaluator import RemovalScores, evaluator_for
from skneuron.surgery._network import Network, with_network
from skneuron.surgery._neurons import flat_addresses, split_by_layer

STRATEGIES = {
    "greedy": oracle.greedy_path,
    "one_shot": oracle.one_shot_path,
    "swap": oracle.swap_path,
}
RANKING = ["greedy", "one_shot"]  # What they remove is what the ranking says.
each_strategy = pytest.mark.parametrize("strategy", STRATEGIES)
each_ranking_strategy = pytest.mark.parametrize("strategy", RANKING)
each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])


def reference(case, replacement):
    return None if replacement == "zero" else case.X_ref


def path_of(
    case,
    strategy,
    threshold,
    *,
    layers=None,
    replacement="zero",
    scoring=None,
    on_step=None,
    **stopping_rule,
):
    network = Network.from_mlp(case.mlp)
    evaluate = evaluator_for(case.mlp, case.X, case.y, scoring=scoring)
    layer, _ = flat_addresses(network.hidden_layer_sizes)
    return pruning_path(
        strategy,
        network,
        evaluate,
        np.full(len(layer), True) if layers is None else np.isin(layer, layers),
        lambda importances: threshold,
        replacement=replacement,
        X_ref=reference(case, replacement),
        stopping_rule=StoppingRule(**stopping_rule),
        **({} if on_step is None else {"on_step": on_step}),
    )


class Unchanging:
    """An evaluator for tests that keeps nothing on the way."""

    def for_path(self, network):
        return self

    def without_in_first_layer(self, gone):
        return self


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
    X_ref = reference(case, replacement)
    linear = replacement == "linear"
    return STRATEGIES[strategy](net, score, neurons, threshold, X_ref, linear=linear, **options)


def assert_same_path(case, path, removed, scores):
    if hasattr(case.mlp, "classes_"):
        assert removed_by(path) == removed
        assert path.scores.tolist() == scores
    else:
        # Neurons without effect tie, up to rounding, and any of them may then go first.
        assume(np.min(np.abs(np.diff(scores, prepend=np.inf))) > 1e-9)
        assert removed_by(path) == removed
        assert_allclose(path.scores, scores, rtol=1e-9)


# ---- against the oracle


@deterministic(max_examples=80)
@given(
    case=cases([*SINGLE_LABEL, *REGRESSIONS]),
    strategy=st.sampled_from(RANKING),
    threshold=st.sampled_from([-np.inf, -0.1, 0.0, 0.02, 0.1, np.inf]),
    replacement=st.sampled_from(["zero", "mean"]),
    layers=st.sampled_from([None, [0]]),
    min_neurons_per_layer=st.integers(1, 3),
)
def test_order_and_scores_match_the_oracle(case, strategy, threshold, **options):
    path = path_of(case, strategy, threshold, **options)
    removed, scores = oracle_path(case, strategy, threshold, **options)
    assert_same_path(case, path, removed, scores)


@deterministic(max_examples=40)
@given(
    # Curved activations: no neuron's is exactly a mixture of others', in many ways at once.
    case=st.one_of(cases(SINGLE_LABEL, activation=name) for name in ("tanh", "logistic")),
    strategy=st.sampled_from(list(STRATEGIES)),
    threshold=st.sampled_from([0.0, 0.02, np.inf]),
)
def test_order_and_scores_match_the_oracle_by_linear_replacement(case, strategy, threshold):
    path = path_of(case, strategy, threshold, replacement="linear")
    removed, scores = oracle_path(case, strategy, threshold, replacement="linear")
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


@each_replacement
@each_strategy
def test_ties_go_to_the_first_neuron(strategy, replacement):
    # 20 rows and 10 neurons: most importances are shared by several.
    case = make("multiclass", (4, 4, 2), n=20)
    path = path_of(case, strategy, np.inf, replacement=replacement)
    removed, scores = oracle_path(case, strategy, np.inf, replacement=replacement)
    assert len(set(path.removal_scores.importances)) < 10
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


@deterministic(max_examples=25)
@given(
    case=cases([*SINGLE_LABEL, *REGRESSIONS], hidden=(6, 5), n=60),
    threshold=st.sampled_from([0.02, np.inf]),
    replacement=st.sampled_from(["zero", "mean"]),
    layers=st.sampled_from([None, [0]]),
    min_neurons_per_layer=st.integers(1, 2),
    n_neurons=st.integers(5, 9),
)
def test_swaps_match_the_oracle(case, threshold, **options):
    path = path_of(case, "swap", threshold, **options)
    removed, scores = oracle_path(case, "swap", threshold, **options)
    assert_same_path(case, path, removed, scores)


# ---- limits, against the oracle

minima = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 4)))


@deterministic(max_examples=24)
@given(
    case=cases(SINGLE_LABEL, hidden=(5, 4)),
    strategy=st.sampled_from(list(STRATEGIES)),
    threshold=st.sampled_from([0.0, 0.1, np.inf]),
    replacement=st.sampled_from(["zero", "mean"]),
    min_neurons_per_layer=minima,
    n_neurons=st.integers(0, 9),
    # No multiple of a row's share, which a difference of scores could miss by its rounding.
    tol=st.sampled_from([0.0, 0.013, 0.111, 0.333, 1.0]),
)
def test_limits_match_the_oracle(case, strategy, threshold, **options):
    path = path_of(case, strategy, threshold, **options)
    removed, scores = oracle_path(case, strategy, threshold, **options)
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


@deterministic(max_examples=16)
@given(
    case=cases(SINGLE_LABEL, hidden=(5, 4)),
    strategy=st.sampled_from(["greedy", "swap"]),
    threshold=st.sampled_from([0.0, 0.1, np.inf]),
    replacement=st.sampled_from(["zero", "mean"]),
    min_neurons_per_layer=minima,
    n_neurons=st.integers(0, 9),
    tol=st.sampled_from([0.111, 1.0]),
    step=st.integers(2, 6),
)
def test_steps_match_the_oracle(case, strategy, threshold, step, **options):
    path = path_of(case, strategy, threshold, step=step, **options)
    removed, scores = oracle_path(case, strategy, threshold, step=step, **options)
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


@deterministic(max_examples=6)
@given(case=cases(SINGLE_LABEL, hidden=(5, 4)), step=st.floats(0.01, 0.99))
def test_a_fraction_is_a_step_of_all_neurons(case, step):
    fractional = path_of(case, "greedy", 0.1, step=step)
    full = path_of(case, "greedy", 0.1, step=max(1, int(step * 9)))
    assert removed_by(fractional) == removed_by(full)
    assert fractional.n_neurons.tolist() == full.n_neurons.tolist()


def spoilt(seed=0, kind="multiclass"):
    """A network that knew all answers, until two neurons of the first layer turned."""
    case = make(kind, (5, 4), n=60, seed=seed)
    case.y = case.mlp.predict(case.X)
    case.mlp.coefs_[1][:2] *= -2
    return case


@deterministic(max_examples=30)
@given(
    case=st.builds(spoilt, st.integers(0, 10**6), st.sampled_from(SINGLE_LABEL)),
    alpha=st.sampled_from([0.01, 0.1, 0.6]),
    replacement=st.sampled_from(["zero", "mean"]),
    layers=st.sampled_from([None, [0]]),
)
def test_tests_of_what_is_rotten_match_the_oracle(case, alpha, replacement, layers):
    X_ref = reference(case, replacement)

    def right(replaced):
        return oracle.labels(case.net, case.X, case.classes, replaced) == case.y

    def rotten(neurons, replaced):
        """Those of them that McNemar's test, corrected for their number, finds rotten."""
        before = right(replaced)
        after = [right(oracle.gone(case.net, [n], X_ref, replaced)) for n in neurons]
        found = verdicts(
            n_samples=60, alpha=alpha, method="bh", test="mcnemar",
            n_fixed=np.array([np.sum(~before & now) for now in after]),
            n_broken=np.array([np.sum(before & ~now) for now in after]),
        )  # fmt: skip
        return [
            n for n, is_what in zip(neurons, found.verdict, strict=True) if is_what == "rotten"
        ]

    options = {"replacement": replacement, "layers": layers}
    path = path_of(case, "greedy", np.inf, alpha=alpha, **options)
    removed, scores = oracle_path(case, "greedy", np.inf, rotten=rotten, **options)
    assert removed_by(path) == removed
    assert path.scores.tolist() == scores


def test_a_path_ends_where_nothing_is_rotten_beyond_chance():
    # The tests above compare more than empty paths.
    lengths = [len(path_of(spoilt(4), "greedy", 0.0, alpha=a).layer) for a in (1e-9, 0.05, None)]
    assert lengths == [0, 1, 2]


@pytest.mark.parametrize("seed", [24, 29, 50])
def test_no_exchange_is_tested_so_none_is_made(seed):
    # Cases in which exchanging would raise the score.
    swap, greedy = (path_of(spoilt(seed), name, 0.0, alpha=0.3) for name in ("swap", "greedy"))
    assert len(greedy.layer) >= 2
    assert removed_by(swap) == removed_by(greedy)


# ---- swaps


@deterministic(max_examples=12)
@given(
    case=cases([*SINGLE_LABEL, *REGRESSIONS]),
    replacement=st.sampled_from(["zero", "mean", "linear"]),
    n_neurons=st.integers(1, 8),
)
def test_swaps_end_with_as_many_neurons_and_no_lower_score(case, replacement, n_neurons):
    options = {"replacement": replacement, "n_neurons": n_neurons}
    greedy, swapped = (path_of(case, s, np.inf, **options) for s in ("greedy", "swap"))
    assert swapped.n_neurons[-1] == greedy.n_neurons[-1]
    assert swapped.scores[-1] >= greedy.scores[-1] - 1e-12 * abs(greedy.scores[-1])
    assert len(set(removed_by(swapped))) == len(swapped.layer)
    left = with_network(case.mlp, swapped.network)
    assert_allclose(left.score(case.X, case.y), swapped.scores[-1], rtol=1e-9, atol=1e-12)


def badly_scaled(seed, kind, dtype):
    """With neurons so much smaller than others of their layer that they count as constant."""
    case = make(kind, (6, 5), "relu", n=60, seed=seed, dtype=dtype)
    for layer in (0, 1):
        scale = 10.0 ** np.random.default_rng(seed).integers(
            -6, 7, case.mlp.coefs_[layer].shape[1]
        )
        case.mlp.coefs_[layer] *= scale.astype(dtype)
        case.mlp.intercepts_[layer] *= scale.astype(dtype)
        case.mlp.coefs_[layer + 1] /= scale[:, np.newaxis].astype(dtype)
    return case


@pytest.mark.filterwarnings("error")
@deterministic(max_examples=40)
@given(
    case=st.builds(
        badly_scaled,
        st.integers(0, 10**6),
        st.sampled_from(KINDS),
        st.sampled_from([np.float32, np.float64]),
    ),
    replacement=st.sampled_from(["mean", "linear"]),
    n_neurons=st.integers(2, 8),
)
def test_rounding_does_not_end_a_swapped_path_below_the_greedy_one(case, replacement, n_neurons):
    options = {"replacement": replacement, "n_neurons": n_neurons}
    greedy, swapped = (path_of(case, s, np.inf, **options) for s in ("greedy", "swap"))
    assert swapped.scores[-1] >= greedy.scores[-1]
    assert swapped.n_neurons[-1] == greedy.n_neurons[-1]


class Rising(Unchanging):
    """An evaluator by which every network scores the same, but four times a bit more."""

    def __init__(self, rise):
        self.scores = [1 + n * rise for n in (4, 3, 2, 1)]

    def __call__(self, network, replacements, ablated, *, scores_only):
        score = self.scores.pop() if len(self.scores) > 1 else self.scores[0]
        return RemovalScores(score, np.where(ablated, score, np.nan))


@pytest.mark.parametrize(
    ("dtype", "rise", "is_gain"),
    [
        (np.float64, 1e-14, False),
        (np.float64, 1e-9, True),
        (np.float32, 1e-8, False),
        (np.float32, 1e-5, True),
    ],
)
def test_rounding_is_no_gain(dtype, rise, is_gain):
    network = Network.from_mlp(make("multiclass", (5,), dtype=dtype).mlp)
    assert network.dtype == dtype
    everybody, stopping_rule = np.full(5, True), StoppingRule(n_neurons=3)
    greedy, swapped = (
        pruning_path(
            strategy,
            network,
            Rising(rise),
            everybody,
            lambda _: np.inf,
            stopping_rule=stopping_rule,
        )
        for strategy in ("greedy", "swap")
    )
    # The greedy path takes three looks; the fourth is the first exchange.
    assert removed_by(greedy) == [(0, 0), (0, 1)]
    assert removed_by(swapped) == ([(0, 1), (0, 0)] if is_gain else [(0, 0), (0, 1)])
    assert (swapped.scores[-1] > greedy.scores[-1]) == is_gain


def test_any_number_is_a_gain_over_minus_infinity():
    class Unacceptable(Unchanging):
        """Networks without the neuron with bias 4 are."""

        def __call__(self, network, replacements, ablated, *, scores_only):
            biases = network.intercepts[0]
            left = [np.delete(biases, at) for at in range(len(biases))]
            scores = np.array([1.0 if 4 in those else -np.inf for those in left])
            return RemovalScores(
                1.0 if 4 in biases else -np.inf, np.where(ablated, scores, np.nan)
            )

    case = make("multiclass", (5,))
    case.mlp.intercepts_[0][:] = [4, 3, 2, 1, 0]

    def first_first(state, ablated, alpha):
        return Ranked(
            state.alive.astype(float), state.removal_scores(ablated), ablated[state.alive]
        )

    path = pruning_path(
        "swap", Network.from_mlp(case.mlp), Unacceptable(), np.full(5, True), lambda _: np.inf,
        stopping_rule=StoppingRule(n_neurons=3), rank=first_first,
    )  # fmt: skip
    assert path.scores[-1] == 1
    assert path.support[0]


def test_a_swap_undoes_a_step_that_greed_regrets():
    # Found by trying seeds: where the best two neurons to go do not contain the best one.
    case = make("multiclass", (6, 5), n=60, seed=2)
    greedy, swapped = (path_of(case, s, np.inf, n_neurons=7) for s in ("greedy", "swap"))
    assert swapped.scores[-1] > greedy.scores[-1]
    assert set(removed_by(swapped)) != set(removed_by(greedy))
    # From one score to the next is what each was worth when the path got to it.
    assert_allclose(swapped.removed_importances, -np.diff(swapped.scores))
    assert swapped.n_neurons.tolist() == [11, 10, 9, 8, 7]
    assert_array_equal(swapped.importances, greedy.importances)


def test_without_rounds_nothing_is_swapped():
    case = make("multiclass", (6, 5), n=60, seed=2)
    network, evaluate = Network.from_mlp(case.mlp), evaluator_for(case.mlp, case.X, case.y)
    path = pruning_path(
        "swap", network, evaluate, np.full(11, True), lambda _: np.inf,
        stopping_rule=StoppingRule(n_neurons=7), max_rounds=0,
    )  # fmt: skip
    greedy = path_of(case, "greedy", np.inf, n_neurons=7)
    assert removed_by(path) == removed_by(greedy)


# ---- what a path says of itself


@each_replacement
@each_strategy
@pytest.mark.parametrize("kind", KINDS)
def test_the_network_that_is_left(kind, strategy, replacement):
    # As many rows as keep R2 away from 0 all the way: relative to a score there, the rounding of
    # the 1 that it is subtracted from is no small one.
    case = make(kind, (4, 3), "tanh", n=36)
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
    X_ref = reference(case, replacement)
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
        if replacement == "zero":
            assert_array_equal(a, b)
        else:  # Means and inverses are brought up to date on a path, not computed again.
            assert_allclose(a, b, rtol=1e-9, atol=1e-11)


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
    assert path.removal_scores.scores.tolist() == expected.scores
    assert path.removal_scores.columns["n_fixed"].tolist() == expected.n_fixed


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
@given(cases(SINGLE_LABEL), st.sampled_from(["zero", "mean", "linear"]))
def test_greedy_removal_of_rotten_neurons_raises_accuracy_every_time(case, replacement):
    path = path_of(case, "greedy", 0.0, replacement=replacement)
    assert (np.diff(path.scores) > 0).all()


@deterministic(max_examples=25)
@given(cases(REGRESSIONS), st.sampled_from(["zero", "mean", "linear"]))
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
    for strategy in STRATEGIES:
        asked = []

        def rule(importances, asked=asked):
            asked.append(importances)
            return np.median(importances)

        ablated = np.array([True] * 4 + [False] * 3)
        network = Network.from_mlp(case.mlp)
        evaluate = evaluator_for(case.mlp, case.X, case.y)
        path = pruning_path(strategy, network, evaluate, ablated, rule)
        assert len(asked) == 1
        assert_array_equal(asked[0], path.removal_scores.importances[:4], err_msg=strategy)


def test_on_step_is_called_after_every_removal():
    calls = []
    case = make("multiclass", (4, 3))
    path = path_of(case, "greedy", np.inf, on_step=lambda: calls.append(None))
    assert len(calls) == len(path.layer) == 5


def test_only_the_whole_network_is_described_in_full():
    case = make("multiclass", (4, 3))
    evaluate, scores_only_calls = evaluator_for(case.mlp, case.X, case.y), []

    class Noting(Unchanging):
        def __call__(self, network, replacements, ablated, *, scores_only):
            scores_only_calls.append(scores_only)
            return evaluate(network, replacements, ablated, scores_only=scores_only)

    for strategy in RANKING:
        scores_only_calls.clear()
        network = Network.from_mlp(case.mlp)
        path = pruning_path(strategy, network, Noting(), np.full(7, True), lambda _: np.inf)
        assert scores_only_calls == [False] + [True] * 5
        assert {"loss_importances", "confusion_matrices"} <= set(path.removal_scores.columns)


# ---- scores that are no numbers


class Scripted(Unchanging):
    """An evaluator with given importances by bias, the name tag of a neuron."""

    def __init__(self, importances):
        self.importances = importances

    def __call__(self, network, replacements, ablated, *, scores_only):
        tags = np.concatenate(network.intercepts[:-1])
        scores = np.array([1 - self.importances[tag] for tag in tags])
        return RemovalScores(1.0, np.where(ablated, scores, np.nan))


@each_ranking_strategy
@pytest.mark.parametrize("threshold", [0.0, np.inf])
def test_neurons_without_a_score_are_never_chosen(strategy, threshold):
    case = make("multiclass", (5, 2))
    importances = [np.nan, 0.5, -0.5, np.nan, -0.25, np.nan, np.nan]
    for tag, bias in enumerate(np.split(np.arange(7.0), [5])):
        case.mlp.intercepts_[tag][:] = bias
    path = pruning_path(
        strategy,
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
