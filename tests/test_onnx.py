"""Graphs of ONNX, run by onnxruntime, predict what the estimators predict."""

import importlib
import re
import warnings

import numpy as np
import pytest
from helpers.child_python import run_python
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.ensemble import StackingClassifier, VotingClassifier, VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import (
    PrunableMLPClassifier,
    PrunableMLPRegressor,
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, digits = load_digits(return_X_y=True)
X, digits = X[:200] / 16, digits[:200]
NAMES = np.array(
    ["nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "n\u00fdn"]
)
SEVERAL = np.column_stack([digits > 4, digits % 2 == 0, digits < 2]).astype(int)
NUMBERS = np.column_stack([digits, -digits]) / 2


def fit(estimator, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X, y)


def network(cls=PrunableMLPClassifier, **parameters):
    options = {"hidden_layer_sizes": (6, 5), "max_iter": 20, "random_state": 0}
    return cls(**(options | parameters))


def regressor(**parameters):
    return network(PrunableMLPRegressor, **parameters)


def pruner(estimator=None, **parameters):
    estimator = network() if estimator is None else estimator
    options = {"estimate_gain": False, "n_neurons_to_select": 8, "random_state": 0}
    return RottenNeuronPruner(estimator, **(options | parameters))


def scaled(estimator):
    return make_pipeline(StandardScaler(), estimator)


TWO = [("a", network()), ("b", pruner())]
CLASSIFIERS = {
    "several classes": (network(), digits),
    "two classes": (network(activation="tanh"), (digits > 4).astype(int)),
    "one class": (network(), np.full(200, "only")),
    "truths": (network(), digits > 4),
    "names": (network(), NAMES[digits]),
    "labels beyond 32 bits": (network(), digits.astype(np.int64) * 10**10),
    "whole numbers as floats": (network(), digits * 1.0),
    "several labels": (network(activation="logistic"), SEVERAL),
    "two labels": (network(activation="identity"), SEVERAL[:, :2]),
    "no hidden layer": (network(hidden_layer_sizes=()), digits),
    "dropout, sgd, early stopping": (
        network(dropout=0.2, solver="sgd", early_stopping=True, class_weight="balanced"), digits,
    ),
    "lbfgs": (network(solver="lbfgs"), digits),
    "in a Pipeline": (scaled(network()), digits),
    "pruner": (pruner(), NAMES[digits]),
    "pruner, two classes": (pruner(replacement="linear"), digits > 4),
    "pruner, several labels": (pruner(), SEVERAL),
    "pruner in a Pipeline": (scaled(pruner()), digits),
    "pruner of a Pipeline": (pruner(scaled(network())), digits),
    "pruner of scikit-learn's, two labels": (pruner(network(MLPClassifier)), SEVERAL[:, :2]),
    "pruner of a frozen one": (
        pruner(FrozenEstimator(fit(network(), digits)), cv="prefit"), digits
    ),
    "cross-validated": (
        scaled(RottenNeuronPrunerCV(pruner(), n_neurons_to_select=[8], cv=2)), digits
    ),
    "grid search": (
        GridSearchCV(scaled(pruner()), {"rottenneuronpruner__step": [1]}, cv=2), digits
    ),
    "voting": (VotingClassifier(TWO, voting="soft", flatten_transform=False), digits),
    "stacking": (StackingClassifier(TWO, LogisticRegression(), cv=2), digits),
    "calibrated": (CalibratedClassifierCV(pruner(), cv=2), digits),
}  # fmt: skip
REGRESSORS = {
    "one output": (regressor(), digits / 2),
    "two outputs": (regressor(activation="tanh"), NUMBERS),
    "Poisson": (regressor(loss="poisson"), digits / 2),
    "in a Pipeline": (scaled(regressor()), NUMBERS),
    "pruner": (pruner(regressor(), replacement="mean"), digits / 2),
    "pruner of scikit-learn's": (pruner(scaled(network(MLPRegressor))), NUMBERS),
    "cross-validated": (
        RottenNeuronPrunerCV(pruner(regressor()), n_neurons_to_select=[8], cv=2), digits / 2
    ),
    "voting": (VotingRegressor([("a", regressor()), ("b", pruner(regressor()))]), digits / 2),
}  # fmt: skip
# Relative to the largest output: of a network of float32 and of float64.
PRECISION = {np.float32: 1e-5, np.float64: 1e-13}
each_precision = pytest.mark.parametrize("dtype", PRECISION, ids=lambda dtype: dtype.__name__)


@pytest.fixture(scope="module")
def to_onnx():
    reason = "skl2onnx, onnx or onnxruntime is not installed: see the extra 'onnx'"
    for module in ("onnxruntime", "skl2onnx"):
        pytest.importorskip(module, reason=reason)
    importlib.import_module("skneuron.onnx")
    return importlib.import_module("skl2onnx").to_onnx


def run(model, rows):
    """The outputs by name."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"X": rows}), strict=True))


@each_precision
@pytest.mark.parametrize("case", CLASSIFIERS)
def test_classifiers(to_onnx, case, dtype):
    estimator, y = CLASSIFIERS[case]
    fitted, rows = fit(estimator, y), X.astype(dtype)
    found = run(to_onnx(fitted, rows[:1], options={"zipmap": False}), rows)
    labels, probabilities = found.values()
    assert probabilities.dtype == dtype
    assert labels.dtype.kind == ("O" if y.dtype.kind == "U" else "i")
    assert_array_equal(labels, fitted.predict(rows))
    assert_allclose(probabilities, fitted.predict_proba(rows), rtol=0, atol=PRECISION[dtype])


@each_precision
@pytest.mark.parametrize("case", REGRESSORS)
def test_regressors(to_onnx, case, dtype):
    estimator, y = REGRESSORS[case]
    fitted, rows = fit(estimator, y), X.astype(dtype)
    (found,) = run(to_onnx(fitted, rows[:1]), rows).values()
    assert found.dtype == dtype
    assert found.shape == y.reshape(len(y), -1).shape  # a column for one output
    assert_allclose(
        found.reshape(y.shape), fitted.predict(rows), rtol=0, atol=10 * PRECISION[dtype]
    )


@pytest.mark.parametrize("wrap", [network, pruner, lambda: scaled(pruner())])
def test_options_of_classifiers(to_onnx, wrap):
    """Those of scikit-learn's own: probabilities by class, or one output for each class."""
    fitted, rows = fit(wrap(), NAMES[digits]), X.astype(np.float32)
    by_class = run(to_onnx(fitted, rows[:1]), rows)["output_probability"]
    assert by_class[0].keys() == {*NAMES}
    values = [[row[name] for name in fitted.classes_] for row in by_class]
    assert_allclose(values, fitted.predict_proba(rows), atol=1e-5)
    columns = run(to_onnx(fitted, rows[:1], options={id(fitted): {"zipmap": "columns"}}), rows)
    assert len(columns) == 11
    options = {"zipmap": False, "output_class_labels": True}
    named = run(to_onnx(fitted, rows[:1], options={id(fitted): options}), rows)
    assert_array_equal(named["class_labels"], fitted.classes_)


def test_any_number_of_samples_and_integers(to_onnx):
    fitted = network().fit((X > 0.5).astype(np.int64), digits)
    model = to_onnx(fitted, np.ones((1, 64), np.int64), options={"zipmap": False})
    for rows in ((X > 0.5)[:1], (X > 0.5)[:77]):
        labels, probabilities = run(model, rows.astype(np.int64)).values()
        assert_array_equal(labels, fitted.predict(rows))
        assert probabilities.shape == (len(rows), 10)


def test_labels_that_onnx_has_not(to_onnx):
    fitted = network().fit(X, digits)
    fitted.classes_ = np.arange(10) / 2
    with pytest.raises(
        ValueError, match=r"classes_=array\(\[0\. , 0\.5.* integers or strings only"
    ):
        to_onnx(fitted, X[:1], options={"zipmap": False})


def test_unfitted_pruners(to_onnx):
    with pytest.raises(Exception, match="not fitted yet"):
        to_onnx(pruner(), X[:1])


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (make_pipeline(pruner(), LogisticRegression()), "'rottenneuronpruner', .* this Pipeline"),
        (make_pipeline(scaled(pruner()), network()), "'pipeline', a Rotten.* in this Pipeline"),
        (make_pipeline(FeatureUnion([("a", pruner())]), network()), "'a', .* this FeatureUnion"),
        (
            make_pipeline(ColumnTransformer([("few", pruner(), slice(9, 40))]), network()),
            "'few', .* this ColumnTransformer: skneuron.onnx converts what pruners predict, not",
        ),
    ],
    ids=["step", "nested step", "part of a union", "of some columns"],
)
def test_pruners_as_transformers_are_refused(to_onnx, estimator, message):
    with pytest.raises(TypeError, match=message):
        to_onnx(fit(estimator, digits), X[:1])


def test_transformers_of_others_are_converted_as_ever(to_onnx):
    columns = ColumnTransformer([("a", StandardScaler(), slice(0, 40)), ("b", "drop", [50])])
    fitted = fit(make_pipeline(FeatureUnion([("columns", columns)]), pruner()), digits)
    rows = X.astype(np.float32)
    labels, _ = run(to_onnx(fitted, rows[:1], options={"zipmap": False}), rows).values()
    assert_array_equal(labels, fitted.predict(rows))


@pytest.mark.parametrize("wrap", [network, pruner])
def test_inputs_that_are_no_matrix_of_numbers(to_onnx, wrap):
    from skl2onnx import convert_sklearn
    from skl2onnx.common import data_types

    fitted = fit(wrap(), digits)
    columns = [(name, data_types.FloatTensorType([None, 32])) for name in "ab"]
    with pytest.raises(Exception, match=r"at most 1 input\(s\)"):
        convert_sklearn(fitted, initial_types=columns)
    with pytest.raises(Exception, match=r"wrong type .*String"):
        convert_sklearn(fitted, initial_types=[("X", data_types.StringTensorType([None, 64]))])


def test_nothing_is_changed(to_onnx):
    fitted = pruner(scaled(network(MLPClassifier))).fit(X, digits)
    before = fitted.predict_proba(X)
    to_onnx(fitted, X[:1], options={"zipmap": False})
    assert type(fitted.estimator_[-1]) is MLPClassifier
    assert_array_equal(fitted.predict_proba(X), before)


def test_without_skl2onnx_it_is_said_what_to_install():
    script = """
import json, sys
sys.modules["skl2onnx"] = None
import skneuron
try:
    import skneuron.onnx
except ImportError as error:
    print(json.dumps(str(error)))
"""
    message = run_python(script).result
    assert re.fullmatch(
        r"skneuron\.onnx needs skl2onnx and onnx, which are not installed \(.*skl2onnx.*\): "
        r'python -m pip install "skneuron\[onnx\]"',
        message,
    )


def test_the_package_does_without():
    """Its own module is not imported with it, and does not hide the `onnx` of others."""
    script = """
import json, sys
import skneuron, skneuron.study
before = [name for name in sys.modules if "onnx" in name]
print(json.dumps([before, "skops" in sys.modules]))
"""
    assert run_python(script).result == [[], False]


def test_every_case_is_what_its_table_says():
    assert all(is_classifier(estimator) for estimator, _ in CLASSIFIERS.values())
    assert not any(is_classifier(estimator) for estimator, _ in REGRESSORS.values())
