"""``threshold="auto"``: the size at which networks score highest on held-out samples."""

import numpy as np
import pytest
from helpers import networks
from helpers.pruning_tasks import task_on
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.neural_network import MLPClassifier

from skneuron import RottenNeuronPruner, neuron_pruning_path
from skneuron.pruning._cross_fitted_gain import (
    MIN_EVALUATION_SAMPLES,
    Gain,
    cross_fitted_gain,
    halves_of,
    seed_of,
)
from skneuron.surgery._network import Network

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


X, y = digits()
TRAIN, EVALUATION, TEST = np.split(np.arange(1797), [700, 1200])


def infected(n_rotten, *, strength=30.0, hidden=(16,)):
    """A trained network, its last layer with neurons added that push rows towards one class."""
    mlp = MLPClassifier(
        hidden, learning_rate_init=0.01, tol=0.02, n_iter_no_change=3, random_state=0
    )
    mlp.fit(X[TRAIN], y[TRAIN])
    rng = np.random.default_rng(1)
    *_, last, out = mlp.coefs_
    incoming = rng.normal(size=(len(last), n_rotten)) / 4
    outgoing = np.zeros((n_rotten, 10))
    outgoing[:, 3] = strength
    mlp.coefs_[-2:] = [np.hstack([last, incoming]), np.vstack([out, outgoing])]
    mlp.intercepts_[-2] = np.append(mlp.intercepts_[-2], np.zeros(n_rotten))
    return mlp.set_params(hidden_layer_sizes=(*hidden[:-1], hidden[-1] + n_rotten))


def automatic(mlp, rows=EVALUATION, **parameters):
    options = {"threshold": "auto", "cv": "prefit", "random_state": 0} | parameters
    return RottenNeuronPruner(mlp, **options).fit(X[rows], y[rows])


ROTTEN = infected(6)
DEEP = infected(4, hidden=(10, 8))


def size_by_hand(mlp, X, y, seed, strategy):
    """The rule, by paths of `neuron_pruning_path` and scores of estimators."""
    at_all_sizes = {"swap": "greedy"}.get(strategy, strategy)
    task = task_on(networks.Case(mlp, X, y, X_ref=X), threshold=np.inf)
    halves = halves_of(task, seed)
    paths = [
        neuron_pruning_path(mlp, X[rows], y[rows], strategy=at_all_sizes) for rows, _ in halves
    ]
    n_full = sum(map(len, mlp.intercepts_[:-1]))
    sizes = range(len(mlp.intercepts_) - 1, n_full + 1)
    curves = np.array(
        [
            [path.prune_to(n).score(X[rows], y[rows]) for n in sizes]
            for path, (_, rows) in zip(paths, halves, strict=True)
        ]
    )
    gains = curves - curves[:, -1:]
    mean = gains.mean(axis=0)
    best = max(n for n, score in zip(sizes, mean, strict=True) if score == mean.max())
    # Held out, each half is scored at the size that the other one scores highest at.
    honest = [
        max(n for n, score in zip(sizes, other, strict=True) if score == other.max())
        for other in (gains[1], gains[0])
    ]
    smaller = [
        neuron_pruning_path(
            mlp, X[rows], y[rows], strategy=strategy, n_neurons_to_select=n
        ).prune_to(n)
        for n, (rows, _) in zip(honest, halves, strict=True)
    ]
    gain = np.mean(
        [
            left.score(X[rows], y[rows]) - mlp.score(X[rows], y[rows])
            for left, (_, rows) in zip(smaller, halves, strict=True)
        ]
    )
    chosen = [
        (Network.from_mlp(left), rows) for left, (_, rows) in zip(smaller, halves, strict=True)
    ]
    if gain <= cross_fitted_gain(task, chosen, seed).standard_error:
        return n_full, 0.0
    return best, float(gain)


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("strategy", ["greedy", "one_shot", "swap"])
@pytest.mark.parametrize("mlp", [ROTTEN, DEEP], ids=["one layer", "two layers"])
def test_size_is_that_of_the_rule_by_hand(mlp, strategy, seed):
    rows = EVALUATION[:120]
    fitted = automatic(mlp, rows, strategy=strategy, random_state=seed)
    size, gain = size_by_hand(mlp, X[rows], y[rows], seed_of(seed), strategy)
    assert fitted.n_neurons_ == size < 22
    assert_allclose(fitted.gain_, gain, rtol=1e-10)
    path = neuron_pruning_path(mlp, X[rows], y[rows], strategy=strategy, n_neurons_to_select=size)
    assert_array_equal(fitted.pruning_path_.index, path.index)
    assert_array_equal(fitted.pruning_path_.scores, path.scores)


def test_planted_neurons_go_and_their_harm_with_them():
    full = ROTTEN.score(X[TEST], y[TEST])
    fitted = automatic(ROTTEN)
    healthy = infected(0).score(X[TEST], y[TEST])
    assert fitted.support_[16:].sum() <= 1  # of six
    assert fitted.support_[:16].sum() >= 10
    assert full < 0.6 < 0.85 < fitted.score(X[TEST], y[TEST])
    assert fitted.score(X[TEST], y[TEST]) > healthy - 0.03
    low, high = fitted.gain_confidence_interval_
    assert 0 < low <= fitted.score(X[TEST], y[TEST]) - full <= high
    assert fitted.gain_ > fitted.null_gain_


def test_all_neurons_stay_where_all_are_of_use():
    mlp = infected(0, hidden=(8,))
    fitted = automatic(mlp)
    assert fitted.support_.all()
    assert fitted.gain_ == fitted.null_gain_ == 0
    assert fitted.gain_confidence_interval_ == (0.0, 0.0)
    assert fitted.pruned_score_ == fitted.baseline_score_
    assert_array_equal(fitted.predict(X), mlp.predict(X))


def test_luck_is_not_pruned_for():
    """Labels that are nobody's: some of the sizes score higher by luck, and are not taken."""
    mlp = infected(0, hidden=(8,))
    kept, rotten = [], []
    for seed in range(5):
        labels = np.random.default_rng(seed).permutation(y[EVALUATION])
        for threshold, found in (("auto", kept), (0.0, rotten)):
            pruner = RottenNeuronPruner(
                mlp, threshold=threshold, cv="prefit", random_state=0, estimate_gain=False
            )
            found.append(pruner.fit(X[EVALUATION], labels).support_.all())
    assert sum(kept) >= 3
    assert not any(rotten)


def test_memorised_labels():
    """On digits with 40 % random labels, the size is the best of the held-out curve's."""
    rng = np.random.default_rng(0)
    rows = np.arange(500)
    noisy = np.where(rng.random(1797) < 0.4, rng.permutation(y), y)
    mlp = MLPClassifier((30,), max_iter=60, learning_rate_init=0.02, random_state=0)
    fitted = RottenNeuronPruner(mlp, threshold="auto", cv=0.4, random_state=0)
    fitted.fit(X[rows], noisy[rows])
    assert (fitted.n_neurons_ < 30) == (fitted.gain_ != 0)
    rule = RottenNeuronPruner(mlp, threshold=0.0, cv=0.4, random_state=0, estimate_gain=False)
    rule.fit(X[rows], noisy[rows])
    assert_array_equal(fitted.importances_, rule.importances_)
    assert fitted.baseline_score_ == rule.baseline_score_


@pytest.mark.parametrize("kind", ["regression", "multilabel", "binary"])
@pytest.mark.parametrize("strategy", ["greedy", "swap"])
def test_other_targets(kind, strategy):
    """The size is that of the path of all rows; the gain is there unless all neurons stay."""
    case = networks.make(kind, (4, 3), n=80, activation="tanh")
    fitted = RottenNeuronPruner(
        case.mlp, threshold="auto", strategy=strategy, cv="prefit", random_state=0
    ).fit(case.X, case.y)
    assert np.isfinite([fitted.gain_, *fitted.gain_confidence_interval_, fitted.null_gain_]).all()
    assert fitted.support_.all() == (fitted.gain_confidence_interval_ == (0.0, 0.0))
    n = fitted.n_neurons_
    path = neuron_pruning_path(case.mlp, case.X, case.y, strategy=strategy, n_neurons_to_select=n)
    assert_allclose(fitted.pruned_score_, path.scores[-1], rtol=1e-12)
    assert_array_equal(fitted.pruning_path_.layer, path.layer)
    assert_array_equal(fitted.pruning_path_.index, path.index)


def test_a_size_that_lowers_even_the_score_of_all_rows_is_not_taken(monkeypatch):
    gain = Gain(0.1, 0.01, (0.08, 0.12), 0.0)
    monkeypatch.setattr("skneuron.pruning._chosen_network.automatic_size", lambda *_: (2, gain))
    fitted = automatic(infected(0, hidden=(8,)))
    assert fitted.support_.all()
    assert fitted.gain_ == fitted.null_gain_ == 0
    assert fitted.pruned_score_ == fitted.baseline_score_
    assert len(fitted.pruning_path_.index) == 0
    monkeypatch.setattr("skneuron.pruning._chosen_network.automatic_size", lambda *_: (16, gain))
    assert automatic(ROTTEN).n_neurons_ == 16


def test_threshold_is_infinite():
    assert automatic(ROTTEN, EVALUATION[:60]).threshold_ == np.inf


@pytest.mark.parametrize("parameters", [{"n_neurons_to_select": 12}, {"tol": 0.0}])
def test_sizes_and_tolerances_come_first(parameters):
    rows = EVALUATION[:100]
    found = automatic(ROTTEN, rows, **parameters)
    expected = automatic(ROTTEN, rows, threshold=0.0, **parameters)
    assert_array_equal(found.support_, expected.support_)
    assert found.gain_ == expected.gain_


def test_limits_hold():
    assert automatic(ROTTEN, min_neurons_per_layer=19).n_neurons_ == 19
    assert automatic(ROTTEN, alpha=0.05).support_[:16].sum() >= 10


@pytest.mark.parametrize("random_state", [0, np.random.RandomState(0)], ids=["int", "instance"])
def test_same_random_state_same_bits(random_state):
    rows = EVALUATION[:100]
    found = automatic(ROTTEN, rows, random_state=random_state)
    expected = automatic(ROTTEN, rows, random_state=0)
    assert_array_equal(found.ranking_, expected.ranking_)
    for name in ("gain_", "null_gain_", "gain_confidence_interval_", "pruned_score_"):
        assert getattr(found, name) == getattr(expected, name)


def test_too_few_rows():
    message = (
        rf"threshold='auto' needs at least {MIN_EVALUATION_SAMPLES} samples .* "
        r"there are 39 \(cv='prefit'\)"
    )
    with pytest.raises(ValueError, match=message):
        automatic(ROTTEN, EVALUATION[: MIN_EVALUATION_SAMPLES - 1])
    assert automatic(ROTTEN, EVALUATION[:MIN_EVALUATION_SAMPLES]).n_neurons_ <= 22


def test_frozen_networks_are_scored_on_the_evaluation_part():
    fitted = automatic(FrozenEstimator(ROTTEN), cv=0.5)
    assert fitted.support_[16:].sum() <= 1
    assert fitted.score(X[TEST], y[TEST]) > ROTTEN.score(X[TEST], y[TEST]) + 0.2
