"""Tests of neuron_shapley: against all coalitions, one by one, and for what the values promise."""

import itertools
import pickle
import sys

import joblib
import numba
import numpy as np
import pandas as pd
import pytest
from helpers.coalitions import Brute, default_scoring, game_of, mean_of_predictions
from helpers.networks import (
    ACTIVATIONS,
    cases,
    deterministic,
    make,
)
from helpers.results import assert_declared
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron.inspection._interactions._coalitions import (
    marginals,
    permutations_of,
)
from skneuron.inspection._interactions._shapley import marginals_along, neuron_shapley

pytestmark = pytest.mark.usefixtures("compiled")


def assert_same(actual, expected):
    assert actual.keys() == expected.keys()
    for name in expected:
        assert_array_equal(actual[name], expected[name], err_msg=name)


# ---- Shapley values


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(4,), (2, 2), (1, 2, 1)])
@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "regression"])
def test_all_permutations_give_the_exact_values(kind, hidden, activation):
    case = make(kind, hidden, activation)
    permutations = np.array(list(itertools.permutations(range(4))))
    found = marginals_along(game_of(case), permutations)
    exact = Brute(case, default_scoring(kind)).shapley_values()
    assert_allclose(found.mean(axis=0), exact, atol=1e-12)


@pytest.mark.parametrize("antithetic", [True, False])
@pytest.mark.parametrize(
    ("kind", "hidden", "layers"),
    [
        ("multiclass", (7,), None),
        ("binary", (4, 3), None),
        ("strings", (4, 3), 0),
        ("multioutput", (3, 2, 2), None),
        ("poisson", (3, 2, 2), [0, 2]),
        ("multilabel", (4, 3), -1),
    ],
)
def test_samples_come_close_to_the_exact_values(kind, hidden, layers, antithetic):
    case = make(kind, hidden, "tanh", n=60)
    shapley = neuron_shapley(
        case.mlp, case.X, case.y, layers=layers, replacement="mean", X_ref=case.X_ref,
        max_permutations=600, antithetic=antithetic, random_state=0,
    )  # fmt: skip
    chosen = range(len(hidden)) if layers is None else np.atleast_1d(layers) % len(hidden)
    brute = Brute(case, default_scoring(kind), replacement="mean", layers=chosen)
    assert list(zip(shapley.layer, shapley.index, strict=True)) == brute.players
    errors = np.abs(shapley.shapley_values - brute.shapley_values())
    assert (errors <= 4 * shapley.standard_errors + 1e-12).all()
    assert shapley.standard_errors.max() < 0.1 * np.ptp(shapley.shapley_values)
    assert shapley.n_permutations == 600


@deterministic(max_examples=30)
@given(cases(), st.sampled_from([None, 0.05, 0.2]), st.booleans())
def test_values_add_up(case, truncation, antithetic):
    shapley = neuron_shapley(
        case.mlp, case.X, case.y, max_permutations=4, truncation=truncation,
        antithetic=antithetic, random_state=0,
    )  # fmt: skip
    gap = shapley.baseline_score - shapley.empty_score
    assert_allclose(shapley.shapley_values.sum(), gap, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss", "roc_auc_ovr"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_neurons_without_effect_get_exactly_nothing(activation, scoring):
    case = make("multiclass", (4, 3), activation, n=60)
    case.mlp.coefs_[1][2] = 0
    case.mlp.coefs_[2][1] = 0
    shapley = neuron_shapley(
        case.mlp, case.X, case.y, scoring=scoring, max_permutations=32, random_state=0
    )
    assert_array_equal(shapley.shapley_values[[2, 5]], 0)
    assert_array_equal(shapley.standard_errors[[2, 5]], 0)
    assert shapley.shapley_values.any()


def test_equal_neurons_get_the_same():
    case = make("multiclass", (4, 2), n=60)
    for parameter in (case.mlp.coefs_[0].T, case.mlp.intercepts_[0], case.mlp.coefs_[1]):
        parameter[3] = parameter[1]
    permutations = np.array(list(itertools.permutations(range(6))))
    values = marginals_along(game_of(case), permutations).mean(axis=0)
    assert_allclose(values[3], values[1], atol=1e-12)
    shapley = neuron_shapley(
        case.mlp, case.X, case.y, max_permutations=1000, random_state=0, layers=0
    )
    difference = abs(shapley.shapley_values[3] - shapley.shapley_values[1])
    assert difference < 4 * np.hypot(*shapley.standard_errors[[1, 3]])


def test_an_additive_game_needs_one_permutation():
    # A linear network's prediction is a sum over neurons, and so is this score.
    case = make("regression", (5,), "identity")
    shapley = neuron_shapley(
        case.mlp, case.X, case.y, scoring=mean_of_predictions, max_permutations=2
    )
    exact = Brute(case, mean_of_predictions).shapley_values()
    assert_allclose(shapley.shapley_values, exact, rtol=1e-9, atol=1e-12)
    assert np.isnan(shapley.standard_errors).all()


def test_squared_errors_of_the_last_layer_need_one_pair():
    # They are sums over neurons and pairs of neurons: a permutation and its reverse see half of
    # every pair's effect each.
    case = make("multioutput", (3, 5), "relu")
    brute = Brute(case, "neg_mean_squared_error", layers=[1])
    shapley = neuron_shapley(
        case.mlp, case.X, case.y, scoring="neg_mean_squared_error", layers=1, max_permutations=4
    )
    assert_allclose(shapley.shapley_values, brute.shapley_values(), rtol=1e-9, atol=1e-12)
    assert_allclose(shapley.standard_errors, 0, atol=1e-12)


def test_a_single_neuron_gets_all():
    case = make("multiclass", (1,))
    shapley = neuron_shapley(case.mlp, case.X, case.y, max_permutations=2)
    assert_array_equal(shapley.shapley_values, [shapley.baseline_score - shapley.empty_score])


def test_pairs_of_permutations_make_errors_smaller():
    case = make("multiclass", (8,), n=200)
    errors = [
        neuron_shapley(
            case.mlp, case.X, case.y, max_permutations=400, antithetic=a, random_state=0
        ).standard_errors
        for a in (True, False)
    ]
    assert np.mean(errors[0]) < 0.8 * np.mean(errors[1])


# ---- when to stop


def test_tol_stops():
    case = make("multiclass", (6,), n=100)
    full = neuron_shapley(case.mlp, case.X, case.y, max_permutations=640, random_state=0)
    assert not full.converged
    assert full.n_permutations == 640
    tol = full.standard_errors.max() * 2
    some = neuron_shapley(case.mlp, case.X, case.y, max_permutations=640, random_state=0, tol=tol)
    assert some.converged
    assert some.standard_errors.max() <= tol
    assert some.n_permutations % 32 == 0
    assert some.n_permutations < 640
    fewer = neuron_shapley(
        case.mlp, case.X, case.y, max_permutations=some.n_permutations - 32, random_state=0,
        tol=tol,
    )  # fmt: skip
    assert not fewer.converged


def test_odd_numbers_of_permutations():
    case = make()
    shapley = neuron_shapley(case.mlp, case.X, case.y, max_permutations=7)
    assert shapley.n_permutations == 6
    shapley = neuron_shapley(case.mlp, case.X, case.y, max_permutations=7, antithetic=False)
    assert shapley.n_permutations == 7


def test_truncated_paths_share_what_is_left():
    paths = np.array([[1.0, 0.8, 0.3, 0.5, 0.2], [1.0, 0.9, 0.8, 0.7, 0.2]])
    permutations = np.array([[2, 0, 3, 1], [0, 1, 2, 3]])
    full = marginals(paths, permutations, 0.2)
    assert_allclose(full, [[0.5, 0.3, 0.2, -0.2], [0.1, 0.1, 0.1, 0.5]])
    truncated = marginals(paths, permutations, 0.2, truncation=0.15)
    assert_allclose(truncated, [[0.5, 0.05, 0.2, 0.05], [0.1, 0.1, 0.1, 0.5]])
    at_once = marginals(paths, permutations, 0.2, truncation=1.0)
    assert_allclose(at_once, np.full((2, 4), 0.2))


def test_truncation_saves_calls():
    case = make("multiclass", (6,), n=60)
    calls = []

    def scoring(estimator, X, y):
        calls.append(1)
        return estimator.score(X, y)

    results = []
    for score in (scoring, "accuracy"):
        results += [
            neuron_shapley(
                case.mlp, case.X, case.y, scoring=score, max_permutations=8, truncation=t,
                random_state=0,
            )
            for t in (None, 0.1)
        ]  # fmt: skip
        if score is scoring:
            n_calls = len(calls)
    assert n_calls < 2 * (8 * 5 + 3)
    for called, summed in zip(results[:2], results[2:], strict=True):
        assert_allclose(called.shapley_values, summed.shapley_values, atol=1e-12)


# ---- chance


def test_permutations_do_not_depend_on_each_other():
    drawn = permutations_of(7, range(4), [1, 2], antithetic=True)
    assert_array_equal(np.sort(drawn, axis=1), np.tile(np.arange(7), (8, 1)))
    assert_array_equal(drawn[::2], drawn[1::2, ::-1])
    assert_array_equal(permutations_of(7, [2, 3], [1, 2], antithetic=True), drawn[4:])
    assert_array_equal(permutations_of(7, range(4), [1, 2], antithetic=False), drawn[::2])
    assert not np.array_equal(drawn, permutations_of(7, range(4), [1, 3], antithetic=True))


def test_random_state():
    case = make("multiclass", (4, 3), n=60)

    def shapley(random_state):
        return neuron_shapley(
            case.mlp, case.X, case.y, max_permutations=10, random_state=random_state
        )

    assert_same(shapley(3), shapley(3))
    assert_same(shapley(np.random.RandomState(3)), shapley(3))
    assert not np.array_equal(shapley(3).shapley_values, shapley(4).shapley_values)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_bits_do_not_depend_on_the_number_of_threads():
    case = make("multiclass", (4, 3), "tanh", n=600)
    options = {"scoring": "neg_log_loss", "max_permutations": 10, "random_state": 0}
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = neuron_shapley(case.mlp, case.X, case.y, **options)
        numba.set_num_threads(2)
        two = neuron_shapley(case.mlp, case.X, case.y, **options)
    finally:
        numba.set_num_threads(before)
    assert_same(two, one)


# ---- options and results


def test_networks_inside_other_estimators():
    case = make("multiclass", (4, 3))
    scaler = StandardScaler().fit(case.X * 3 - 1)
    options = {"max_permutations": 4, "random_state": 0, "replacement": "mean"}
    X, X_ref = scaler.transform(case.X), scaler.transform(case.X_ref)
    expected = neuron_shapley(case.mlp, X, case.y, X_ref=X_ref, **options)
    pipeline = make_pipeline(scaler, case.mlp)
    actual = neuron_shapley(pipeline, case.X, case.y, X_ref=case.X_ref, **options)
    assert_same(actual, expected)


def test_nothing_is_changed():
    case = make("multiclass", (4, 3))
    everything = (case.mlp, case.X, case.y, case.X_ref)
    before = joblib.hash(everything)
    for scoring in ("accuracy", "roc_auc_ovr", lambda mlp, X, y: mlp.score(X, y)):
        neuron_shapley(
            case.mlp, case.X, case.y, scoring=scoring, max_permutations=2,
            replacement="mean", X_ref=case.X_ref,
        )  # fmt: skip
        assert joblib.hash(everything) == before


def test_results():
    case = make("multiclass", (4, 3))
    shapley = neuron_shapley(case.mlp, case.X, case.y, max_permutations=4, random_state=0)
    assert shapley.baseline_score == case.mlp.score(case.X, case.y)
    frame = shapley.to_frame()
    assert isinstance(frame, pd.DataFrame)
    columns = ["layer", "index", "name", "shapley_value", "standard_error"]
    assert frame.columns.tolist() == columns
    assert_array_equal(frame["shapley_value"], shapley.shapley_values)
    copy = pickle.loads(pickle.dumps(shapley))
    assert type(copy) is type(shapley)
    assert_same(copy, shapley)
    shapley.shapley_values, shapley.standard_errors = np.array([-1, 0, 2.0]), np.full(3, 0.25)
    shapley.baseline_score, shapley.empty_score, shapley.index = 0.75, 0.25, np.arange(3)
    assert repr(shapley) == (
        "NeuronShapley(n_neurons=3, baseline_score=0.75, empty_score=0.25, n_permutations=4, "
        "largest_standard_error=0.25, n_negative=1)"
    )


def test_every_entry_is_declared():
    case = make("multiclass", (4, 3))
    assert_declared(neuron_shapley(case.mlp, case.X, case.y, max_permutations=4, random_state=0))


def test_to_frame_without_pandas(monkeypatch):
    case = make()
    shapley = neuron_shapley(case.mlp, case.X, case.y, max_permutations=2)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"to_frame needs pandas: pip install"):
        shapley.to_frame()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_permutations": 1}, r"max_permutations=1 must be an int of at least 2, a pair"),
        (
            {"max_permutations": 0, "antithetic": False},
            r"max_permutations=0 must be an int of at least 1\.",
        ),
        ({"max_permutations": 10.0}, r"max_permutations=10\.0 must be an int"),
        ({"max_permutations": None}, r"max_permutations=None must be an int"),
        ({"tol": -0.1}, r"tol=-0\.1 must be None or a number that is not negative"),
        ({"tol": float("nan")}, r"tol=nan must be None or a number"),
        ({"tol": "auto"}, r"tol='auto' must be None or a number"),
        ({"truncation": -1}, r"truncation=-1 must be None or a number"),
        ({"antithetic": "yes"}, r"antithetic='yes' is neither True nor False"),
        ({"scoring": ["accuracy"]}, r"scoring=\['accuracy'\] names several scorers"),
        ({"scoring": "acuracy"}, r"'scoring' parameter .* Got 'acuracy' instead"),
        ({"replacement": "linear"}, r"replacement='linear' is not for Shapley values"),
        ({"replacement": "resample"}, r"replacement='resample' is not for Shapley values"),
        ({"replacement": "median"}, r"replacement='median' is unknown; use one of \['mean', 'z"),
        ({"replacement": None}, r"replacement=None is unknown"),
        ({"replacement": "mean"}, r"replacement='mean' needs reference data: pass X_ref"),
        ({"layers": 1}, r"layers=1 names hidden layer 1, but the network has 1 hidden layer"),
        ({"X": np.zeros((40, 2))}, r"X has 2 features, but MLPClassifier is expecting 3 features"),
        ({"y": np.full(40, 6)}, r"y contains labels never seen in training: \[6\]"),
        ({"sample_weight": np.zeros(40)}, r"(?i)sample.weight.*zero"),
    ],
)
def test_bad_arguments_are_named(changes, message):
    case = make()
    with pytest.raises(ValueError, match=message):
        neuron_shapley(case.mlp, **({"X": case.X, "y": case.y} | changes))


def test_wants_a_network_with_a_hidden_layer():
    X, y = np.zeros((4, 3)), np.arange(4)
    with pytest.raises(TypeError, match=r"estimator must be a fitted .* LogisticRegression\."):
        neuron_shapley(LogisticRegression(), X, y)
    case = make(hidden=())
    with pytest.raises(ValueError, match="estimator has no hidden layer"):
        neuron_shapley(case.mlp, case.X, case.y)
