"""`to_sklearn`: scikit-learn's own classes only, which predict the same."""

import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers.child_python import run_python
from helpers.saved import ESTIMATORS, LABELS, X, fitted_objects
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_digits
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from skneuron import (
    PrunableMLPClassifier,
    PrunableMLPRegressor,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    prune_neurons,
    to_sklearn,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FRAME = pd.DataFrame(X, columns=["height", "width", "depth", "weight"])


def network(cls=PrunableMLPClassifier, **parameters):
    return cls(hidden_layer_sizes=(5, 3), max_iter=3, random_state=0, **parameters)


def pruner(estimator=None, **parameters):
    estimator = network() if estimator is None else estimator
    options = {"estimate_gain": False, "n_neurons_to_select": 5, "random_state": 0}
    return RottenNeuronPruner(estimator, **(options | parameters))


def objects_in(root):
    """Everything that a pickle of it names, as module and name."""
    named = set()

    class Names(pickle._Unpickler):
        def find_class(self, module, name):
            named.add((module, name))
            return super().find_class(module, name)

    Names(io.BytesIO(pickle.dumps(root))).load()
    return named


def assert_plain(found):
    assert {m.partition(".")[0] for m, _ in objects_in(found)} <= {"sklearn", "numpy", "builtins"}


def assert_predicts_the_same(found, fitted, rows=X):
    expected = fitted.predict(rows)
    if expected.dtype.kind == "f":
        assert_allclose(found.predict(rows), expected, rtol=1e-12)
    else:
        assert_array_equal(found.predict(rows), expected)
        assert_array_equal(found.classes_, fitted.classes_)
        assert_allclose(found.predict_proba(rows), fitted.predict_proba(rows), rtol=1e-10)
    assert found.n_features_in_ == fitted.n_features_in_


@pytest.mark.parametrize("name", ESTIMATORS)
def test_fitted_objects(name):
    fitted = fitted_objects()[name]
    found = to_sklearn(fitted)
    assert_plain(found)
    assert_predicts_the_same(found, fitted)


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name != "pipeline"])
def test_the_method_does_the_same(name):
    fitted = fitted_objects()[name]
    found = fitted.to_sklearn()
    assert type(found) is type(to_sklearn(fitted))
    assert_plain(found)
    assert_array_equal(found.predict(X), to_sklearn(fitted).predict(X))


def test_forms():
    objects = fitted_objects()
    assert type(to_sklearn(objects["pruner"])) is MLPClassifier
    assert type(to_sklearn(objects["pruner_cv"])) is MLPClassifier
    assert type(to_sklearn(objects["pruner_of_regressor"])) is MLPRegressor
    assert type(to_sklearn(objects["pruner_of_frozen"])) is FrozenEstimator
    for name, last in (
        ("pruner_of_pipeline", "prunablemlpclassifier"),
        ("pipeline", "rottenneuronpruner"),
    ):
        pipeline = to_sklearn(objects[name])
        assert type(pipeline) is Pipeline
        assert list(pipeline.named_steps) == ["standardscaler", last]
        assert type(pipeline[-1]) is MLPClassifier
    pruned = to_sklearn(objects["pruner"])
    assert sum(pruned.hidden_layer_sizes) == objects["pruner"].n_neurons_ == 5


def test_scikit_learn_alone_loads_and_predicts(tmp_path):
    """In a process that cannot import this package."""
    fitted = fitted_objects()["pipeline"]
    file = tmp_path / "plain.pkl"
    file.write_bytes(pickle.dumps(to_sklearn(fitted)))
    script = f"""
import json, pickle, sys
from pathlib import Path
sys.modules["skneuron"] = None
plain = pickle.loads(Path({str(file)!r}).read_bytes())
print(json.dumps(plain.predict([[0.5, 1, -1, 0], [-1, 0, 1, 2]]).tolist()))
"""
    expected = fitted.predict([[0.5, 1, -1, 0], [-1, 0, 1, 2]]).tolist()
    assert run_python(script).result == expected


def test_nothing_is_shared_or_changed():
    fitted = pruner(make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=2))).fit(
        X, LABELS
    )
    before = fitted.predict_proba(X)
    plain = to_sklearn(fitted)
    plain[0].mean_[:] = 9
    for array in (*plain[-1].coefs_, *plain[-1].intercepts_):
        array[:] = 0
    assert_array_equal(fitted.predict_proba(X), before)
    assert hasattr(fitted.estimator_[-1], "_optimizer")
    assert not hasattr(plain[-1], "_optimizer")


def test_callbacks_stay_behind():
    for cls in (MLPClassifier, PrunableMLPClassifier):
        fitted = network(cls).fit(X, LABELS)
        fitted._skl_callbacks = [print]
        plain = to_sklearn(make_pipeline(FrozenEstimator(fitted)))[-1].estimator
        assert not hasattr(plain, "_skl_callbacks")
        assert fitted._skl_callbacks == [print]


def test_names_of_features_are_kept():
    for wrap in (lambda e: e, lambda e: make_pipeline(MinMaxScaler(), e)):
        for fitted in (
            pruner(wrap(network())).fit(FRAME, LABELS),
            wrap(pruner()).fit(FRAME, LABELS),
        ):
            plain = to_sklearn(fitted)
            assert_array_equal(plain.feature_names_in_, FRAME.columns)
            assert_predicts_the_same(plain, fitted, FRAME)
            with pytest.raises(ValueError, match="feature names should match"):
                plain.predict(FRAME[FRAME.columns[::-1]])


def test_partial_fit_goes_on_from_the_weights():
    plain = to_sklearn(pruner().fit(X, LABELS))
    before = [c.copy() for c in plain.coefs_]
    plain.partial_fit(X, LABELS)
    assert max(np.abs(a - b).max() for a, b in zip(plain.coefs_, before, strict=True)) < 0.002
    plain.set_params(early_stopping=False).fit(X, LABELS)
    assert plain.hidden_layer_sizes == tuple(c.shape[1] for c in before[:-1])


def test_pruned_again():
    fitted = prune_neurons(pruner().fit(X, LABELS), [(0, 0)])
    assert_predicts_the_same(to_sklearn(fitted), fitted)


def test_grid_searches_give_their_best_estimator():
    steps = make_pipeline(StandardScaler(), pruner())
    search = GridSearchCV(steps, {"rottenneuronpruner__n_neurons_to_select": [5, 6]}, cv=2)
    search.fit(X, LABELS)
    plain = to_sklearn(search)
    assert type(plain) is Pipeline
    assert_plain(plain)
    assert_predicts_the_same(plain, search)
    for unfitted in (
        GridSearchCV(network(), {}),
        GridSearchCV(network(), {}, refit=False, cv=2).fit(X, LABELS),
    ):
        with pytest.raises(NotFittedError, match=r"GridSearchCV has no best_estimator_: fit it"):
            to_sklearn(unfitted)


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_transformed_targets_stay_transformed(in_pipeline):
    y = 1e3 + 1e2 * X @ [1.0, -2.0, 0.5, 1.0]
    regressor = pruner(network(PrunableMLPRegressor))
    if in_pipeline:
        regressor = make_pipeline(StandardScaler(), regressor)
    fitted = TransformedTargetRegressor(regressor, transformer=StandardScaler()).fit(X, y)
    plain = to_sklearn(fitted)
    assert_plain(plain)
    assert_allclose(plain.predict(X), fitted.predict(X), rtol=1e-12)
    assert 500 < plain.predict(X).mean() < 1500
    inner = plain.regressor_[-1] if in_pipeline else plain.regressor_
    assert type(inner) is MLPRegressor
    assert sum(inner.hidden_layer_sizes) == 5
    assert_plain(plain.fit(X, y))  # no pruner is trained again
    assert (
        "skneuron" in type(fitted.regressor.steps[-1][1] if in_pipeline else regressor).__module__
    )
    with pytest.raises(NotFittedError, match="TransformedTargetRegressor"):
        to_sklearn(TransformedTargetRegressor(regressor))


def test_nested_at_will():
    inner = make_pipeline(MinMaxScaler(), FrozenEstimator(network().fit(X, LABELS)))
    search = RottenNeuronPrunerCV(
        pruner(make_pipeline(StandardScaler(), network())), n_neurons_to_select=[5], cv=2
    )
    outer = make_pipeline(MinMaxScaler(), make_pipeline(StandardScaler(), search)).fit(X, LABELS)
    for fitted in (inner.fit(X), outer, FrozenEstimator(outer)):
        plain = to_sklearn(fitted)
        assert_plain(plain)
        assert_predicts_the_same(plain, fitted)


@pytest.mark.parametrize("kind", [str, lambda folder: joblib.Memory(folder, verbose=0)])
def test_settings_of_pipelines_are_kept(tmp_path, kind):
    steps = [("scale", StandardScaler()), ("net", network())]
    fitted = Pipeline(steps, memory=kind(str(tmp_path)), verbose=False).fit(X, LABELS)
    fitted.transform_input = ["X_val"]  # which fit takes with metadata routing only
    plain = to_sklearn(fitted)
    assert plain.get_params()["memory"] == str(tmp_path)
    assert plain.transform_input == ["X_val"]
    assert not plain.verbose


def test_pipelines_that_do_not_end_in_an_estimator():
    scaler = make_pipeline(StandardScaler(), "passthrough").fit(X)
    assert_array_equal(to_sklearn(scaler).transform(X), scaler.transform(X))


def test_samplers_are_left_out():
    class Sampler(FunctionTransformer):
        def fit_resample(self, X, y):
            raise AssertionError("predictions do not come here")

    fitted = make_pipeline(StandardScaler(), Sampler(), network())
    fitted.fit(X, LABELS)
    plain = to_sklearn(fitted)
    assert [type(step) for step in plain] == [StandardScaler, MLPClassifier]
    assert_predicts_the_same(plain, fitted)


def test_what_has_nothing_of_ours_is_copied():
    fitted = LogisticRegression().fit(X, LABELS)
    plain = to_sklearn(fitted)
    assert plain is not fitted
    assert_array_equal(plain.predict(X), fitted.predict(X))


def test_unfitted_networks_and_pruners():
    plain = to_sklearn(network(PrunableMLPRegressor))
    assert type(plain) is MLPRegressor
    for unfitted in (pruner(), RottenNeuronPrunerCV(), make_pipeline(StandardScaler(), pruner())):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            to_sklearn(unfitted)
    with pytest.raises(NotFittedError):
        pruner().to_sklearn()


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (make_pipeline(pruner(), LogisticRegression()),
         r"The step 'rottenneuronpruner' of the Pipeline is a RottenNeuronPruner, which has no"),
        (make_pipeline(ColumnTransformer([("few", pruner(), [0])]), network()),
         r"'columntransformer' of the Pipeline has in transformers\[0\]\[1\] a Rotten"),
        (VotingClassifier([("a", LogisticRegression()), ("b", network())]),
         r"^estimator has in estimators\[1\]\[1\] a PrunableMLPClassifier"),
        (FunctionTransformer(pruner().fit), r"has in func\.__self__ a RottenNeuronPruner"),
        (TunedThresholdClassifierCV(pruner()), "^estimator has in estimator a RottenNeuronPruner"),
        (make_pipeline(FunctionTransformer(to_sklearn), network()), r"has in func a to_sklearn"),
        (FunctionTransformer(kw_args={"a": {"b": network()}}), r"in kw_args\['a'\]\['b'\] a P"),
        (FunctionTransformer(kw_args={"a": np.array([None, network()])}), r"kw_args\['a'\]\[1\]"),
        (None, "estimator=None is no estimator"),
        ("pruner", "estimator='pruner' is no estimator"),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_cannot_be_converted_is_named(estimator, message):
    with pytest.raises(TypeError, match=message):
        to_sklearn(estimator)


def test_wider_networks_of_digits():
    """More samples than a chunk of ours has, of two types."""
    digits, y = load_digits(return_X_y=True)
    fitted = pruner(network(early_stopping=True, class_weight="balanced")).fit(digits / 16, y)
    for rows in (digits / 16, (digits / 16).astype(np.float32)):
        assert_predicts_the_same_to(fitted, rows, rtol=1e-10 if rows.dtype == np.float64 else 1e-4)


def assert_predicts_the_same_to(fitted, rows, rtol):
    plain = to_sklearn(fitted)
    assert_array_equal(plain.predict(rows), fitted.predict(rows))
    assert_allclose(plain.predict_proba(rows), fitted.predict_proba(rows), rtol=rtol)
