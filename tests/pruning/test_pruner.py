"""`RottenNeuronPruner`: split, train, choose neurons, remove them."""

import numpy as np
import pytest
from helpers.pruners import (
    DATA,
    STRATEGIES,
    X,
    halves,
    network,
    pruner,
    sizes_of,
    y,
)
from helpers.pruning_paths import removed_by
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier
from sklearn.metrics import get_scorer, make_scorer, mean_absolute_error
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skneuron import (
    PrunableMLPClassifier,
    PrunableMLPRegressor,
    neuron_ablation,
    prune_neurons,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


CASES = [
    ("digits", network(hidden_layer_sizes=(30, 10), max_iter=60), {}),
    ("classification", network(), {"threshold": 0.01}),
    ("classification", network(), {"scoring": "neg_log_loss"}),
    ("classification", network(MLPClassifier), {"replacement": "mean", "threshold": "0.5*mean"}),
    ("regression", network(PrunableMLPRegressor), {}),
    ("regression", network(MLPRegressor), {"replacement": "mean", "threshold": "median"}),
    ("regression", network(MLPRegressor), {"replacement": "linear", "threshold": "median"}),
]


@pytest.fixture(
    scope="module",
    params=[(*case, strategy) for case in CASES for strategy in STRATEGIES],
    ids=lambda p: f"{p[0]}-{type(p[1]).__name__}-{p[2]}-{p[3]}",
)
def fit(request):
    """A fitted pruner and what `halves` gives for it; not to be changed."""
    data, estimator, options, strategy = request.param
    fitted = pruner(estimator, strategy=strategy, **options).fit(*DATA[data])
    return fitted, *halves(estimator, DATA[data])


def test_scores(fit):
    fitted, full, _, X_eval, y_eval = fit
    score = get_scorer(fitted.scoring) if fitted.scoring else lambda e, X, y: e.score(X, y)
    exact = is_classifier(full) and not fitted.scoring
    agree = assert_array_equal if exact else assert_allclose
    agree(fitted.baseline_score_, score(full, X_eval, y_eval))
    agree(fitted.pruned_score_, score(fitted.estimator_, X_eval, y_eval))
    agree(fitted.pruned_score_, score(fitted, X_eval, y_eval))
    assert type(fitted.baseline_score_) is type(fitted.pruned_score_) is float


def test_analysis_is_that_of_the_whole_network(fit):
    fitted, full, X_train, X_eval, y_eval = fit
    ablation = neuron_ablation(
        full, X_eval, y_eval,
        scoring=fitted.scoring, replacement=fitted.replacement, X_ref=X_train,
    )  # fmt: skip
    assert list(fitted.ablation_) == list(ablation)
    for name in ablation:
        assert_array_equal(fitted.ablation_[name], ablation[name], err_msg=name)
    assert_array_equal(fitted.importances_, ablation.importances)


def test_attributes_tell_one_story(fit):
    fitted, full, *_ = fit
    ablation, path = fitted.ablation_, fitted.pruning_path_
    addresses = list(zip(ablation.layer.tolist(), ablation.index.tolist(), strict=True))
    assert addresses == [(layer, i) for layer, n in enumerate(sizes_of(full)) for i in range(n)]
    removed = removed_by(fitted.pruning_path_)
    assert removed  # or there would be nothing to test
    assert_array_equal(fitted.support_, [address not in removed for address in addresses])
    assert fitted.support_.dtype == bool
    assert_array_equal(fitted.get_support(), fitted.support_)
    assert_array_equal(fitted.get_support(indices=True), np.flatnonzero(fitted.support_))
    assert fitted.n_neurons_ == sum(fitted.support_) == sum(sizes_of(fitted.estimator_))
    assert type(fitted.n_neurons_) is int

    ranks = [fitted.ranking_[addresses.index(address)] for address in removed]
    assert ranks == list(range(len(removed) + 1, 1, -1))
    assert_array_equal(fitted.ranking_ == 1, fitted.support_)

    assert path.scores[0] == fitted.baseline_score_
    assert path.scores[-1] == fitted.pruned_score_
    assert_array_equal(path.n_neurons, np.arange(len(addresses), fitted.n_neurons_ - 1, -1))


def test_scores_of_the_path_are_those_of_surgery(fit):
    """The k-th score is that of the whole network without the first k neurons."""
    fitted, full, X_train, X_eval, y_eval = fit
    score = get_scorer(fitted.scoring or ("accuracy" if is_classifier(full) else "r2"))
    smaller, alive = full, [list(range(n)) for n in sizes_of(full)]
    scores = [score(smaller, X_eval, y_eval)]
    for layer, index in removed_by(fitted.pruning_path_):
        now_at = alive[layer].index(index)
        alive[layer].pop(now_at)
        smaller = prune_neurons(
            smaller, [(layer, now_at)], replacement=fitted.replacement, X=X_train
        )
        scores.append(score(smaller, X_eval, y_eval))
    assert_allclose(fitted.pruning_path_.scores, scores, rtol=1e-12)
    for mine, theirs in zip(fitted.estimator_.coefs_, smaller.coefs_, strict=True):
        if fitted.replacement == "linear":  # A path brings the inverse matrix up to date.
            assert_allclose(mine, theirs, rtol=1e-12)
        else:
            assert_array_equal(mine, theirs)
    for mine, theirs in zip(fitted.estimator_.intercepts_, smaller.intercepts_, strict=True):
        assert_allclose(mine, theirs, rtol=1e-12)


def test_transform(fit):
    fitted, full, X_train, X_eval, _ = fit
    activations = fitted.transform(X_eval)
    last = prune_neurons(
        full, removed_by(fitted.pruning_path_), replacement=fitted.replacement, X=X_train
    )
    as_ours = PrunableMLPClassifier if is_classifier(full) else PrunableMLPRegressor
    expected = as_ours.from_sklearn(last).hidden_activations(X_eval)
    assert_allclose(activations, expected, rtol=1e-10, atol=1e-12)
    names = fitted.get_feature_names_out()
    n_first, _ = sizes_of(full)
    kept = fitted.get_support(indices=True)
    assert names.tolist() == [f"hidden1_neuron{i - n_first}" for i in kept if i >= n_first]
    assert activations.shape == (len(X_eval), len(names))


# ---- choosing neurons --------------------------------------------------------------------------


@pytest.mark.parametrize("data", ["digits", "classification", "regression"])
def test_greedy_at_zero_never_lowers_the_score(data):
    cls = PrunableMLPRegressor if data == "regression" else PrunableMLPClassifier
    estimator = network(cls, hidden_layer_sizes=(40,), max_iter=60)
    fitted = pruner(estimator).fit(*DATA[data])
    assert (np.diff(fitted.pruning_path_.scores) > 0).all()
    assert fitted.pruned_score_ > fitted.baseline_score_
    _, _, X_eval, y_eval = halves(estimator, DATA[data])
    assert (neuron_ablation(fitted, X_eval, y_eval).importances >= 0).all()


@pytest.mark.parametrize("threshold", [-0.01, 0, 0.02, "mean", "median", "1.5*mean", "-1*median"])
def test_one_shot_keeps_what_reaches_the_threshold(threshold):
    fitted = pruner(strategy="one_shot", threshold=threshold).fit(X, y)
    importances = fitted.importances_
    expected = {
        "mean": importances.mean(),
        "median": np.median(importances),
        "1.5*mean": 1.5 * importances.mean(),
        "-1*median": -np.median(importances),
    }.get(threshold, threshold)
    assert fitted.threshold_ == expected
    assert type(fitted.threshold_) is float
    assert_array_equal(fitted.support_, importances >= expected)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_minus_infinity_prunes_nothing(strategy):
    fitted = pruner(strategy=strategy, threshold=-np.inf).fit(X, y)
    full, *_ = halves(network(), (X, y))
    assert fitted.support_.all()
    assert (fitted.ranking_ == 1).all()
    assert fitted.pruning_path_.layer.size == 0
    assert fitted.pruned_score_ == fitted.baseline_score_
    assert_array_equal(fitted.predict_proba(X), full.predict_proba(X))


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("at_least", "left"), [(1, [1, 1]), (3, [3, 3]), (6, [6, 5])])
def test_infinity_prunes_all_that_may_go(strategy, at_least, left):
    fitted = pruner(strategy=strategy, threshold=np.inf, min_neurons_per_layer=at_least).fit(X, y)
    assert sizes_of(fitted.estimator_) == left


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("layers", "pruned"), [(0, 0), (-1, 1), ([1], 1), (np.array([-2]), 0)])
def test_layers(strategy, layers, pruned):
    fitted = pruner(strategy=strategy, layers=layers, threshold=np.inf).fit(X, y)
    layer = np.repeat([0, 1], [7, 5])
    assert fitted.support_[layer != pruned].all()
    assert fitted.support_[layer == pruned].sum() == 1
    assert set(fitted.pruning_path_.layer) == {pruned}
    assert_array_equal(np.isnan(fitted.importances_), layer != pruned)
    assert set(fitted.ablation_.layer) == {pruned}
    strings = pruner(strategy=strategy, layers=layers, threshold="mean").fit(X, y)
    assert strings.threshold_ == fitted.ablation_.importances.mean()


def negative_mae(estimator, X, y):
    return -mean_absolute_error(y, estimator.predict(X))


@pytest.mark.parametrize(
    "scoring",
    [
        "neg_mean_absolute_error",
        make_scorer(mean_absolute_error, greater_is_better=False),
        negative_mae,
    ],
    ids=["name", "scorer", "callable"],
)
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_scoring(scoring, n_jobs):
    fitted = pruner(network(MLPRegressor), scoring=scoring, n_jobs=n_jobs).fit(*DATA["regression"])
    full, _, X_eval, y_eval = halves(network(MLPRegressor), DATA["regression"])
    # The sums of our forward pass are in another order than those of scikit-learn's.
    assert_allclose(fitted.baseline_score_, negative_mae(full, X_eval, y_eval), rtol=1e-12)
    assert_allclose(fitted.pruned_score_, negative_mae(fitted, X_eval, y_eval), rtol=1e-12)
    reference = pruner(network(MLPRegressor), scoring=scoring).fit(*DATA["regression"])
    assert_array_equal(fitted.pruning_path_.scores, reference.pruning_path_.scores)
