"""`RottenNeuronPruner`: where it stops, what it chooses by, fine-tuning and memory."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers import networks
from numpy.testing import assert_array_equal
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import (
    PrunableMLPClassifier,
    RottenNeuronPruner,
    neuron_ablation,
    neuron_criterion,
    neuron_pruning_path,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

STRATEGIES = ["greedy", "one_shot"]
X, y = make_classification(
    160, 8, n_informative=5, n_classes=3, flip_y=0.2, class_sep=0.7, random_state=0
)
FRAME = pd.DataFrame(X, columns=[f"column {i}" for i in range(8)])


def network(cls=PrunableMLPClassifier, **parameters):
    parameters = {"hidden_layer_sizes": (7, 5), "max_iter": 30} | parameters
    return networks.small(cls, learning_rate_init=0.02, **parameters)


def pruner(estimator=None, **parameters):
    estimator = network() if estimator is None else estimator
    return RottenNeuronPruner(estimator, **{"random_state": 0} | parameters)


def split_of_defaults():
    return next(StratifiedShuffleSplit(1, test_size=0.2, random_state=0).split(X, y))


def sizes_of(mlp):
    return [c.shape[1] for c in mlp.coefs_[:-1]]


def assert_same_fit(a, b):
    assert_array_equal(a.support_, b.support_)
    assert_array_equal(a.pruning_path_.scores, b.pruning_path_.scores)
    assert_array_equal(a.predict_proba(X), b.predict_proba(X))


# ---- where to stop, and by what to choose ------------------------------------------------------


def ready(hidden=(6, 4), kind="multiclass"):
    """A fitted network with rows, and what to say to prune it in milliseconds."""
    return networks.make(kind, hidden, n=80, activation="tanh")


def quick(case, **parameters):
    options = {"cv": "prefit", "estimate_gain": False, "random_state": 0}
    return RottenNeuronPruner(case.mlp, **options | parameters).fit(case.X, case.y)


def negative_sum(estimator, X, y):
    """An importance by a function: what sums to the most goes first."""
    return -np.concatenate([np.abs(c).sum(axis=0) for c in estimator.coefs_[:-1]])


@pytest.mark.parametrize(
    "parameters",
    [
        {"strategy": "swap", "n_neurons_to_select": 4},
        {"strategy": "swap", "threshold": 0.0, "replacement": "linear"},
        {"criterion": "l1_incoming", "threshold": "median"},
        {"criterion": "random", "n_neurons_to_select": 3},
        {"criterion": negative_sum, "n_neurons_to_select": 3, "strategy": "one_shot"},
        {"n_neurons_to_select": 5},
        {"n_neurons_to_select": 0.5},
        {"n_neurons_to_select": [2, 3]},
        {"n_neurons_to_select": np.array([6, 1])},
        {"tol": 0.0},
        {"tol": 0.05, "replacement": "mean"},
        {"alpha": 0.3},
        {"step": 3, "n_neurons_to_select": 4},
        {"step": 0.3, "threshold": np.inf},
    ],
    ids=lambda given: ", ".join(f"{k}={getattr(v, '__name__', v)}" for k, v in given.items()),
)
def test_the_path_is_that_of_neuron_pruning_path(parameters):
    case = ready()
    fitted = quick(case, **parameters)
    options = {"threshold": 0.0, "X_ref": case.X, "random_state": 0} | parameters
    path = neuron_pruning_path(case.mlp, case.X, case.y, **options)
    for name in ("layer", "index", "importances", "scores", "n_neurons"):
        assert_array_equal(fitted.pruning_path_[name], path[name], err_msg=name)
    assert fitted.n_neurons_ == 10 - len(path.layer)
    assert fitted.pruned_score_ == path.scores[-1]


@pytest.mark.parametrize("strategy", [*STRATEGIES, "swap"])
@pytest.mark.parametrize(
    ("given", "left"),
    [(1.0, 10), (10, 10), (7, 7), (2, 2), (0.35, 3), (0.01, 2), ([6, 1], (6, 1))],
)
def test_n_neurons_to_select(given, left, strategy):
    """Whatever the threshold says."""
    fitted = quick(ready(), n_neurons_to_select=given, strategy=strategy, threshold=-np.inf)
    sizes = tuple(sizes_of(fitted.estimator_))
    assert (sizes if isinstance(left, tuple) else sum(sizes)) == left


@pytest.mark.parametrize("tol", [0.03, 0.04])
@pytest.mark.parametrize("strategy", [*STRATEGIES, "swap"])
def test_no_more_than_tol_is_given_up(tol, strategy):
    fitted = quick(ready(), tol=tol, strategy=strategy, threshold=-np.inf)
    assert (fitted.baseline_score_ - fitted.pruning_path_.scores <= tol).all()
    further = neuron_pruning_path(ready().mlp, ready().X, ready().y)
    n_removed = len(fitted.pruning_path_.layer)
    assert 0 < n_removed < 8
    if strategy == "greedy":
        assert further.scores[0] - further.scores[n_removed + 1] > tol


def test_alpha_takes_only_what_is_rotten_beyond_chance():
    """One neuron drowns the others out, who alone are always right."""
    case = ready((6,))
    case.mlp.coefs_[1][2] = 0
    case.y = case.mlp.predict(case.X)
    case.mlp.coefs_[1][2] = [0, 50, 0, 0]
    verdict = neuron_ablation(case.mlp, case.X, case.y).verdicts(alpha=0.01).verdict
    fitted = quick(case, alpha=0.01, threshold=np.inf)
    assert np.flatnonzero(verdict == "rotten").tolist() == [2]
    assert np.flatnonzero(~fitted.support_).tolist() == [2]
    assert fitted.pruned_score_ == 1


def test_criteria_rank_the_neurons_that_are_left():
    case = ready()
    fitted = quick(case, criterion="l1_incoming", n_neurons_to_select=9)
    expected = neuron_criterion(case.mlp, case.X, case.y, criterion="l1_incoming")
    assert_array_equal(fitted.importances_, expected)
    assert fitted.ranking_[np.argmin(expected)] == 2
    assert_array_equal(
        fitted.ablation_.importances, neuron_ablation(case.mlp, case.X, case.y).importances
    )


def test_swapping_is_no_worse_than_greed():
    gains = []
    for seed in range(8):
        case = networks.make("multiclass", (8,), n=80, seed=seed)
        greedy, swap = (
            quick(case, strategy=s, n_neurons_to_select=4).pruned_score_
            for s in ("greedy", "swap")
        )
        gains.append(swap - greedy)
    assert min(gains) >= 0
    assert max(gains) > 0


def test_steps_rank_again_less_often():
    path = quick(ready(), step=4, n_neurons_to_select=3).pruning_path_
    assert path.n_neurons.tolist() == [10, 6, 3]
    assert len(path.layer) == 7


# ---- fine-tuning, memory -----------------------------------------------------------------------


@pytest.mark.parametrize("cls", [MLPClassifier, PrunableMLPClassifier])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_fine_tuning_is_partial_fit_on_the_training_part(cls, early_stopping):
    estimator = network(cls, early_stopping=early_stopping)
    options = {"n_neurons_to_select": 6, "estimate_gain": False}
    tuned = pruner(estimator, fine_tune=3, **options).fit(X, y)
    by_hand = pruner(estimator, **options).fit(X, y)
    untuned = by_hand.predict_proba(X)
    train, evaluation = split_of_defaults()
    by_hand.estimator_.set_params(early_stopping=False).best_loss_ = np.inf
    for _ in range(3):
        by_hand.estimator_.partial_fit(X[train], y[train])
    assert_array_equal(tuned.predict_proba(X), by_hand.predict_proba(X))
    assert tuned.pruned_score_ == tuned.score(X[evaluation], y[evaluation])
    assert tuned.pruning_path_.scores[-1] == by_hand.pruned_score_
    assert (tuned.predict_proba(X) != untuned).any()
    assert_array_equal(tuned.support_, by_hand.support_)
    assert tuned.baseline_score_ == by_hand.baseline_score_


def in_pipeline(mlp):
    return make_pipeline(StandardScaler(), mlp)


def frozen(mlp):
    return FrozenEstimator(mlp.fit(FRAME, y))


@pytest.mark.parametrize("wrap", [lambda mlp: mlp, in_pipeline, frozen])
def test_fine_tuning_of_what_is_wrapped_and_fitted_on_frames(wrap):
    """Warnings are errors: the names of columns must not get lost."""
    estimator = wrap(network())
    before = pickle.dumps(estimator)
    untuned, tuned = (pruner(estimator, fine_tune=n, threshold=0.02).fit(FRAME, y) for n in (0, 2))
    assert pickle.dumps(estimator) == before
    assert (untuned.predict_proba(FRAME) != tuned.predict_proba(FRAME)).any()
    rows = FRAME.iloc[split_of_defaults()[1]]
    assert tuned.pruned_score_ == tuned.score(rows, y[rows.index])


class Counting(PrunableMLPClassifier):
    """Counts its fits."""

    n_fits = 0

    def fit(self, X, y, sample_weight=None):
        Counting.n_fits += 1
        return super().fit(X, y, sample_weight)


def test_searches_with_memory_train_every_network_once(tmp_path):
    grid = {"threshold": [-np.inf, 0.0, 0.01, "median"], "replacement": ["zero", "mean"]}
    searches = []
    for memory, n_fits in ((None, 2 * 8 + 1), (str(tmp_path), 2 + 1)):
        Counting.n_fits = 0
        base = pruner(network(Counting, max_iter=5), memory=memory, estimate_gain=False)
        searches.append(GridSearchCV(base, grid, cv=2).fit(X, y))
        assert Counting.n_fits == n_fits
    without, with_memory = (s.cv_results_["mean_test_score"] for s in searches)
    assert_array_equal(without, with_memory)
    assert_array_equal(searches[0].predict_proba(X), searches[1].predict_proba(X))


@pytest.mark.parametrize("fine_tune", [0, 2])
def test_what_memory_keeps_is_the_whole_network(tmp_path, fine_tune):
    """Neither surgery nor fine-tuning reaches it."""
    fits = [
        pruner(threshold=0.02, fine_tune=fine_tune, memory=str(tmp_path)).fit(X, y)
        for _ in range(3)
    ]
    for fitted in fits[1:]:
        assert len(fitted.support_) == 12 > fitted.n_neurons_
        assert_same_fit(fitted, fits[0])


def test_the_whole_network_is_not_fine_tuned():
    """What is said of it is what it was before."""
    tuned = pruner(fine_tune=5, threshold=0.02, estimate_gain=True).fit(X, y)
    plain = pruner(threshold=0.02).fit(X, y)
    for name in ("baseline_score_", "gain_", "null_gain_", "gain_confidence_interval_"):
        assert_array_equal(getattr(tuned, name), getattr(plain, name))
    assert_array_equal(tuned.importances_, plain.importances_)
