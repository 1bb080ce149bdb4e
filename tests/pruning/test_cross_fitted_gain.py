"""What pruning gains on samples that have not chosen the neurons, computed again by hand."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import networks
from helpers.pruning_paths import network_left
from helpers.pruning_tasks import task_on
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.metrics import accuracy_score, r2_score

from skneuron import RottenNeuronPruner, prune_neurons
from skneuron.pruning._cross_fitted_gain import (
    MIN_EVALUATION_SAMPLES,
    N_GROUPS,
    N_NULL_REMOVALS,
    NOTHING,
    UNKNOWN,
    cross_fitted_gain,
    halves_of,
    seed_of,
)
from skneuron.surgery._network import Network, with_network

each_kind = pytest.mark.parametrize("kind", ["multiclass", "regression"])
METRICS = {"multiclass": accuracy_score, "regression": r2_score}


def made(kind="multiclass", hidden=(4, 3), n=60, **parameters):
    return networks.make(kind, hidden, n=n, activation="tanh", **parameters)


def network_without(case, neurons):
    return Network.from_mlp(prune_neurons(case.mlp, neurons))


def differences_by_hand(kind, case, weight=None):
    """A function of a smaller network and of the rows to compare it with the whole one on."""

    def score(network, rows):
        predicted = with_network(case.mlp, network).predict(case.X[rows])
        return METRICS[kind](
            case.y[rows], predicted, sample_weight=None if weight is None else weight[rows]
        )

    full = Network.from_mlp(case.mlp)
    return lambda network, rows: score(network, rows) - score(full, rows)


def two_choices(case):
    rows = np.random.default_rng(5).permutation(len(case.y))
    half = len(rows) // 2
    return [
        (network_without(case, [(0, 1), (1, 2)]), np.sort(rows[:half])),
        (network_without(case, [(0, 3)]), np.sort(rows[half:])),
    ]


# ---- gain, standard error, confidence interval -------------------------------------------------


@each_kind
@pytest.mark.parametrize("weighted", [False, True])
def test_gain_is_the_mean_difference_of_scores(kind, weighted):
    case = made(kind)
    weight = np.random.default_rng(1).random(60) if weighted else None
    chosen = two_choices(case)
    difference = differences_by_hand(kind, case, weight)
    found = cross_fitted_gain(task_on(case, sample_weight=weight), chosen, 0)
    expected = np.mean([difference(network, rows) for network, rows in chosen])
    assert_allclose(found.gain, expected, rtol=1e-10)
    assert found.gain != 0
    assert type(found.gain) is type(found.standard_error) is type(found.null_gain) is float


@each_kind
@pytest.mark.parametrize("seed", [0, 8])
def test_standard_error_is_that_of_leaving_out_groups(kind, seed):
    """The jackknife: all is computed anew without each of the groups."""
    case = made(kind, n=63)  # groups of 3 and 4
    chosen = two_choices(case)
    difference = differences_by_hand(kind, case)
    found = cross_fitted_gain(task_on(case), chosen, seed)

    rng = np.random.default_rng(seed)
    groups = [np.array_split(rng.permutation(rows), N_GROUPS // 2) for _, rows in chosen]
    estimates = []
    for which, own in enumerate(groups):
        for group in own:
            rows_left = [
                np.setdiff1d(rows, group) if half == which else rows
                for half, (_, rows) in enumerate(chosen)
            ]
            estimates.append(
                np.mean([difference(n, r) for (n, _), r in zip(chosen, rows_left, strict=True)])
            )
    centre = np.mean([difference(network, rows) for network, rows in chosen])
    variance = (N_GROUPS - 1) / N_GROUPS * sum((e - centre) ** 2 for e in estimates)
    assert len(estimates) == N_GROUPS
    assert_allclose(found.standard_error, np.sqrt(variance), rtol=1e-8)
    low, high = found.confidence_interval
    reach = stats.t.ppf(0.975, N_GROUPS - 1) * found.standard_error
    assert_allclose([low, high], [found.gain - reach, found.gain + reach], rtol=1e-12)


def test_standard_error_of_a_mean_is_the_textbook_s():
    """Differences of accuracy are means over rows, and groups of one row leave nothing out."""
    case = made(n=N_GROUPS)
    network = network_without(case, [(0, 1), (0, 2)])
    rows = np.arange(N_GROUPS)
    chosen = [(network, rows[::2]), (network, rows[1::2])]
    found = cross_fitted_gain(task_on(case), chosen, 0)
    hits = (with_network(case.mlp, network).predict(case.X) == case.y) * 1.0
    changes = hits - (case.mlp.predict(case.X) == case.y)
    # Without row i of a half of n rows, its mean changes by (mean - d_i) / (n - 1).
    n = N_GROUPS // 2
    of_halves = [changes[half] for half in (rows[::2], rows[1::2])]
    squares = sum(((half - half.mean()) ** 2).sum() for half in of_halves)
    variance = (N_GROUPS - 1) / N_GROUPS * squares / (2 * (n - 1)) ** 2
    assert squares > 0
    assert_allclose(found.standard_error, np.sqrt(variance), rtol=1e-12)


def test_the_interval_covers_the_gain_on_endless_rows(monkeypatch):
    """In 95 % of 40 samples: fewer than 34 of 40 have a chance of 0.3 %."""
    monkeypatch.setattr("skneuron.pruning._cross_fitted_gain.N_NULL_REMOVALS", 1)  # not looked at
    case = made(n=8000, hidden=(4,))
    network = network_without(case, [(0, 1)])
    hits = (with_network(case.mlp, network).predict(case.X) == case.y) * 1.0
    truth = np.mean(hits - (case.mlp.predict(case.X) == case.y))
    covered = []
    for start in range(0, len(case.y), 200):
        some = slice(start, start + 200)
        part = replace(case, X=case.X[some], y=case.y[some])
        rows = np.arange(200)
        chosen = [(network, rows[:100]), (network, rows[100:])]
        low, high = cross_fitted_gain(task_on(part), chosen, 0).confidence_interval
        covered.append(low <= truth <= high)
    assert len(covered) == 40
    assert sum(covered) >= 34
    assert truth != 0


def test_a_gain_of_noise_is_none(monkeypatch):
    """Neurons chosen by noise gain on the rows that chose them, and not on others."""
    monkeypatch.setattr("skneuron.pruning._cross_fitted_gain.N_NULL_REMOVALS", 1)  # not looked at
    case = made(hidden=(8,), n=60)
    gains, flattering = [], []
    for seed in range(12):
        y = np.random.default_rng(seed).permutation(case.y)
        task = task_on(replace(case, y=y), threshold=0.0)
        chosen = [(network_left(task.path(a)), b) for a, b in halves_of(task, seed)]
        on_own_rows = [(network_left(task.path(a)), a) for a, b in halves_of(task, seed)]
        gains.append(cross_fitted_gain(task, chosen, seed).gain)
        flattering.append(cross_fitted_gain(task, on_own_rows, seed).gain)
    assert min(flattering) >= 0
    standard_error = np.std(gains, ddof=1) / np.sqrt(len(gains))
    assert abs(np.mean(gains)) < 3 * standard_error < np.mean(flattering)


def test_nothing_removed_gains_nothing():
    case = made()
    full = Network.from_mlp(case.mlp)
    rows = np.arange(60)
    assert cross_fitted_gain(task_on(case), [(full, rows[::2]), (full, rows[1::2])], 0) == (
        NOTHING
    )


@each_kind
def test_one_half_may_have_removed_nothing(kind):
    case = made(kind)
    (network, rows), (_, others) = two_choices(case)
    chosen = [(network, rows), (Network.from_mlp(case.mlp), others)]
    difference = differences_by_hand(kind, case)
    found = cross_fitted_gain(task_on(case), chosen, 0)
    assert_allclose(found.gain, difference(network, rows) / 2, rtol=1e-10)
    assert found.standard_error > 0


@pytest.mark.parametrize("kind", networks.KINDS)
def test_every_kind_of_target_has_a_gain(kind):
    case = made(kind)
    task = task_on(case, threshold=np.inf)
    chosen = [(network_left(task.path(a)), b) for a, b in halves_of(task, 0)]
    found = cross_fitted_gain(task, chosen, 0)
    expected = np.mean(
        [
            with_network(case.mlp, network).score(case.X[rows], case.y[rows])
            - case.mlp.score(case.X[rows], case.y[rows])
            for network, rows in chosen
        ]
    )
    assert_allclose(found.gain, expected, rtol=1e-9)
    low, high = found.confidence_interval
    assert low < found.gain < high


def test_same_seed_same_bits():
    case = made()
    task, chosen = task_on(case), two_choices(case)
    assert cross_fitted_gain(task, chosen, 3) == cross_fitted_gain(task, chosen, 3)
    other = cross_fitted_gain(task, chosen, 4)
    assert other.gain == cross_fitted_gain(task, chosen, 3).gain
    assert other != cross_fitted_gain(task, chosen, 3)


# ---- null gain ---------------------------------------------------------------------------------


def test_null_gain_is_that_of_the_only_other_choice():
    """Of a layer of two neurons one must go; each of the draws takes one or the other."""
    case = made(hidden=(2,))
    rows = np.arange(60)
    networks_left = [network_without(case, [(0, i)]) for i in range(2)]
    difference = differences_by_hand("multiclass", case)
    chosen = [(networks_left[0], rows[::2])]
    found = cross_fitted_gain(task_on(case), chosen, 0).null_gain
    low, high = sorted(difference(network, rows[::2]) for network in networks_left)
    possible = [(low * (N_NULL_REMOVALS - k) + high * k) / N_NULL_REMOVALS for k in range(6)]
    assert low < high
    assert np.min(np.abs(np.array(possible) - found)) < 1e-12
    seeds = {cross_fitted_gain(task_on(case), chosen, seed).null_gain for seed in range(4)}
    assert len(seeds) > 1


def test_null_gain_leaves_layers_alone_that_are_not_ablated():
    case = made(hidden=(3, 2))
    network = network_without(case, [(1, 0)])
    rows = np.arange(60)
    found = cross_fitted_gain(task_on(case, layers=1), [(network, rows)], 0).null_gain
    difference = differences_by_hand("multiclass", case)
    values = [difference(network_without(case, [(1, i)]), rows) for i in range(2)]
    mixtures = [(values[0] * k + values[1] * (5 - k)) / 5 for k in range(6)]
    assert np.min(np.abs(np.array(mixtures) - found)) < 1e-12


def test_null_gain_replaces_as_pruning_does():
    """Two copies of a neuron: what is lost of one, the other makes up for, and not by zero."""
    case = made(hidden=(2,))
    for array in (case.mlp.coefs_[0], case.mlp.intercepts_[0][np.newaxis]):
        array[:, 1] = array[:, 0]
    rows = np.arange(60)
    chosen = [(network_without(case, [(0, 0)]), rows)]
    linear, zero = (
        cross_fitted_gain(task_on(case, replacement=name), chosen, 0)
        for name in ("linear", "zero")
    )
    assert linear.null_gain == 0 != zero.null_gain
    assert linear.gain == zero.gain != 0


# ---- halves ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", networks.KINDS)
def test_halves_are_each_other_s_complement(kind):
    task = task_on(made(kind, n=61))
    (chooses, held_out), (chooses_then, held_out_then) = halves_of(task, 0)
    assert_array_equal(np.sort(np.append(chooses, held_out)), np.arange(61))
    assert_array_equal(chooses, held_out_then)
    assert_array_equal(held_out, chooses_then)
    assert abs(len(chooses) - len(held_out)) <= 1


@pytest.mark.parametrize("kind", networks.SINGLE_LABEL)
def test_halves_have_the_same_classes(kind):
    case = made(kind, n=64)
    labels, counts = np.unique(case.y, return_counts=True)
    assert counts.min() >= 2
    for rows, _ in halves_of(task_on(case), 0):
        found = np.array([(case.y[rows] == label).sum() for label in labels])
        assert (np.abs(found - counts / 2) <= 1).all()


def test_halves_of_rows_with_a_class_of_one():
    """Stratification would warn, and warnings are errors here."""
    case = made()
    y = np.where(np.arange(60) == 0, 25, np.where(case.y == 25, 15, case.y))
    (chooses, held_out), _ = halves_of(task_on(replace(case, y=y)), 0)
    assert len(chooses) == len(held_out) == 30


def test_halves_depend_on_the_seed_alone():
    task = task_on(made())
    for (a, b), (c, d) in zip(halves_of(task, 3), halves_of(task, 3), strict=True):
        assert_array_equal(a, c)
        assert_array_equal(b, d)
    assert set(halves_of(task, 3)[0][0]) != set(halves_of(task, 4)[0][0])


# ---- unknown gains, and those of a pruner ------------------------------------------------------


def needs_all_classes(estimator, X, y):
    if len(y) < 29:
        raise ValueError("too few rows")
    return estimator.score(X, y)


def is_broken(estimator, X, y):
    if len(y) < 29:
        raise RuntimeError("broken")
    return estimator.score(X, y)


def is_unknown(gain):
    return np.isnan(
        [gain.gain, gain.standard_error, *gain.confidence_interval, gain.null_gain]
    ).all()


def test_a_scorer_that_cannot_score_parts():
    case = made()
    assert is_unknown(UNKNOWN)
    found = cross_fitted_gain(task_on(case, scoring=needs_all_classes), two_choices(case), 0)
    assert found is UNKNOWN
    with pytest.raises(RuntimeError, match="broken"):
        cross_fitted_gain(task_on(case, scoring=is_broken), two_choices(case), 0)


def pruned(case, **parameters):
    options = {"cv": "prefit", "threshold": 0.02, "random_state": 0} | parameters
    return RottenNeuronPruner(case.mlp, **options).fit(case.X, case.y)


@each_kind
def test_gain_of_a_pruner_is_cross_fitted(kind):
    case = made(kind, n=80)
    fitted = pruned(case)
    task = task_on(case, threshold=0.02, random_state=0)
    halves = halves_of(task, seed_of(0))
    by_hand = []
    for chooses, held_out in halves:
        part = replace(case, X=case.X[chooses], y=case.y[chooses])
        X, y = case.X[held_out], case.y[held_out]
        by_hand.append(pruned(part).score(X, y) - case.mlp.score(X, y))
    assert_allclose(fitted.gain_, np.mean(by_hand), rtol=1e-10)
    assert fitted.gain_ != fitted.pruned_score_ - fitted.baseline_score_
    low, high = fitted.gain_confidence_interval_
    assert low < fitted.gain_ < high


@pytest.mark.parametrize(
    ("n", "known"), [(MIN_EVALUATION_SAMPLES - 1, False), (MIN_EVALUATION_SAMPLES, True)]
)
def test_too_few_rows_have_no_gain(n, known):
    fitted = pruned(made(n=n))
    assert np.isfinite(fitted.gain_) == np.isfinite(fitted.null_gain_) == known
    assert np.isfinite(fitted.gain_confidence_interval_).all() == known


def test_gain_can_be_left_out():
    fitted = pruned(made(), estimate_gain=False)
    given = [fitted.gain_, *fitted.gain_confidence_interval_, fitted.null_gain_]
    assert np.isnan(given).all()


def test_a_pruner_whose_scorer_cannot_score_parts():
    fitted = pruned(made(n=50), scoring=needs_all_classes)
    assert np.isnan(fitted.gain_)
    assert np.isfinite(fitted.pruned_score_)


@pytest.mark.parametrize("random_state", [5, np.random.RandomState(5), None])
def test_random_states(random_state):
    case = made()
    fitted = pruned(case, random_state=random_state)
    expected = pruned(case, random_state=0 if random_state is None else 5)
    assert fitted.gain_ == expected.gain_
    assert fitted.null_gain_ == expected.null_gain_
    assert fitted.gain_confidence_interval_ == expected.gain_confidence_interval_


def test_seeds():
    assert seed_of(None) == seed_of(0) == seed_of(np.random.RandomState(0))
    assert seed_of(1) != seed_of(0)
    used = np.random.RandomState(0)
    assert seed_of(used) != seed_of(used)
