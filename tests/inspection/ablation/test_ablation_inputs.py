"""Tests of neuron_ablation: every form of input, and what is said of wrong ones."""

import re

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers.networks import SKLEARN, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, neuron_ablation

each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])


def assert_same(actual, expected, **tolerance):
    """Two ablations agree; bit for bit if no tolerance is given."""
    assert actual.keys() == expected.keys()
    for name in expected:
        if tolerance and np.asarray(expected[name]).dtype.kind == "f":
            assert_allclose(actual[name], expected[name], err_msg=name, **tolerance)
        else:
            assert_array_equal(actual[name], expected[name], err_msg=name)


# ---- every form of input

FORMS = {
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
    "csc_matrix": sparse.csc_matrix,
    "csc_array": sparse.csc_array,
    "coo_array": sparse.coo_array,
    "int64": lambda X: X.astype(np.int64),
    "int8": lambda X: X.astype(np.int8),
    "float32": lambda X: X.astype(np.float32),
    "float16": lambda X: X.astype(np.float16),
    "longdouble": lambda X: X.astype(np.longdouble),
    "big endian": lambda X: X.astype(">f8"),
    "object": lambda X: X.astype(object),
    "Fortran order": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": lambda X: X[::-1].copy()[::-1],
    "list": lambda X: X.tolist(),
    "frame": pd.DataFrame,
}


@pytest.fixture(scope="module", params=["multiclass", "binary", "regression"])
def exact(request):
    """A case whose integer data and few-bit weights are exact in any dtype."""
    return make(request.param, (4, 3), n=60, dyadic=True)


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear", "resample"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_X(exact, form, replacement):
    def ablation(convert):
        return neuron_ablation(
            exact.mlp, convert(exact.X), exact.y, replacement=replacement,
            X_ref=convert(exact.X_ref), random_state=0, n_repeats=2,
        )  # fmt: skip

    tolerance = {"rtol": 1e-13, "atol": 1e-13}
    if replacement == "linear":  # coefficients are not exact, as all else is in this case
        tolerance = {"rtol": 1e-6, "atol": 1e-6}
    assert_same(ablation(FORMS[form]), ablation(np.asarray), **tolerance)


@pytest.mark.parametrize("replacement", ["zero", "mean", "linear", "resample"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_read_only_and_memory_mapped_arrays(exact, dtype, replacement, tmp_path):
    arrays = {"X": exact.X.astype(dtype), "y": exact.y, "weight": np.arange(60.0)}
    expected = None
    for form in ("plain", "read-only", "mapped"):
        given_arrays = {}
        for name, a in arrays.items():
            np.save(tmp_path / f"{name}.npy", a)
            mapped = np.load(tmp_path / f"{name}.npy", mmap_mode="r" if form == "mapped" else None)
            if form == "read-only":
                mapped.flags.writeable = False
            given_arrays[name] = mapped
        actual = neuron_ablation(
            exact.mlp,
            given_arrays["X"],
            given_arrays["y"],
            sample_weight=given_arrays["weight"],
            replacement=replacement,
            X_ref=given_arrays["X"],
            random_state=0,
        )
        expected = actual if expected is None else expected
        assert_same(actual, expected)


@pytest.mark.parametrize("scoring", [None, "neg_log_loss", "roc_auc_ovr"])
def test_read_only_networks(scoring):
    case = make(hidden=(4, 3))
    expected = neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
    for a in case.mlp.coefs_ + case.mlp.intercepts_:
        a.flags.writeable = False
    assert_same(neuron_ablation(case.mlp, case.X, case.y, scoring=scoring), expected)


@pytest.mark.parametrize("kind", ["strings", "regression", "multilabel"])
def test_frames_with_feature_names(kind):
    case = make(kind, (4, 3))
    columns = ["a", "b", "c"]
    frame, frame_ref = (pd.DataFrame(X, columns=columns) for X in (case.X, case.X_ref))
    y = pd.DataFrame(case.y) if case.y.ndim > 1 else pd.Series(case.y)
    expected = neuron_ablation(case.mlp, case.X, case.y, replacement="mean", X_ref=case.X_ref)
    case.mlp.feature_names_in_ = np.array(columns, dtype=object)
    actual = neuron_ablation(case.mlp, frame, y, replacement="mean", X_ref=frame_ref)
    assert_same(actual, expected)
    with pytest.raises(ValueError, match="feature names should match"):
        neuron_ablation(case.mlp, frame[["b", "a", "c"]], y)


@each_replacement
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda case, scaler: make_pipeline(scaler, case.mlp),
        lambda case, scaler: FrozenEstimator(Pipeline([("s", scaler), ("m", case.mlp)])),
        lambda case, scaler: make_pipeline(scaler, FrozenEstimator(case.mlp)),
        lambda case, scaler: make_pipeline(scaler.set_output(transform="pandas"), case.mlp),
    ],
)
@pytest.mark.filterwarnings("ignore:X has feature names")
def test_networks_inside_other_estimators(kind, wrap, replacement):
    case = make(kind, (4, 3))
    scaler = StandardScaler().fit(case.X * 3 - 1)
    X, X_ref = np.array(scaler.transform(case.X)), np.array(scaler.transform(case.X_ref))
    expected = neuron_ablation(
        case.mlp,
        X,
        case.y,
        replacement=replacement,
        X_ref=X_ref,
    )
    estimator = wrap(case, scaler)
    actual = neuron_ablation(estimator, case.X, case.y, replacement=replacement, X_ref=case.X_ref)
    assert_same(actual, expected)
    assert_allclose(actual.baseline_score, estimator.score(case.X, case.y), rtol=1e-13)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_fitted_pruners(kind):
    case = make(kind, (8, 3), n=60)
    pruner = RottenNeuronPruner(case.mlp, cv="prefit", threshold=0.05).fit(case.X, case.y)
    assert 0 < pruner.n_neurons_ < 11
    ablation = neuron_ablation(pruner, case.X, case.y)
    assert_allclose(ablation.baseline_score, pruner.score(case.X, case.y), rtol=1e-13)
    assert len(ablation.scores) == pruner.n_neurons_
    assert_same(ablation, neuron_ablation(pruner.estimator_, case.X, case.y))


# ---- errors


def test_wants_a_fitted_network():
    X, y = np.zeros((4, 3)), np.arange(4)
    with pytest.raises(NotFittedError, match="MLPClassifier instance is not fitted yet"):
        neuron_ablation(SKLEARN["classifier"](), X, y)
    with pytest.raises(TypeError, match=r"estimator must be a fitted .* got LogisticRegression\."):
        neuron_ablation(LogisticRegression(), X, y)


def test_wants_a_hidden_layer():
    case = make(hidden=())
    message = r"estimator has no hidden layer \(hidden_layer_sizes=\(\)\)"
    with pytest.raises(ValueError, match=message):
        neuron_ablation(case.mlp, case.X, case.y)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": np.zeros((40, 2))}, r"X has 2 features, but MLPClassifier is expecting 3 features"),
        ({"X": np.full((40, 3), np.nan)}, r"Input X contains NaN"),
        ({"X": np.zeros((0, 3))}, r"Found array with 0 sample\(s\)"),
        ({"y": None}, r"y=None: the ablation needs the true targets"),
        ({"y": np.zeros(39, int)}, "y has 39 entries, but X has 40 samples"),
        ({"y": np.full(40, 6)}, r"y contains labels never seen in training: \[6\]"),
        ({"y": np.full(40, "a")}, r"y contains labels never seen in training: \['a'\]"),
        ({"scoring": "acuracy"}, r"'scoring' parameter .* Got 'acuracy' instead"),
        (
            {"replacement": "median"},
            r"'median' is unknown; use one of \['linear', 'mean', 'resample', 'zero'\]",
        ),
        ({"replacement": None}, r"replacement=None is unknown"),
        ({"replacement": ["mean"]}, r"replacement=\['mean'\] is unknown"),
        ({"replacement": "mean"}, r"replacement='mean' needs reference data: pass X_ref"),
        ({"replacement": "linear"}, r"replacement='linear' needs reference data: pass X_ref"),
        ({"replacement": "mean", "X_ref": np.zeros((5, 2))}, r"X has 2 features"),
        ({"replacement": "linear", "X_ref": np.zeros((5, 2))}, r"X has 2 features"),
        ({"replacement": "resample", "X_ref": np.zeros((5, 2))}, r"X has 2 features"),
        ({"replacement": "resample", "n_repeats": 0}, r"n_repeats=0 must be an int of at least 1"),
        ({"replacement": "resample", "n_repeats": 1.5}, r"n_repeats=1.5 must be an int"),
        ({"scoring": []}, r"(?i)empty|at least one|scoring"),
        ({"scoring": {}}, r"(?i)empty|at least one|scoring"),
        ({"scoring": ["accuracy", "acuracy"]}, r"acuracy"),
        ({"scoring": [3]}, r"(?i)scor"),
        ({"replacement": "mean", "X_ref": np.full((5, 3), np.nan)}, r"contains NaN"),
        ({"replacement": "mean", "X_ref": np.zeros((0, 3))}, r"Found array with 0 sample"),
        ({"layers": 1}, r"layers=1 names hidden layer 1, but the network has 1 hidden layer"),
        ({"layers": "last"}, r"layers='last' is not None, an int or a list of ints"),
        ({"layers": []}, r"layers=\[\] selects no hidden layer"),
        ({"sample_weight": np.zeros(40)}, r"(?i)sample.weight.*zero"),
        ({"sample_weight": np.ones(4)}, r"sample_weight.shape == \(4,\), expected \(40,\)"),
    ],
)
def test_bad_arguments_are_named(changes, message):
    case = make()
    before = joblib.hash(case.mlp)
    arguments = {"X": case.X, "y": case.y} | changes
    with pytest.raises(ValueError, match=message):
        neuron_ablation(case.mlp, **arguments)
    assert joblib.hash(case.mlp) == before


def test_scorers_errors_are_not_swallowed():
    def scoring(mlp, X, y):
        raise ZeroDivisionError("from the scorer")

    case = make()
    with pytest.raises(ZeroDivisionError, match=re.escape("from the scorer")):
        neuron_ablation(case.mlp, case.X, case.y, scoring=scoring)
