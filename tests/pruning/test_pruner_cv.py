"""Tests of skneuron.pruning._pruner_cv: the choice of GridSearchCV, from one training a fold."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers import networks
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_digits, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedKFold,
    cross_validate,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skneuron import (
    PrunableMLPClassifier,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    neuron_ablation,
    prune_neurons,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def digits():
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    return X[:400] / 16, np.where(rng.random(400) < 0.2, rng.permutation(y[:400]), y[:400])


X, y = digits()
X_regression, y_regression = make_regression(150, 6, noise=20.0, random_state=0)
y_regression = y_regression / 100


def network(cls=PrunableMLPClassifier, **options):
    options = {"hidden_layer_sizes": (14, 9), "max_iter": 25, "random_state": 0} | options
    return cls(learning_rate_init=0.01, **options)


def pruner(estimator=None, **options):
    options = {"random_state": 0, "estimate_gain": False} | options
    return RottenNeuronPruner(network() if estimator is None else estimator, **options)


# ---- the same as GridSearchCV

SEARCHES = {
    "thresholds": ({}, {"threshold": [-np.inf, 0.0, 0.01, 0.03, "median", "1.5*mean"]}),
    "in no order": ({}, {"threshold": [0.02, -np.inf, 0.0]}),
    "linear": ({"replacement": "linear"}, {"threshold": [0.0, 0.01, 0.02]}),
    "mean of log-loss": (
        {"replacement": "mean", "scoring": "neg_log_loss"},
        {"threshold": [0.0, 0.05]},
    ),
    "one shot": ({"strategy": "one_shot"}, {"threshold": [-np.inf, 0.0, 0.01, np.inf]}),
    "steps": ({"step": 3}, {"threshold": [0.0, 0.02]}),
    "swap": ({"strategy": "swap"}, {"threshold": [-np.inf, 0.0]}),
    "swap, but tested": ({"strategy": "swap", "alpha": 0.9}, {"threshold": [-np.inf, 0.0]}),
    "sizes": ({}, {"n_neurons_to_select": [23, 15, 0.5, 4]}),
    "sizes in steps": ({"step": 4}, {"n_neurons_to_select": [20, 12, 0.3]}),
    "sizes of layers": ({}, {"n_neurons_to_select": [[10, 5], [5, 8]]}),
    "sizes by weights": ({"criterion": "l1_product"}, {"n_neurons_to_select": [20, 10]}),
    "fine-tuning": ({"fine_tune": 2}, {"n_neurons_to_select": [20, 10]}),
    "sizes, or the threshold": ({}, {"n_neurons_to_select": [None, 5, None, 12]}),
    "sizes, not automatic": ({"threshold": "auto"}, {"n_neurons_to_select": [5, 0.4]}),
    "obs": ({"strategy": "obs"}, {"threshold": [0.0, 0.001, 0.01, "mean"]}),
    "sizes by obs": (
        {"strategy": "obs", "replacement": "linear"},
        {"n_neurons_to_select": [23, 0.5, 2]},
    ),
    "limits": ({"min_neurons_per_layer": 6, "layers": [0]}, {"threshold": [0.0, np.inf]}),
}


def search_of(options, grid, **more):
    if "threshold" in grid:
        return RottenNeuronPrunerCV(pruner(**options), thresholds=grid["threshold"], **more)
    return RottenNeuronPrunerCV(
        pruner(**options), n_neurons_to_select=grid["n_neurons_to_select"], **more
    )


@pytest.mark.parametrize("name", SEARCHES)
def test_scores_and_choice_are_those_of_grid_search(name):
    options, grid = SEARCHES[name]
    ours = search_of(options, grid, cv=3).fit(X, y)
    theirs = GridSearchCV(pruner(**options), grid, cv=3, scoring=options.get("scoring"))
    theirs.fit(X, y)
    for key, column in theirs.cv_results_.items():
        mine = ours.cv_results_[key]
        if key == "params":
            assert mine == column
        elif key.startswith("param_"):
            assert mine.tolist() == column.tolist()
        elif "time" not in key:
            assert_allclose(mine, column, rtol=1e-9, err_msg=key)
        if key.startswith("param_"):
            assert mine.dtype == column.dtype
    assert ours.best_index_ == theirs.best_index_
    assert ours.best_params_ == theirs.best_params_
    assert_allclose(ours.best_score_, theirs.best_score_)
    assert_array_equal(ours.predict(X), theirs.predict(X))
    assert_array_equal(ours.get_support(), theirs.best_estimator_.support_)


@pytest.mark.parametrize(
    "base",
    [
        network(MLPClassifier),
        make_pipeline(MinMaxScaler(), network()),
        make_pipeline(StandardScaler(), network(MLPClassifier)),
    ],
)
def test_any_classifier(base):
    grid = {"threshold": [0.0, 0.02]}
    ours = search_of({"estimator": base}, grid, cv=3).fit(X, y)
    theirs = GridSearchCV(pruner(base), grid, cv=3).fit(X, y)
    assert_allclose(ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"])
    assert ours.best_threshold_ == theirs.best_params_["threshold"]


def test_regressors_are_not_stratified():
    base = network(MLPRegressor)
    grid = {"threshold": [0.0, 0.1]}
    ours = search_of({"estimator": base}, grid, cv=3).fit(X_regression, y_regression)
    theirs = GridSearchCV(pruner(base), grid, cv=3).fit(X_regression, y_regression)
    assert_allclose(ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"])
    assert not hasattr(ours, "predict_proba")


def test_sample_weight_is_for_training_and_scoring():
    weight = np.random.default_rng(0).uniform(0.1, 3.0, len(X))
    grid = {"threshold": [0.0, 0.02]}
    ours = search_of({}, grid, cv=3).fit(X, y, sample_weight=weight)
    for split, (train, test) in enumerate(StratifiedKFold(3).split(X, y)):
        for at, threshold in enumerate(grid["threshold"]):
            one = pruner(threshold=threshold)
            one.fit(X[train], y[train], sample_weight=weight[train])
            score = one.score(X[test], y[test], sample_weight=weight[test])
            assert_allclose(ours.cv_results_[f"split{split}_test_score"][at], score)


def test_groups_are_for_all_splitters():
    groups = np.arange(len(X)) // 8
    seen = []

    class Watching(GroupShuffleSplit):
        def split(self, X, y=None, groups=None):
            seen.append(np.unique(groups))
            return super().split(X, y, groups)

    inner = pruner(cv=Watching(n_splits=1, test_size=0.3, random_state=0))
    search = RottenNeuronPrunerCV(inner, thresholds=[0.0], cv=GroupKFold(2))
    search.fit(X, y, groups=groups)
    assert len(seen) == 3  # in two folds, and for all rows
    assert not set(seen[0]) & set(np.setdiff1d(groups, seen[0]))
    assert_array_equal(seen[2], np.unique(groups))


# ---- what is shared


def test_one_training_a_fold_and_one_for_all_rows():
    trainings = []

    class Counted(PrunableMLPClassifier):
        def fit(self, X, y, sample_weight=None):
            trainings.append(len(X))
            return super().fit(X, y, sample_weight)

    base = Counted((8,), max_iter=3, random_state=0)
    search_of({"estimator": base}, {"threshold": np.linspace(-0.1, 0.1, 13)}, cv=4).fit(X, y)
    assert len(trainings) == 5


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_change_nothing(backend):
    serial = search_of({}, {"threshold": [0.0, 0.02]}, cv=2).fit(X, y)
    with joblib.parallel_config(backend):
        parallel = search_of({}, {"threshold": [0.0, 0.02]}, cv=2, n_jobs=2).fit(X, y)
    assert_array_equal(
        serial.cv_results_["mean_test_score"], parallel.cv_results_["mean_test_score"]
    )
    assert_array_equal(serial.predict_proba(X), parallel.predict_proba(X))


class NeedsFrame(TransformerMixin, BaseEstimator):
    """A transformer for frames only."""

    def fit(self, X, y=None):
        self.columns_ = list(X.columns)
        return self

    def transform(self, X):
        return X.loc[:, :].to_numpy()


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_have_scikit_learns_configuration(backend):
    weight = np.random.default_rng(0).integers(1, 9, 400)
    with config_context(enable_metadata_routing=True, transform_output="pandas"):
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        mlp = MLPClassifier((8,), max_iter=5, random_state=0)
        mlp = mlp.set_fit_request(sample_weight="importance")
        searches = [
            RottenNeuronPrunerCV(
                pruner(make_pipeline(scaler, NeedsFrame(), mlp)), thresholds=[0.0], cv=2, n_jobs=n
            )
            for n in (None, 2)
        ]
        with joblib.parallel_config(backend):
            serial, parallel = (
                search.fit(X, y, sample_weight=weight, importance=weight[::-1])
                for search in searches
            )
    assert_array_equal(
        serial.cv_results_["mean_test_score"], parallel.cv_results_["mean_test_score"]
    )


@pytest.mark.parametrize("cls", [networks.Interrupted, networks.OursInterrupted])
def test_ctrl_c_ends_the_search(cls, monkeypatch):
    monkeypatch.setattr(cls, "calm", False)
    trainings = []

    class Counted(cls):
        def fit(self, *arguments, **options):
            trainings.append(1)
            return super().fit(*arguments, **options)

    search = search_of({"estimator": Counted((8,), random_state=0)}, {"threshold": [0.0]}, cv=3)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    assert len(trainings) == 1
    assert not hasattr(search, "pruner_")


# ---- the rule


def test_one_se_never_takes_more_neurons_than_best():
    grid = {"threshold": [-np.inf, 0.0, 0.005, 0.01, 0.02]}
    best = search_of({}, grid, cv=3).fit(X, y)
    frugal = search_of({}, grid, cv=3, rule="one_se").fit(X, y)
    sizes = best.cv_results_["mean_n_neurons"]
    assert sizes[frugal.best_index_] <= sizes[best.best_index_]
    assert sizes[0] == 23


# ---- as an estimator


def test_results_are_a_table():
    search = search_of({}, {"threshold": [-np.inf, 0.0, "mean"]}, cv=3).fit(X, y)
    frame = pd.DataFrame(search.cv_results_)
    assert len(frame) == 3
    assert frame["param_threshold"].tolist() == [-np.inf, 0.0, "mean"]
    assert search.n_splits_ == 3
    assert search.best_score_ == frame["mean_test_score"].max()


def test_what_is_fitted_is_a_pruner_with_the_best_candidate():
    search = search_of({}, {"threshold": [0.0, 0.02]}, cv=3).fit(X, y)
    again = pruner(threshold=search.best_threshold_).fit(X, y)
    assert_array_equal(again.predict_proba(X), search.predict_proba(X))
    assert_array_equal(again.transform(X), search.transform(X))
    assert_array_equal(again.get_feature_names_out(), search.get_feature_names_out())
    assert search.score(X, y) == again.score(X, y)
    assert_array_equal(search.classes_, np.unique(y))


def test_inspection_looks_inside():
    search = search_of({}, {"threshold": [0.0]}, cv=2).fit(X, y)
    ablation = neuron_ablation(search, X, y)
    assert len(ablation.index) == search.pruner_.n_neurons_
    assert ablation.baseline_score == search.score(X, y)
    scored = neuron_ablation(search, X, y, scoring=lambda e, X, y: e.score(X, y))
    assert_allclose(scored.importances, ablation.importances, atol=1e-12)
    smaller = prune_neurons(search, [(0, 0)])
    assert smaller.pruner_.n_neurons_ == search.pruner_.n_neurons_ - 1
    assert smaller.get_support().sum() == search.get_support().sum() - 1


def test_clone_pickle_and_parameters():
    search = search_of({"replacement": "linear"}, {"threshold": [0.0, 0.01]}, cv=2)
    assert clone(search).get_params()["pruner__replacement"] == "linear"
    search.set_params(pruner__replacement="mean").fit(X, y)
    again = pickle.loads(pickle.dumps(search))
    assert_array_equal(again.predict(X), search.predict(X))
    assert not hasattr(clone(search), "cv_results_")


def test_data_frames_keep_their_names():
    frame = pd.DataFrame(X).add_prefix("pixel")
    search = search_of({}, {"threshold": [0.0]}, cv=2).fit(frame, y)
    assert search.feature_names_in_.tolist() == list(frame.columns)
    table = search.set_output(transform="pandas").transform(frame)
    assert table.columns.tolist() == search.get_feature_names_out().tolist()


def test_cross_validate_scores_the_whole_procedure():
    scores = cross_validate(search_of({}, {"threshold": [0.0, 0.01]}, cv=2), X, y, cv=2)
    assert (scores["test_score"] > 0.3).all()


def test_a_frozen_network_is_pruned_in_every_fold():
    frozen = FrozenEstimator(network().fit(X, y))
    search = search_of({"estimator": frozen, "cv": "prefit"}, {"threshold": [0.0]}, cv=2)
    search.fit(X, y)
    assert search.pruner_.n_neurons_ <= 23


def test_not_fitted():
    search = RottenNeuronPrunerCV(pruner())
    for method in ("predict", "transform", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(search, method)(X)
    with pytest.raises(NotFittedError):
        search.get_feature_names_out()


# ---- bad input


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"thresholds": []}, ValueError, "no candidates"),
        ({"thresholds": [0.0, "medium"]}, ValueError, "threshold='medium'"),
        ({"thresholds": [np.nan]}, ValueError, "threshold=nan"),
        ({"thresholds": ["auto"]}, ValueError, "'auto'"),
        ({"n_neurons_to_select": []}, ValueError, "no candidates"),
        ({"n_neurons_to_select": [500]}, ValueError, "n_neurons_to_select=500"),
        ({"rule": "worst"}, ValueError, "rule"),
        ({"cv": 1}, ValueError, "'cv' parameter .* Got 1"),
        ({"cv": KFold(500)}, ValueError, "500"),
        ({"cv": []}, ValueError, r"cv=\[\] yields no split"),
        ({"cv": [(range(9), [])]}, ValueError, "without samples"),
        ({"cv": [(range(9), [400])]}, ValueError, "no positions of samples"),
        ({"thresholds": [np.array([1, 2])]}, ValueError, "threshold=array"),
        ({"n_neurons_to_select": [5, [1, 2, 3]]}, ValueError, r"n_neurons_to_select=\[1, 2, 3\]"),
        (
            {"pruner": pruner(threshold="auto"), "n_neurons_to_select": [5, None]},
            ValueError,
            "n_neurons_to_select contains None",
        ),
        ({"pruner": network()}, TypeError, "RottenNeuronPruner"),
        ({"pruner": pruner(pruner())}, TypeError, "estimator=RottenNeuronPruner"),
        ({"pruner": pruner(scoring="acuracy")}, ValueError, "acuracy"),
        ({"pruner": pruner(n_neurons_to_select=5)}, ValueError, "n_neurons_to_select=5"),
        ({"pruner": pruner(tol=0.1)}, ValueError, "tol=0.1"),
    ],
)
def test_bad_input(options, error, message):
    fitted = RottenNeuronPrunerCV(pruner(), thresholds=[0.0], cv=2).fit(X, y)
    before = dict(vars(fitted))
    fitted.set_params(**options)
    with pytest.raises(error, match=message):
        fitted.fit(X, y)
    assert_not_fitted_anew(fitted, before)


def assert_not_fitted_anew(fitted, before):
    after = {name: value for name, value in vars(fitted).items() if name.endswith("_")}
    assert all(value is before[name] for name, value in after.items())
    assert "pruner_" in after


def test_a_generator_yields_folds_once():
    fitted = RottenNeuronPrunerCV(pruner(), thresholds=[0.0], cv=KFold(2).split(X)).fit(X, y)
    before = dict(vars(fitted))
    with pytest.raises(ValueError, match=r"cv=<generator .* yields no split: a generator does so"):
        fitted.fit(X, y)
    assert_not_fitted_anew(fitted, before)


@pytest.mark.parametrize("n", [399, 401, 4])
def test_weights_of_other_rows(n):
    search = RottenNeuronPrunerCV(pruner(), thresholds=[0.0], cv=2)
    with pytest.raises(ValueError, match=rf"sample_weight.shape == \({n},\), expected \(400,\)"):
        search.fit(X, y, sample_weight=np.ones(n))
