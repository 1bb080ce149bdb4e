"""Tests of inspection._scoring._one_by_one: true scores where weights are NaN or infinite."""

import warnings
from copy import deepcopy

import numpy as np
import pytest
from helpers.drowning import INDEX, drown, half_right
from helpers.networks import REGRESSIONS, SINGLE_LABEL, make
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import make_scorer, recall_score
from sklearn.neural_network import MLPClassifier

from skneuron import RottenNeuronPruner, neuron_ablation, neuron_pruning_path, prune_neurons
from skneuron.inspection._scoring._one_by_one import without_neuron
from skneuron.surgery import Network, layer_replacements

CLASSIFIERS = [*SINGLE_LABEL, "multilabel", "single class"]
# Array, layer, position: into neurons, out of them, biases of neurons and of outputs.
PLACES = {
    "first weights": ("coefs_", 0, (1, 2)),
    "between layers": ("coefs_", 1, (2, 0)),
    "last weights": ("coefs_", 2, (1, -1)),
    "first bias": ("intercepts_", 0, (2,)),
    "output's bias": ("intercepts_", 2, (-1,)),
}
VALUES = [np.nan, np.inf, -np.inf]


def broken(kind, place, value, hidden=(4, 3), **options):
    case = make(kind, hidden, n=60, **options)
    name, layer, at = PLACES[place]
    getattr(case.mlp, name)[layer][at] = value
    return case


def by_hand(mlp, layer, index, mean=None):
    """A copy without a neuron: its row, column and bias deleted, its mean activation folded."""
    result = deepcopy(mlp)
    if mean is not None:
        outgoing = result.coefs_[layer + 1][index]
        result.intercepts_[layer + 1] = result.intercepts_[layer + 1] + mean * outgoing
    result.coefs_[layer] = np.delete(result.coefs_[layer], index, axis=1)
    result.intercepts_[layer] = np.delete(result.intercepts_[layer], index)
    result.coefs_[layer + 1] = np.delete(result.coefs_[layer + 1], index, axis=0)
    return result


def score(mlp, X, y, sample_weight=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NaN in scikit-learn's forward pass
        return mlp.score(X, y, sample_weight)


pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_scores_are_those_of_networks_pruned_by_hand(kind, activation, place, value):
    case = broken(kind, place, value, activation=activation)
    found = neuron_ablation(case.mlp, case.X, case.y)
    assert found.baseline_score == pytest.approx(score(case.mlp, case.X, case.y))
    expected = [
        score(by_hand(case.mlp, *neuron), case.X, case.y)
        for neuron in zip(found.layer, found.index, strict=True)
    ]
    assert_allclose(found.scores, expected)
    assert_allclose(found.importances, found.baseline_score - np.array(expected), atol=1e-12)


@pytest.mark.parametrize("place", ["first weights", "between layers"])
@pytest.mark.parametrize("kind", SINGLE_LABEL)
@pytest.mark.parametrize("weighted", [False, True])
def test_columns_count_samples_of_networks_pruned_by_hand(weighted, kind, place):
    case = broken(kind, place, np.nan)
    weight = np.random.default_rng(0).random(60) + 0.1 if weighted else None
    found = neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight)
    was_right = case.mlp.predict(case.X) == case.y
    for at, neuron in enumerate(zip(found.layer, found.index, strict=True)):
        smaller = by_hand(case.mlp, *neuron)
        is_right = smaller.predict(case.X) == case.y
        assert found.scores[at] == pytest.approx(score(smaller, case.X, case.y, weight))
        assert found.n_fixed[at] == np.sum(is_right & ~was_right)
        assert found.n_broken[at] == np.sum(was_right & ~is_right)
        recalls = [
            recall_score(
                case.y, predicted, labels=case.classes, average=None, sample_weight=weight
            )
            for predicted in (case.mlp.predict(case.X), smaller.predict(case.X))
        ]
        assert_allclose(found.class_importances[at], recalls[0] - recalls[1], atol=1e-12)
    assert np.isnan(found.baseline_loss)
    assert np.isnan(found.loss_importances).all()


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
@pytest.mark.parametrize("place", PLACES)
def test_scores_are_those_of_what_surgery_returns(place, replacement):
    case = broken("multiclass", place, np.nan)
    found = neuron_ablation(case.mlp, case.X, case.y, replacement=replacement, X_ref=case.X_ref)
    for at, neuron in enumerate(zip(found.layer, found.index, strict=True)):
        smaller = prune_neurons(case.mlp, [neuron], replacement=replacement, X=case.X_ref)
        assert found.scores[at] == pytest.approx(score(smaller, case.X, case.y))


def plain(estimator, X, y):
    return np.mean(estimator.predict(X) == y)


SCORERS = {
    "formula": "accuracy", "of confusion": "balanced_accuracy",
    "on predictions": make_scorer(lambda y, found: np.mean(y == found)), "callable": plain,
}  # fmt: skip


@pytest.mark.parametrize("scoring", SCORERS.values(), ids=SCORERS)
def test_every_kind_of_scorer(scoring):
    case = broken("multiclass", "first weights", np.nan)
    found = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
    restored = found.importances < 0
    assert restored.tolist() == [False, False, True] + [False] * 4
    smaller = by_hand(case.mlp, 0, 2)
    expected = neuron_ablation(smaller, case.X, case.y, scoring=scoring).baseline_score
    assert found.scores[2] == pytest.approx(expected)


@pytest.mark.parametrize("hidden", [(1,), (3, 1), (1, 3)])
@pytest.mark.parametrize("activation", ["relu", "logistic"])
def test_the_only_neuron_of_a_layer(hidden, activation):
    case = make("multiclass", hidden, activation)
    case.mlp.coefs_[0][0, 0] = np.nan
    found = neuron_ablation(case.mlp, case.X, case.y)
    layer = hidden.index(1)
    outputs = case.mlp.intercepts_[layer + 1]
    for coefs, intercepts in zip(
        case.mlp.coefs_[layer + 2 :], case.mlp.intercepts_[layer + 2 :], strict=True
    ):
        hidden_outputs = (
            np.maximum(outputs, 0) if activation == "relu" else 1 / (1 + np.exp(-outputs))
        )
        outputs = hidden_outputs @ coefs + intercepts
    alone = found.layer == layer
    expected = np.mean(case.y == case.classes[np.argmax(outputs)])
    assert_allclose(found.scores[alone], expected)


@pytest.mark.parametrize("kind", REGRESSIONS)
def test_errors_of_regressors_are_numbers_where_outputs_are(kind):
    case = broken(kind, "first weights", np.nan)
    found = neuron_ablation(case.mlp, case.X, case.y)
    assert np.isnan(found.baseline_score)
    assert np.isnan(np.delete(found.scores, 2)).all()
    assert found.scores[2] == pytest.approx(score(by_hand(case.mlp, 0, 2), case.X, case.y))


def test_losses_of_neurons_behind_which_all_is_finite():
    case = broken("regression", "first weights", np.nan)
    network = Network.from_mlp(case.mlp, finite=False)
    nothing = layer_replacements(network, "zero", None)
    assert without_neuron(network, 0, 2, nothing[0]).is_finite
    assert not without_neuron(network, 0, 1, nothing[0]).is_finite


def test_resampling_refuses_what_it_cannot_remove():
    case = broken("multiclass", "first weights", np.nan)
    with pytest.raises(ValueError, match=r"coefs_\[0\]\[1, 2\] is nan"):
        neuron_ablation(case.mlp, case.X, case.y, replacement="resample")


@pytest.mark.parametrize("strategy", ["greedy", "one_shot", "swap"])
def test_paths_tell_the_scores_of_their_networks(strategy):
    case = broken("multiclass", "first weights", np.nan)
    path = neuron_pruning_path(case.mlp, case.X, case.y, strategy=strategy)
    for n_neurons, found in zip(path.n_neurons, path.scores, strict=True):
        smaller = path.prune_to(int(n_neurons))
        assert found == pytest.approx(score(smaller, case.X, case.y))
    assert path.scores[1] > path.scores[0]
    assert (path.layer[0], path.index[0]) == (0, 2)


def test_paths_by_other_criteria_and_pruners_refuse_them():
    case = broken("multiclass", "first weights", np.nan)
    with pytest.raises(ValueError, match=r"coefs_\[0\]\[1, 2\] is nan"):
        neuron_pruning_path(case.mlp, case.X, case.y, criterion="l1_incoming")
    with pytest.raises(ValueError, match=r"coefs_\[0\]\[1, 2\] is nan"):
        RottenNeuronPruner(case.mlp, cv="prefit").fit(case.X, case.y)


def test_sound_networks_take_the_fast_way(monkeypatch):
    case = make("multiclass", (4, 3))
    monkeypatch.delattr("skneuron.inspection._scoring._evaluator.remove_one_by_one")
    neuron_ablation(case.mlp, case.X, case.y)
    neuron_pruning_path(case.mlp, case.X, case.y)


def test_float32_and_sklearns_own_network():
    case = broken("binary", "between layers", np.nan, dtype=np.float32)
    assert type(case.mlp) is MLPClassifier
    found = neuron_ablation(case.mlp, case.X, case.y)
    assert found.scores[2] == pytest.approx(score(by_hand(case.mlp, 0, 2), case.X, case.y))
    assert_array_equal(found.n_fixed - found.n_broken, np.round(-60 * found.importances))


def test_verdicts_on_any_score_remove_neurons_as_well():
    case = broken("multiclass", "first weights", np.nan)
    case.y = by_hand(case.mlp, 0, 2).predict(case.X)
    ablation = neuron_ablation(case.mlp, case.X, case.y, scoring="balanced_accuracy")
    assert ablation.scores[2] == 1
    assert (
        ablation.verdicts().verdict.tolist() == ["undecided"] * 2 + ["rotten"] + ["undecided"] * 4
    )


# ---- sound weights whose products overflow


@pytest.mark.parametrize("factor", [1e30, 3e37])
@pytest.mark.parametrize("outgoing", [False, True])
@pytest.mark.parametrize("activation", ["relu", "identity", "tanh"])
@pytest.mark.parametrize("kind", [*SINGLE_LABEL, "multilabel"])
def test_outputs_that_overflow(kind, activation, outgoing, factor):
    """scikit-learn's own predictions of networks pruned by hand, whatever becomes of infinity."""
    for hidden, layer in [((5,), 0), ((4, 3, 4), 1)]:
        case = make(kind, hidden, activation, n=150, dtype=np.float32)
        case.X *= 30
        drown(case.mlp, layer, factor, outgoing=outgoing)
        case.y = half_right(by_hand(case.mlp, layer, INDEX), case, 0)
        found = neuron_ablation(case.mlp, case.X, case.y)
        assert found.baseline_score == pytest.approx(score(case.mlp, case.X, case.y))
        neurons = list(zip(found.layer.tolist(), found.index.tolist(), strict=True))
        expected = [score(by_hand(case.mlp, *neuron), case.X, case.y) for neuron in neurons]
        assert_allclose(found.scores, expected)
        assert found.scores[neurons.index((layer, INDEX))] > 0.6


@pytest.mark.parametrize("scoring", SCORERS.values(), ids=SCORERS)
def test_every_kind_of_scorer_where_outputs_overflow(scoring):
    case = make("multiclass", (5, 4), "relu", n=150, dtype=np.float32)
    case.X *= 30
    drown(case.mlp, 1, 3e37)
    smaller = by_hand(case.mlp, 1, INDEX)
    case.y = half_right(smaller, case, 0)
    found = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
    expected = neuron_ablation(smaller, case.X, case.y, scoring=scoring).baseline_score
    assert found.scores[5 + INDEX] == pytest.approx(expected)
    assert found.baseline_score < expected


def test_verdicts_where_outputs_overflow():
    case = make("multiclass", (5, 4), "relu", n=900, dtype=np.float32)
    case.X *= 30
    drown(case.mlp, 1, 3e37)
    case.y = half_right(by_hand(case.mlp, 1, INDEX), case, 0)
    found = neuron_ablation(case.mlp, case.X, case.y, scoring="balanced_accuracy").verdicts()
    assert found.verdict[5 + INDEX] == "rotten"


def test_resampling_says_that_outputs_overflow():
    case = make("multiclass", (5, 4), "relu", n=150, dtype=np.float32)
    case.X *= 30
    drown(case.mlp, 1, 3e37)
    with pytest.raises(ValueError, match="computes numbers that are infinite or NaN"):
        neuron_ablation(case.mlp, case.X, case.y, replacement="resample")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_squared_errors_that_overflow_where_outputs_do_not(dtype):
    case = make("regression", (5,), "relu", n=100, dtype=dtype)
    drown(case.mlp, 0, 1e25)
    case.y = by_hand(case.mlp, 0, INDEX).predict(case.X).astype(float)
    found = neuron_ablation(case.mlp, case.X, case.y)
    squares = (case.mlp.predict(case.X).astype(float) - case.y) ** 2
    assert_allclose(found.baseline_loss, squares.mean(), rtol=1e-5)
    assert_allclose(found.loss_importances[INDEX], -found.baseline_loss, rtol=1e-6)
    assert_allclose(found.scores[INDEX], 1)
    assert_allclose(found.baseline_score, 1 - squares.mean() / np.var(case.y), rtol=1e-5)
