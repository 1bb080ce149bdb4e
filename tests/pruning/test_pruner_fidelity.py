"""Tests of pruners without labels: what stays as near as possible to the trained network."""

import numpy as np
import pandas as pd
import pytest
from helpers.networks import KINDS, REGRESSIONS, make, small
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import (
    PrunableMLPRegressor,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    neuron_pruning_path,
)
from skneuron.metrics import agreement_scorer, fidelity_scorer
from skneuron.plotting import PruningPathDisplay
from skneuron.pruning._split import train_evaluation_split

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
SCORINGS = [
    (kind, scoring)
    for kind in KINDS
    for scoring in ("fidelity", "agreement")
    if scoring == "fidelity" or kind not in REGRESSIONS
]
SCORERS = {"fidelity": fidelity_scorer, "agreement": agreement_scorer}


def prefit(case, **parameters):
    return RottenNeuronPruner(case.mlp, cv="prefit", random_state=0, **parameters)


# ---- a fitted network


@pytest.mark.parametrize(("kind", "scoring"), SCORINGS)
def test_a_fitted_network_is_pruned_without_labels(kind, scoring):
    case = make(kind, (5, 4), n=100, seed=2)
    options = {"scoring": scoring, "n_neurons_to_select": 5, "replacement": "linear"}
    pruner = prefit(case, **options).fit(case.X)
    path = neuron_pruning_path(
        case.mlp, case.X, scoring=scoring, n_neurons_to_select=5, replacement="linear",
        X_ref=case.X,
    )  # fmt: skip
    assert_array_equal(pruner.pruning_path_.scores, path.scores)
    assert pruner.n_neurons_ == 5
    assert pruner.baseline_score_ == (0 if scoring == "fidelity" else 1)
    found = SCORERS[scoring](case.mlp)(pruner.estimator_, case.X)
    assert_allclose(pruner.pruned_score_, found, rtol=1e-6, atol=1e-12)
    # What is chosen on one half, and scored on the other, is lost there as well.
    assert pruner.gain_ <= 0
    assert pruner.null_gain_ <= 0
    options["estimate_gain"] = False
    with_labels = prefit(case, **options).fit(case.X, case.y)
    assert_array_equal(with_labels.pruning_path_.scores, path.scores)


def test_where_to_stop():
    case = make("multiclass", (6, 4), n=100)
    sizes = []
    for tol in (0.0, 0.01, 0.1, 1.0):
        pruner = prefit(case, scoring="fidelity", tol=tol, estimate_gain=False).fit(case.X)
        assert pruner.pruned_score_ >= -tol
        sizes.append(pruner.n_neurons_)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0]
    # None is rotten, and no smaller network is nearer than the network itself.
    for threshold in (0.0, "auto"):
        pruner = prefit(case, scoring="fidelity", threshold=threshold).fit(case.X)
        assert pruner.n_neurons_ == 10
        assert pruner.gain_ == 0


def test_a_pipeline_and_a_data_frame():
    case = make("multiclass", (5,), n=60)
    frame = pd.DataFrame(case.X, columns=list("abc"))
    scaler = StandardScaler().fit(frame)
    pipeline = FrozenEstimator(make_pipeline(scaler, case.mlp))
    pruner = RottenNeuronPruner(
        pipeline, cv="prefit", scoring="fidelity", n_neurons_to_select=3, random_state=0
    ).fit(frame)
    case.X = scaler.transform(frame)
    alone = prefit(case, scoring="fidelity", n_neurons_to_select=3).fit(case.X)
    assert_array_equal(pruner.support_, alone.support_)
    assert pruner.feature_names_in_.tolist() == list("abc")
    assert pruner.fit_transform(frame).shape == (60, 3)


def test_cross_validation_without_labels():
    case = make("multiclass", (5,), n=80)
    pruner = RottenNeuronPruner(
        FrozenEstimator(case.mlp), cv="prefit", scoring="fidelity", n_neurons_to_select=3
    )
    scores = cross_val_score(pruner, case.X, scoring=fidelity_scorer(case.mlp), cv=3)
    assert (scores < 0).all()


# ---- what needs labels


@pytest.mark.parametrize(
    ("options", "y_is_needed"),
    [
        ({"cv": "prefit", "scoring": "fidelity"}, False),
        ({"cv": "prefit", "scoring": "agreement"}, False),
        ({"cv": "prefit", "scoring": None}, True),
        ({"cv": "prefit", "scoring": "accuracy"}, True),
        ({"cv": 0.5, "scoring": "fidelity"}, True),
    ],
)
def test_whether_labels_are_needed(options, y_is_needed):
    case = make("multiclass", n=60)
    pruner = RottenNeuronPruner(case.mlp, n_neurons_to_select=2, **options)
    search = RottenNeuronPrunerCV(
        RottenNeuronPruner(FrozenEstimator(case.mlp), **options), n_neurons_to_select=[2], cv=2
    )
    for estimator in (pruner, search):
        if not y_is_needed:
            assert estimator.fit(case.X).n_neurons_ == 2
            continue
        message = r"RottenNeuronPruner estimator requires y .* y is None\. Only a fitted network"
        with pytest.raises(ValueError, match=message):
            estimator.fit(case.X)


def test_a_network_that_is_not_fitted():
    pruner = RottenNeuronPruner(MLPClassifier(), cv="prefit", scoring="fidelity")
    with pytest.raises(NotFittedError, match="cv='prefit' needs a fitted estimator"):
        pruner.fit(np.ones((4, 2)))


def test_a_regressor_has_no_agreement():
    case = make("regression")
    for y in (None, case.y):
        with pytest.raises(ValueError, match="scoring='agreement' compares predicted classes"):
            prefit(case, scoring="agreement").fit(case.X, y)


# ---- training


@pytest.mark.parametrize("fine_tune", [0, 1])
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_training_is_by_labels_and_pruning_is_not(kind, fine_tune):
    case = make(kind, n=100)
    mlp = small(hidden_layer_sizes=(6,)) if kind == "multiclass" else small(PrunableMLPRegressor)
    pruner = RottenNeuronPruner(
        mlp, scoring="fidelity", n_neurons_to_select=3, random_state=0, cv=0.4,
        fine_tune=fine_tune, estimate_gain=False,
    )  # fmt: skip
    pruner.fit(case.X, case.y)
    full = pruner.pruning_path_.estimator
    held_out = [at for at in range(100) if at not in _trained_on(pruner, case)]
    found = fidelity_scorer(full)(pruner.estimator_, case.X[held_out])
    assert_allclose(pruner.pruned_score_, found, rtol=1e-6, atol=1e-12)
    assert pruner.baseline_score_ == 0
    assert pruner.pruned_score_ < 0


def _trained_on(pruner, case):
    train, _ = train_evaluation_split(
        case.y, pruner.cv, stratify=case.y.dtype.kind != "f", random_state=0, X=case.X
    )
    return set(train.tolist())


# ---- RottenNeuronPrunerCV


@pytest.mark.parametrize("rule", ["best", "one_se"])
@pytest.mark.parametrize(("kind", "scoring"), SCORINGS)
def test_a_search_compares_with_the_network_of_each_fold(kind, scoring, rule):
    case = make(kind, (5,), n=60, seed=2)
    pruner = RottenNeuronPruner(
        FrozenEstimator(case.mlp), cv="prefit", scoring=scoring, random_state=0
    )
    search = RottenNeuronPrunerCV(pruner, n_neurons_to_select=[2, 3, 5], cv=3, rule=rule)
    search.fit(case.X)
    results = search.cv_results_
    whole = 0.0 if scoring == "fidelity" else 1.0
    assert_array_equal([results[f"split{at}_test_score"][2] for at in range(3)], whole)
    assert results["mean_test_score"].max() == whole
    assert search.best_score_ == whole if rule == "best" else search.best_score_ <= whole
    with_labels = clone(search).set_params(cv=KFold(3)).fit(case.X, case.mlp.predict(case.X))
    for name in ("mean_test_score", "mean_n_neurons"):
        assert_array_equal(with_labels.cv_results_[name], results[name])


def test_a_fold_may_have_labels_that_its_training_lacks():
    """As they are not looked at, nothing is NaN, and nothing is warned of."""
    case = make("multiclass", n=60)
    y = case.y.copy()
    y[:20] = 99
    folds = [(np.arange(20, 60), np.arange(20)), (np.arange(60), np.arange(20, 40))]
    pruner = RottenNeuronPruner(small(), scoring="fidelity", random_state=0, cv=0.5)
    search = RottenNeuronPrunerCV(pruner, n_neurons_to_select=[2, 4], cv=folds).fit(case.X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert (search.cv_results_["mean_test_score"] <= 0).all()


def test_the_display_names_the_score():
    case = make("multiclass", n=60)
    pruner = prefit(case, scoring="fidelity", n_neurons_to_select=2).fit(case.X)
    display = PruningPathDisplay.from_estimator(pruner)
    assert display.score_name == "fidelity"
