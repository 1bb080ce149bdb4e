"""`refit_outputs`: what it does not take, and what it says then."""

import warnings

import joblib
import numpy as np
import pytest
from helpers.networks import make
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from skneuron import PrunableMLPClassifier, refit_outputs


def refused(message, case=None, error=ValueError, **wrong):
    """That a call with these arguments says so, and leaves the network as it is."""
    case = make("multiclass", n=60) if case is None else case
    arguments = {"estimator": case.mlp, "X": case.X, "y": case.y} | wrong
    before = joblib.hash(case.mlp)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error, match=message):
            refit_outputs(**arguments)
    assert joblib.hash(case.mlp) == before


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.full((60, 3), np.nan), r"Input X contains NaN"),
        (np.full((60, 3), np.inf), r"Input X contains infinity"),
        (np.zeros((60, 2)), r"X has 2 features, but MLPClassifier is expecting 3"),
        (np.zeros(60), r"Expected 2D array, got 1D array"),
        (np.zeros((0, 3)), r"Found array with 0 sample"),
        (np.zeros((59, 3)), r"y has 60 entries, but X has 59 samples"),
    ],
)
def test_samples_that_are_none(X, message):
    refused(message, X=X)


def test_activations_that_overflow():
    case = make("multiclass", n=60)
    case.mlp.coefs_[0][:] = 1e300
    with np.errstate(over="ignore"):
        refused(r"X: activations of the last hidden layer overflow", case, X=np.full((60, 3), 1e9))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, r"y=None: the outputs are refitted"),
        (np.arange(60) % 3 + 0.5, r"y contains labels never seen in training: \[0.5"),
        (np.zeros((60, 2)), r"y is a multilabel-indicator matrix or has several columns"),
        (np.where(np.arange(60) % 4, 5, 15), r"y has no sample of the class\(es\) \[-5, 25\]"),
        (np.full(60, 5), r"y has no sample of the class\(es\) \[-5, 15, 25\]"),
    ],
)
def test_labels_that_do_not_fit(y, message):
    refused(message, y=y)


def test_a_class_of_samples_that_do_not_count_is_missing():
    case = make("multiclass", n=60)
    refused(r"no sample of the class\(es\) \[15\]", case, sample_weight=(case.y != 15) * 1.0)


@pytest.mark.parametrize("value", [0, 1])
def test_a_label_of_all_samples_or_of_none(value):
    case = make("multilabel", n=60)
    case.y[:, 1] = value
    refused(r"y has the label\(s\) \[1\] at all samples or at none", case)


@pytest.mark.parametrize("kind", ["regression", "multioutput"])
def test_numbers_that_do_not_fit(kind):
    case = make(kind, n=60)
    refused(r"Input y contains NaN", case, y=np.full(np.shape(case.y), np.nan))
    n_outputs = case.mlp.n_outputs_
    message = rf"y has 3 column\(s\), but the network has {n_outputs} output\(s\)"
    refused(message, case, y=np.zeros((60, 3)))


@pytest.mark.parametrize(
    "penalties", [[], "a", 1.0, [0.0], [-1.0], [np.nan], [np.inf], ["1"], [True], [[1.0]], {}]
)
def test_penalties(penalties):
    refused(r"penalties=.* must be finite numbers above 0", penalties=penalties)


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        (1, r"cv=1 must be an int from 2 to 60, at most the number of samples, 60"),
        (61, r"cv=61 must be an int from 2 to 60"),
        (-3, r"cv=-3 must be"),
        ("a", r"cv"),
        ([], r"cv yields no split"),
        ([(np.arange(60), [])], r"cv: split 0 has no samples to score them on"),
        ([([], np.arange(60))], r"cv: split 0 has no samples to fit outputs to"),
        ([(np.arange(50), np.arange(50, 70))], r"cv: index 60 .* where there are 60 samples"),
        ([(np.ones(59, bool), np.ones(59, bool))], r"cv: boolean index .* there are 60 samples"),
        ([([0.5], [1])], r"cv: .* must be of integer"),
        ([3, 4], r"cv"),
    ],
)
def test_folds(cv, message):
    error = (TypeError, ValueError)
    refused(message, cv=cv, error=error)


def test_folds_whose_samples_do_not_count():
    case = make("regression", n=60)
    halves = [(np.arange(30), np.arange(30, 60))]
    refused(
        r"cv: split 0 has no samples to fit .* weight above 0", case, cv=halves,
        sample_weight=np.repeat([0, 1], 30),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [
        (np.ones(59), r"sample_weight.shape == \(59,\), expected \(60,\)"),
        (np.full(60, np.nan), r"Input sample_weight contains NaN"),
        (-np.ones(60), r"Negative values in data passed to `sample_weight`"),
        (np.zeros(60), r"sample_weight is zero for every sample"),
    ],
)
def test_weights(sample_weight, message):
    refused(message, sample_weight=sample_weight)


def test_random_states():
    refused(r"random_state='a' must be", random_state="a")


def test_too_few_samples():
    case = make("binary", n=4)
    refused(r"cv=5 must be an int from 2 to 4, at most the number of samples, 4", case)


@pytest.mark.parametrize("cls", [MLPClassifier, PrunableMLPClassifier])
def test_unfitted_networks(cls):
    for estimator in (cls(), make_pipeline(cls())):
        refused("not fitted", error=NotFittedError, estimator=estimator)


def test_other_estimators():
    message = r"estimator must be a fitted MLP.* got Ridge\."
    refused(message, error=TypeError, estimator=Ridge())


def test_networks_that_are_broken_or_of_another_kind():
    case = make("multiclass", n=60)
    case.mlp.coefs_[0][1, 2] = np.nan
    refused(r"coefs_\[0\]\[1, 2\] is nan", case)
    refused(r"loss='poisson': outputs are refitted by least squares",
            make("poisson", n=60, ours=True))  # fmt: skip
    case = make("multiclass", n=60)
    case.mlp.coefs_, case.mlp.intercepts_ = [np.zeros((3, 4))], [np.zeros(4)]
    case.mlp.n_layers_ = 2
    refused(r"the network has no hidden layer", case)
