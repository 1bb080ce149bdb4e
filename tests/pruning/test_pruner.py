"""`RottenNeuronPruner`: split, fit, analyse, operate; and its manners as an estimator."""

import pickle

import numpy as np
import pandas as pd
import pytest
from helpers import networks
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_digits, make_classification, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, make_scorer, mean_absolute_error
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    StratifiedShuffleSplit,
    cross_validate,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import (
    PrunableMLPClassifier,
    PrunableMLPRegressor,
    RottenNeuronPruner,
    neuron_ablation,
    prune_neurons,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

STRATEGIES = ["greedy", "one_shot"]


def classification():
    return make_classification(
        160, 8, n_informative=5, n_classes=3, flip_y=0.2, class_sep=0.7, random_state=0
    )


def noisy_digits():
    """Neurons that memorise wrong labels are rotten."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    return X[:500] / 16, np.where(rng.random(500) < 0.4, rng.permutation(y[:500]), y[:500])


def regression():
    X, y = make_regression(120, 6, noise=20.0, random_state=0)
    return X, y / 100


DATA = {"digits": noisy_digits(), "classification": classification(), "regression": regression()}
X, y = DATA["classification"]


def network(cls=PrunableMLPClassifier, **parameters):
    parameters = {"hidden_layer_sizes": (7, 5), "max_iter": 30, "random_state": 0} | parameters
    return cls(learning_rate_init=0.02, **parameters)


def pruner(estimator=None, **parameters):
    estimator = network() if estimator is None else estimator
    return RottenNeuronPruner(estimator, **{"random_state": 0} | parameters)


def halves(estimator, data, cv=0.2):
    """What `fit` does first: the whole network, and the data that it is evaluated on."""
    X, y = data
    splitter = StratifiedShuffleSplit if is_classifier(estimator) else ShuffleSplit
    train, evaluation = next(splitter(1, test_size=cv, random_state=0).split(X, y))
    return clone(estimator).fit(X[train], y[train]), X[train], X[evaluation], y[evaluation]


def sizes_of(mlp):
    return [c.shape[1] for c in mlp.coefs_[:-1]]


def removed_by(fitted):
    path = fitted.pruning_path_
    return list(zip(path.layer.tolist(), path.index.tolist(), strict=True))


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
    removed = removed_by(fitted)
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
    for layer, index in removed_by(fitted):
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
    last = prune_neurons(full, removed_by(fitted), replacement=fitted.replacement, X=X_train)
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


# ---- splits ------------------------------------------------------------------------------------


def split_of_defaults():
    return next(StratifiedShuffleSplit(1, test_size=0.2, random_state=0).split(X, y))


@pytest.mark.parametrize(
    "cv",
    [
        StratifiedShuffleSplit(1, test_size=0.2, random_state=0),
        [split_of_defaults()],
        iter([split_of_defaults()]),
    ],
    ids=["splitter", "list", "generator"],
)
def test_one_split_that_is_given(cv):
    fitted, reference = pruner(cv=cv).fit(X, y), pruner(cv=0.2).fit(X, y)
    assert_same_fit(fitted, reference)


def assert_same_fit(a, b):
    """Bit for bit."""
    assert_array_equal(a.support_, b.support_)
    assert_array_equal(a.importances_, b.importances_)
    assert_array_equal(a.pruning_path_.scores, b.pruning_path_.scores)
    assert_array_equal(a.predict_proba(X), b.predict_proba(X))
    assert_array_equal(a.transform(X), b.transform(X))


def test_same_random_state_same_bits():
    fitted = pruner(None, random_state=3).fit(X, y)
    assert_same_fit(fitted, pruner(random_state=3).fit(X, y))
    before = pickle.loads(pickle.dumps(fitted))
    assert_same_fit(fitted.fit(X, y), before)
    other = pruner(random_state=4).fit(X, y)
    assert (other.predict_proba(X) != fitted.predict_proba(X)).any()


def test_default_estimator():
    fitted = RottenNeuronPruner(random_state=0).fit(X, y)
    assert type(fitted.estimator_) is PrunableMLPClassifier
    assert len(fitted.support_) == 100
    assert fitted.estimator is None
    assert_same_fit(fitted, RottenNeuronPruner(random_state=0).fit(X, y))


def fitted_before(kind):
    if kind == "plain":
        return network(MLPClassifier).fit(X, y)
    if kind == "ours":
        return network().fit(X, y)
    if kind == "frozen":
        return FrozenEstimator(network(MLPClassifier).fit(X, y))
    return make_pipeline(StandardScaler(), network()).fit(X, y)


@pytest.mark.parametrize("kind", ["plain", "ours", "frozen", "pipeline"])
@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
def test_prefit(kind, replacement):
    estimator = fitted_before(kind)
    before = pickle.dumps(estimator)
    options = {"threshold": "mean", "replacement": replacement, "layers": 0}
    fitted = pruner(estimator, cv="prefit", **options).fit(X, y)
    assert pickle.dumps(estimator) == before
    assert fitted.estimator is estimator
    assert type(fitted.estimator_) is type(estimator)
    assert fitted.baseline_score_ == estimator.score(X, y)
    assert fitted.pruned_score_ == fitted.score(X, y)
    expected = prune_neurons(estimator, removed_by(fitted), replacement=replacement, X=X)
    assert 5 < fitted.n_neurons_ < 12
    assert_allclose(fitted.predict_proba(X), expected.predict_proba(X), rtol=1e-10)


def test_a_clone_is_trained():
    estimator = network()
    fitted = pruner(estimator).fit(X, y)
    assert fitted.estimator is estimator
    assert not hasattr(estimator, "coefs_")


def test_frozen_estimators_are_not_trained_again():
    estimator = fitted_before("frozen")
    fitted = pruner(estimator, threshold=-np.inf).fit(X[:60], y[:60])
    assert_array_equal(fitted.predict_proba(X), estimator.predict_proba(X))
    _, _, X_eval, y_eval = halves(estimator, (X[:60], y[:60]))
    assert fitted.baseline_score_ == estimator.score(X_eval, y_eval)


@pytest.mark.parametrize("seed", range(4))
def test_a_class_with_one_row(seed):
    labels = np.append(y[:-1], 99)
    fitted = pruner(network(hidden_layer_sizes=(4,), max_iter=5), random_state=seed).fit(X, labels)
    assert_array_equal(fitted.classes_, [0, 1, 2, 99])
    importances = fitted.ablation_.class_importances
    assert_array_equal(np.isnan(importances).all(axis=0), [False, False, False, True])


# ---- inputs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["ape", "bee", "cat"])[y],
        np.array(["ape", "bee", "cat"], dtype=object)[y],
        pd.Series(["ape", "bee", "cat"]).iloc[y],
        pd.Series(["ape", "bee", "cat"], dtype="category").iloc[y],
        ["ape" if label == 0 else "bee" if label == 1 else "cat" for label in y],
        y * 10 - 5,
    ],
    ids=["str", "object", "series", "categorical", "list", "int"],
)
def test_labels(labels):
    fitted, reference = pruner().fit(X, labels), pruner().fit(X, y)
    assert_array_equal(fitted.support_, reference.support_)
    assert_array_equal(fitted.predict(X), fitted.classes_[reference.predict(X)])
    assert fitted.score(X, labels) == reference.score(X, y)


@pytest.mark.parametrize("make_rows", [sparse.csr_matrix, sparse.csc_array, list, pd.DataFrame])
def test_rows(make_rows):
    rows = make_rows(np.round(X))
    fitted, reference = pruner().fit(rows, y), pruner().fit(np.round(X), y)
    assert_array_equal(fitted.support_, reference.support_)
    assert_allclose(fitted.transform(rows), reference.transform(np.round(X)), rtol=1e-10)
    assert_array_equal(fitted.predict(rows), reference.predict(np.round(X)))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])  # lbfgs leaves float64 coefficients
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes(solver, dtype):
    fitted = pruner(network(solver=solver)).fit(X.astype(dtype), y)
    assert fitted.transform(X.astype(dtype)).dtype == dtype
    assert fitted.fit_transform(X.astype(dtype), y).dtype == dtype
    assert fitted.transform(X.astype(int)).dtype == np.float64


@pytest.mark.parametrize("kind", ["multilabel", "multioutput", "poisson", "binary"])
def test_other_targets(kind):
    case = networks.make(kind, hidden=(6,), n=60)
    fitted = pruner(case.mlp, cv="prefit", threshold="mean").fit(case.X, case.y)
    assert_allclose(fitted.baseline_score_, case.mlp.score(case.X, case.y), rtol=1e-12)
    assert_allclose(fitted.pruned_score_, fitted.score(case.X, case.y), rtol=1e-12)
    assert 0 < fitted.n_neurons_ < 6
    assert ("class_importances" in fitted.ablation_) == (kind == "binary")
    trained = pruner(clone(case.mlp)).fit(case.X, case.y)
    assert trained.predict(case.X).shape == case.y.shape


FRAME = pd.DataFrame(X, columns=[f"column {i}" for i in range(8)], index=np.arange(160)[::-1])


@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
@pytest.mark.parametrize(
    "estimator", [network(), make_pipeline(StandardScaler(), network())], ids=["mlp", "pipeline"]
)
def test_frames(estimator, scoring):
    """Warnings are errors: nothing on the way may lose the names."""
    fitted = pruner(estimator, scoring=scoring).fit(FRAME, y)
    assert_array_equal(fitted.feature_names_in_, FRAME.columns)
    assert fitted.n_features_in_ == 8
    reference = pruner(estimator, scoring=scoring).fit(X, y)
    assert_array_equal(fitted.support_, reference.support_)
    for method in ("predict", "predict_proba", "transform"):
        found, expected = getattr(fitted, method)(FRAME), getattr(reference, method)(X)
        assert_allclose(found, expected, rtol=1e-10)
    assert fitted.score(FRAME, y) == reference.score(X, y)
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(FRAME.iloc[:, ::-1])
    assert not hasattr(fitted.fit(X, y), "feature_names_in_")


def test_set_output():
    fitted = pruner(threshold=0.01).set_output(transform="pandas").fit(FRAME, y)
    frame = fitted.transform(FRAME)
    assert_array_equal(frame.index, FRAME.index)
    assert frame.columns.tolist() == fitted.get_feature_names_out().tolist()
    kept = [int(name.removeprefix("hidden1_neuron")) for name in frame.columns]
    assert kept == np.flatnonzero(fitted.support_[7:]).tolist()
    assert kept != list(range(len(kept)))  # places in the whole network, not in the pruned one


def test_feature_names_out_check_the_names_in():
    fitted = pruner().fit(FRAME, y)
    assert_array_equal(fitted.get_feature_names_out(FRAME.columns), fitted.get_feature_names_out())
    with pytest.raises(ValueError, match="input_features"):
        fitted.get_feature_names_out(FRAME.columns[::-1])


# ---- inside other estimators -------------------------------------------------------------------


def test_in_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), pruner()).fit(X, y)
    reference = pruner().fit(StandardScaler().fit_transform(X), y)
    assert_array_equal(pipeline[-1].support_, reference.support_)
    assert_array_equal(pipeline.predict(X), reference.predict(StandardScaler().fit_transform(X)))
    assert pipeline.transform(X).shape == (160, len(pipeline.get_feature_names_out()))
    features = make_pipeline(pruner(), LogisticRegression()).fit(X, y)
    assert features.score(X, y) > 0.5


def test_pipelines_are_analysed_on_transformed_rows():
    scaled = make_pipeline(StandardScaler(), network())
    fitted = pruner(scaled, threshold=0.01).fit(X * 50 + 9, y)
    full, _, X_eval, y_eval = halves(scaled, (X * 50 + 9, y))
    assert fitted.baseline_score_ == full.score(X_eval, y_eval)
    assert fitted.pruned_score_ == fitted.score(X_eval, y_eval)
    assert sum(sizes_of(fitted.estimator_[-1])) == fitted.n_neurons_ < 12


def test_grid_search():
    grid = {"threshold": [-np.inf, 0.0, "mean"], "estimator__alpha": [1e-4, 1.0]}
    searches = [
        GridSearchCV(pruner(network(max_iter=5)), grid, cv=2, n_jobs=n_jobs).fit(X, y)
        for n_jobs in (1, 2)
    ]
    serial, parallel = (s.cv_results_["mean_test_score"] for s in searches)
    assert_array_equal(serial, parallel)
    assert len(set(serial)) > 1
    assert searches[1].best_estimator_.threshold == searches[1].best_params_["threshold"]
    assert_array_equal(searches[1].predict(X), searches[1].best_estimator_.predict(X))


def test_cross_validate():
    results = cross_validate(
        pruner(), X, y, scoring=["accuracy", "neg_log_loss"], return_estimator=True, cv=3
    )
    assert np.isfinite(results["test_neg_log_loss"]).all()
    assert {len(e.support_) for e in results["estimator"]} == {12}


def test_clone_and_pickle():
    fitted = pruner(threshold=0.01).fit(X, y)
    copied = clone(fitted)
    assert copied.get_params()["estimator__hidden_layer_sizes"] == (7, 5)
    assert not hasattr(copied, "estimator_")
    restored = pickle.loads(pickle.dumps(fitted))
    assert_same_fit(restored, fitted)
    assert repr(restored) == repr(fitted)


@pytest.mark.parametrize(
    ("estimator", "classifies"),
    [
        (None, True),
        (MLPClassifier(), True),
        (make_pipeline(StandardScaler(), MLPRegressor()), False),
        (FrozenEstimator(PrunableMLPRegressor()), False),
    ],
    ids=["default", "classifier", "pipeline", "frozen"],
)
def test_kind_of_estimator(estimator, classifies):
    assert is_classifier(RottenNeuronPruner(estimator)) == classifies
    assert is_regressor(RottenNeuronPruner(estimator)) != classifies


# ---- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("threshold", "foo"), ("threshold", np.nan), ("threshold", None), ("threshold", [0.0]),
        ("strategy", "slow"), ("strategy", None), ("replacement", "median"), ("replacement", None),
        ("cv", 0), ("cv", 1), ("cv", 1.0), ("cv", 1.5), ("cv", -0.1), ("cv", 5), ("cv", None),
        ("cv", "fit"), ("cv", KFold(3)), ("cv", []), ("cv", np.nan),
        ("min_neurons_per_layer", 0), ("min_neurons_per_layer", 1.5),
        ("layers", 7), ("layers", -3), ("layers", []), ("layers", "all"), ("layers", [0, 1.0]),
        ("layers", [True]), ("scoring", "foo"), ("scoring", ["accuracy"]), ("n_jobs", "all"),
        ("random_state", "seed"), ("estimator", "mlp"),
        ("threshold", "Auto"), ("criterion", "L3"), ("criterion", None),
        ("n_neurons_to_select", 0), ("n_neurons_to_select", 13), ("n_neurons_to_select", 1),
        ("n_neurons_to_select", 0.0), ("n_neurons_to_select", 1.5), ("n_neurons_to_select", [3]),
        ("n_neurons_to_select", [0, 5]), ("n_neurons_to_select", [8, 5]),
        ("n_neurons_to_select", [3, 2.5]), ("n_neurons_to_select", "half"),
        ("tol", -0.1), ("tol", np.nan), ("tol", "0"), ("alpha", 0), ("alpha", 1.0),
        ("alpha", np.nan), ("step", 0), ("step", 1.0), ("step", -1), ("step", np.nan),
        ("fine_tune", -1), ("fine_tune", 1.5), ("memory", 3), ("estimate_gain", "no"),
    ],
)  # fmt: skip
def test_errors_name_the_parameter(parameter, value):
    bad = pruner(network(max_iter=1)).set_params(**{parameter: value})
    with pytest.raises(ValueError, match=rf"\b{parameter}\b") as error:
        bad.fit(X, y)
    assert not hasattr(bad, "estimator_")
    assert str(value) in str(error.value)


def test_fine_tuning_that_cannot_be():
    with pytest.raises(ValueError, match="fine_tune=2 counts epochs, which solver='lbfgs'"):
        pruner(network(solver="lbfgs"), fine_tune=2).fit(X, y)
    with pytest.raises(ValueError, match=r"fine_tune=2 needs a training part, .* cv='prefit'"):
        pruner(network().fit(X, y), fine_tune=2, cv="prefit").fit(X, y)


def test_alpha_needs_tests():
    with pytest.raises(
        ValueError, match=r"alpha=0.1 needs the tests .* criterion='l1_incoming' has none"
    ):
        pruner(alpha=0.1, criterion="l1_incoming").fit(X, y)


def test_criteria_of_the_wrong_shape():
    with pytest.raises(ValueError, match=r"criterion=.* returned an array of shape \(3,\)"):
        pruner(criterion=lambda estimator, X, y: np.ones(3)).fit(X, y)


def test_estimators_without_network():
    with pytest.raises(TypeError, match=r"estimator must be .* got LogisticRegression\(\)"):
        RottenNeuronPruner(LogisticRegression()).fit(X, y)
    with pytest.raises(ValueError, match="no hidden layer"):
        RottenNeuronPruner(network(hidden_layer_sizes=())).fit(X, y)


@pytest.mark.parametrize("estimator", [None, network(), make_pipeline(network())], ids=type)
def test_prefit_of_what_is_not_fitted(estimator):
    with pytest.raises(NotFittedError):
        RottenNeuronPruner(estimator, cv="prefit").fit(X, y)


@pytest.mark.parametrize("use", ["get_support", "get_feature_names_out"])
def test_unfitted(use):
    with pytest.raises(NotFittedError, match="RottenNeuronPruner"):
        getattr(RottenNeuronPruner(), use)()


def test_labels_that_were_not_trained():
    rows = np.arange(160)
    with pytest.raises(ValueError, match=r"labels never seen in training: \[2\]"):
        pruner(cv=[(rows[y < 2], rows[y == 2])]).fit(X, y)


@pytest.mark.parametrize(
    ("change", "data"),
    [
        ({"layers": 7}, (X[:, :5], y)),
        ({"cv": KFold(3)}, (FRAME, y)),
        ({"n_neurons_to_select": 99}, (FRAME, y)),
        ({"estimator": network(solver="lbfgs"), "fine_tune": 1}, (FRAME, y)),
        ({"criterion": lambda estimator, X, y: np.ones(3)}, (FRAME, y)),
        ({"threshold": "auto", "cv": 0.1}, (FRAME, y)),
        ({"estimator": LogisticRegression()}, (X[:, :5], y > 0)),
        ({"scoring": "foo"}, (X[:, :5], y)),
        ({}, (X[:, :5], np.where(y == 1, np.nan, y))),
        ({}, (X[:, :5] * np.nan, y)),
        ({}, (X[:, :5], y[:-1])),
        ({}, (X[:, :5], None)),
    ],
)
def test_a_failing_fit_leaves_the_fitted_pruner_as_it_was(change, data):
    fitted = pruner().fit(X, y)
    learned = {name: pickle.dumps(v) for name, v in vars(fitted).items() if name.endswith("_")}
    with pytest.raises((ValueError, TypeError)):
        fitted.set_params(**change).fit(*data)
    now = {name: pickle.dumps(v) for name, v in vars(fitted).items() if name.endswith("_")}
    assert now == learned
    fitted.set_params(**pruner().get_params(deep=False))
    assert_same_fit(fitted, pruner().fit(X, y))


def test_nothing_is_left_of_an_earlier_fit():
    fitted = pruner().fit(FRAME, y)
    fitted.set_params(estimator=network(PrunableMLPRegressor)).fit(*DATA["regression"])
    assert not hasattr(fitted, "classes_")
    assert not hasattr(fitted, "feature_names_in_")
    assert not hasattr(fitted, "predict_proba")
    assert fitted.n_features_in_ == 6
    assert "n_fixed" not in fitted.ablation_
    assert set(vars(fitted)) == set(vars(clone(fitted).fit(*DATA["regression"])))
