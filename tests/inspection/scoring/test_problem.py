"""Tests of inspection._scoring._problem: what users pass, checked, unwrapped and in one place."""

import numpy as np
import pytest
from helpers.networks import KINDS, WRAPPERS, make
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from skneuron import neuron_ablation
from skneuron.inspection._scoring._problem import AblationProblem, ablated_neurons, checked_layers


def problem_of(case, estimator=None, **options):
    return AblationProblem.of(
        case.mlp if estimator is None else estimator, case.X, case.y, **options
    )


# ---- the neurons


@pytest.mark.parametrize(
    ("layers", "chosen"),
    [(None, [0, 1, 2]), (1, [1]), (-1, [2]), ([2, 0], [0, 2]), ((1, -2), [1])],
)
def test_layers_by_number(layers, chosen):
    sizes = (2, 3, 1)
    assert checked_layers(sizes, layers) == chosen
    expected = [layer in chosen for layer, size in enumerate(sizes) for _ in range(size)]
    assert ablated_neurons(sizes, layers).tolist() == expected


@pytest.mark.parametrize("function", [checked_layers, ablated_neurons])
def test_no_hidden_layers_is_an_error(function):
    with pytest.raises(ValueError, match=r"no hidden layer \(hidden_layer_sizes=\(\)\)"):
        function((), None)


# ---- the problem


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_sweeps_need(kind):
    case = make(kind, (4, 3))
    problem = problem_of(case, layers=1, replacement="linear", X_ref=case.X_ref)
    assert problem.estimator is problem.mlp is case.mlp
    assert problem.sizes == (4, 3)
    assert problem.ablated.tolist() == [False] * 4 + [True] * 3
    layer, index = problem.addresses()
    assert layer.tolist() == [1, 1, 1]
    assert index.tolist() == [0, 1, 2]
    assert problem.classes is getattr(case.mlp, "classes_", None)
    removal_scores = problem.evaluate(
        problem.network, problem.layer_replacements(), problem.ablated
    )
    expected = neuron_ablation(
        case.mlp, case.X, case.y, layers=1, replacement="linear", X_ref=case.X_ref
    )
    assert removal_scores.baseline_score == expected.baseline_score
    assert_array_equal(removal_scores.scores[problem.ablated], expected.scores)


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_estimators_around_the_network(wrap):
    case = make()
    scaler = StandardScaler().fit(case.X)
    estimator = wrap(scaler, case.mlp)
    problem = problem_of(case, estimator, replacement="mean", X_ref=case.X_ref)
    assert problem.estimator is estimator
    assert problem.mlp is case.mlp
    assert problem.X_ref.shape == case.X_ref.shape
    score = problem.evaluate(
        problem.network, problem.layer_replacements(), problem.ablated
    ).baseline_score
    assert score == pytest.approx(estimator.score(case.X, case.y))


def test_reference_samples_only_where_they_are_needed():
    case = make()
    assert problem_of(case, X_ref=case.X_ref).X_ref is None
    options = {"replacement": "other", "more_replacements": ("other",)}
    assert problem_of(case, **options).X_ref is None
    assert_array_equal(problem_of(case, X_ref=case.X_ref, **options).X_ref, case.X_ref)


def test_several_scorers_only_where_they_are_allowed():
    case, scoring = make(), ["accuracy", "f1_macro"]
    assert (
        list(problem_of(case, scoring=scoring, several_scorers=True).evaluate.scorers) == scoring
    )
    with pytest.raises(ValueError, match="names several scorers"):
        problem_of(case, scoring=scoring)


def test_errors_come_in_the_order_of_what_depends_on_what():
    case = make()
    wrong = [
        ("scoring", ["accuracy"], ValueError, "names several scorers"),
        ("estimator", MLPClassifier(), NotFittedError, "not fitted"),
        ("layers", 7, ValueError, "layers=7"),
        ("replacement", "median", ValueError, r"replacement='median' is unknown"),
        ("X_ref", np.zeros((3, 1)), ValueError, "X has 1 features"),
        ("X", np.zeros((40, 2)), ValueError, "X has 2 features"),
        ("y", np.full(40, 77), ValueError, "y contains labels never seen"),
    ]
    right = {
        "scoring": None, "estimator": case.mlp, "layers": None, "replacement": "mean",
        "X_ref": case.X_ref, "X": case.X, "y": case.y,
    }  # fmt: skip
    for first, (_, _, error, message) in enumerate(wrong):
        with pytest.raises(error, match=message):
            AblationProblem.of(**right | {name: value for name, value, *_ in wrong[first:]})
