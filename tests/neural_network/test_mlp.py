"""The estimators' parameters: scikit-learn's, and a few of our own."""

from inspect import signature

import pytest
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skneuron import PrunableMLPClassifier, PrunableMLPRegressor

PAIRS = {PrunableMLPClassifier: MLPClassifier, PrunableMLPRegressor: MLPRegressor}
OWN = {
    PrunableMLPClassifier: {"class_weight": None, "dropout": 0.0},
    PrunableMLPRegressor: {"dropout": 0.0},
}
both = pytest.mark.parametrize(("ours", "theirs"), PAIRS.items())


@both
def test_parameters_are_those_of_scikit_learn_and_our_own(ours, theirs):
    parameters = [
        {name: (p.kind, p.default) for name, p in signature(cls).parameters.items()}
        for cls in (ours, theirs)
    ]
    own = {name: parameters[0].pop(name) for name in OWN[ours]}
    assert list(parameters[0].items()) == list(parameters[1].items())
    assert {name: default for name, (_, default) in own.items()} == OWN[ours]


@both
def test_every_parameter_is_stored(ours, theirs):
    values = {name: object() for name in signature(ours).parameters}
    assert ours(**values).get_params() == values


@both
def test_constraints_cover_every_parameter(ours, theirs):
    assert set(ours._parameter_constraints) == set(signature(ours).parameters)
    assert ours._parameter_constraints.items() >= theirs._parameter_constraints.items()


@both
def test_clones_keep_our_parameters(ours, theirs):
    values = dict.fromkeys(OWN[ours], 0.25)
    assert clone(ours(**values)).get_params().items() >= values.items()


@both
def test_what_is_shown_are_the_changed_parameters(ours, theirs):
    assert repr(ours(alpha=2.0, dropout=0.5)) == f"{ours.__name__}(alpha=2.0, dropout=0.5)"


@pytest.mark.parametrize("value", [3, "even", (1, 2)])
def test_class_weight_of_a_wrong_kind(value):
    with pytest.raises(ValueError, match="'class_weight' parameter of PrunableMLPClassifier"):
        PrunableMLPClassifier(class_weight=value).fit([[0.0], [1.0]], [0, 1])
