"""Tests of inspection._criteria._criteria: arguments, estimators around the network, errors."""

import re

import numpy as np
import pandas as pd
import pytest
from helpers.criteria import WEIGHTS_ONLY, WITH_CLASSES, all_criteria, assert_same
from helpers.networks import REGRESSIONS, make
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner
from skneuron.inspection._criteria._criteria import CRITERIA, neuron_criterion
from skneuron.surgery import _network

# ---- the arguments


@pytest.mark.parametrize("layers", [0, -1, [1], [2, 0]])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_layers(activation, layers):
    case = make(hidden=(3, 2, 4), activation=activation)
    chosen = np.isin(np.repeat(range(3), (3, 2, 4)), np.arange(3)[layers])
    some, full = all_criteria(case, layers=layers), all_criteria(case)
    assert_same(some, {name: column[chosen] for name, column in full.items()}, rtol=1e-12)


def test_several_criteria_are_each_of_them():
    case = make(hidden=(3, 2))
    names = ["taylor2", "apoz", "taylor1", "l1_incoming"]
    several = neuron_criterion(case.mlp, case.X, case.y, criterion=tuple(names))
    assert list(several) == names
    for name, column in several.items():
        alone = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
        assert_array_equal(column, alone)
    assert_array_equal(neuron_criterion(case.mlp, case.X, case.y), several["taylor1"])
    assert list(neuron_criterion(case.mlp, criterion=["l1_product"])) == ["l1_product"]


def test_several_criteria_share_their_passes(monkeypatch):
    case, passes = make(), []
    rows_in_blocks = _network.row_blocks

    def counted(*args):
        passes.append(1)
        return rows_in_blocks(*args)

    monkeypatch.setattr("skneuron.inspection._criteria._activation_statistics.row_blocks", counted)
    names = ["mean_activation", "activation_variance", "apoz", "taylor1", "taylor2"]
    neuron_criterion(case.mlp, case.X, case.y, criterion=names)
    assert len(passes) == 3


@pytest.mark.parametrize("name", WEIGHTS_ONLY)
def test_what_is_not_needed_is_not_looked_at(name):
    case = make()
    alone = neuron_criterion(case.mlp, criterion=name, random_state=0)
    nonsense = neuron_criterion(
        case.mlp, "?", "?", criterion=name, random_state=0, sample_weight="?"
    )
    assert_array_equal(alone, nonsense)
    neuron_criterion(case.mlp, case.X, "?", criterion="apoz")


@pytest.mark.parametrize("kind", ["multiclass", "strings", "regression"])
def test_estimators_around_the_network(kind):
    case = make(kind, (4, 3))
    scaler = StandardScaler().fit(case.X * 3 + 1)
    expected = all_criteria(case, scaler.transform(case.X))
    names = list(expected)
    options = {"criterion": names, "random_state": 0}
    pipeline = make_pipeline(scaler, case.mlp)
    for estimator in (
        pipeline,
        FrozenEstimator(pipeline),
        make_pipeline(scaler, FrozenEstimator(case.mlp)),
        make_pipeline("passthrough", pipeline),
    ):
        assert_same(neuron_criterion(estimator, case.X, case.y, **options), expected, rtol=1e-13)


def test_of_a_pruner_the_pruned_network_is_looked_at():
    case = make("multiclass", (6,), n=80)
    pruner = RottenNeuronPruner(case.mlp, cv="prefit").fit(case.X, case.y)
    pruned = pruner.estimator_
    assert_array_equal(
        neuron_criterion(pruner, case.X, case.y), neuron_criterion(pruned, case.X, case.y)
    )


def test_frames():
    case = make()
    case.mlp.feature_names_in_ = np.array(["a", "b", "c"], dtype=object)
    frame = pd.DataFrame(case.X, columns=["a", "b", "c"])
    by_frame = neuron_criterion(case.mlp, frame, pd.Series(case.y), criterion="taylor2")
    del case.mlp.feature_names_in_
    assert_array_equal(by_frame, neuron_criterion(case.mlp, case.X, case.y, criterion="taylor2"))


# ---- errors


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        ("magnitude", "criterion='magnitude' is unknown; use some of ['activation_variance',"),
        (["apoz", "x"], "criterion='x' is unknown"),
        (["apoz", 3], "criterion=3 is unknown"),
        (None, "criterion=None is neither a name nor a list of names"),
        ([], "criterion=[] is neither"),
        ({"apoz"}, "criterion={'apoz'} is neither"),
    ],
)
def test_unknown_criteria(criterion, message):
    case = make()
    with pytest.raises(ValueError, match=re.escape(message)):
        neuron_criterion(case.mlp, case.X, case.y, criterion=criterion)


@pytest.mark.parametrize("name", [name for name in CRITERIA if name not in WEIGHTS_ONLY])
def test_missing_rows(name):
    case = make()
    message = rf"X=None: criterion='{name}' .* without X there are \['l1_incoming'.*'random'\]"
    with pytest.raises(ValueError, match=message):
        neuron_criterion(case.mlp, y=case.y, criterion=["random", name])


@pytest.mark.parametrize("name", ["taylor1", "taylor2", *WITH_CLASSES])
def test_missing_targets(name):
    case = make()
    message = rf"y=None: criterion='{name}' .* without y there are \['activation_variance'"
    with pytest.raises(ValueError, match=message):
        neuron_criterion(case.mlp, case.X, criterion=["apoz", name])


@pytest.mark.parametrize("kind", ["multilabel", *REGRESSIONS])
@pytest.mark.parametrize("name", WITH_CLASSES)
def test_missing_classes(kind, name):
    case = make(kind)
    message = f"criterion='{name}' needs a classifier that gives a row one class"
    with pytest.raises(ValueError, match=message):
        neuron_criterion(case.mlp, case.X, case.y, criterion=name)


def test_one_class_has_none_to_be_compared_with():
    case = make("multiclass")
    one = case.y == case.y[0]
    with pytest.raises(ValueError, match="y has samples of a single class only"):
        neuron_criterion(case.mlp, case.X[one], case.y[one], criterion="class_selectivity")
    information = neuron_criterion(
        case.mlp, case.X[one], case.y[one], criterion="mutual_information"
    )
    assert_allclose(information, 0, atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("multiclass", {"layers": 1}, "layers=1 names hidden layer 1"),
        ("multiclass", {"X": np.ones((40, 2))}, "X has 2 features"),
        ("multiclass", {"X": np.ones((39, 3))}, "y has 40 entries, but X has 39 samples"),
        ("multiclass", {"y": np.full(40, 3)}, r"y contains labels never seen in training: \[3\]"),
        ("multiclass", {"y": np.ones((40, 2), int)}, "multilabel-indicator"),
        ("multilabel", {"y": np.arange(40) % 3}, "multilabel-indicator"),
        ("regression", {"y": np.ones((40, 2))}, r"y has 2 column\(s\)"),
        ("multiclass", {"sample_weight": np.zeros(40)}, "zero"),
        ("multiclass", {"sample_weight": -np.ones(40)}, "Negative values .*sample_weight"),
        ("multiclass", {"sample_weight": np.ones(3)}, r"sample_weight.shape == \(3,\)"),
        ("multiclass", {"criterion": "random", "random_state": "?"}, r"random_state='\?' must"),
    ],
)
def test_bad_arguments_are_named(kind, options, message):
    case = make(kind)
    with pytest.raises(ValueError, match=message):
        neuron_criterion(case.mlp, **{"X": case.X, "y": case.y} | options)


def test_networks_without_hidden_layers_have_no_neurons():
    case = make(hidden=())
    with pytest.raises(ValueError, match="estimator has no hidden layer"):
        neuron_criterion(case.mlp, criterion="l1_incoming")


def test_other_estimators():
    with pytest.raises(TypeError, match="must be a fitted MLPClassifier or MLPRegressor"):
        neuron_criterion(LogisticRegression(), criterion="l1_incoming")
    with pytest.raises(NotFittedError):
        neuron_criterion(MLPClassifier(), criterion="l1_incoming")
