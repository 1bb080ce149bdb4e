"""Tests of neuron_criterion: every criterion against its slowest version, and what it promises."""

import re
import tracemalloc
from math import log

import numpy as np
import pandas as pd
import pytest
from helpers import oracle
from helpers.activations import random_weight, residual_of_least_squares
from helpers.gradients import slow_first_order, slow_second_order
from helpers.networks import KINDS, REGRESSIONS, SINGLE_LABEL, cases, deterministic, make
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneuron import RottenNeuronPruner, neuron_ablation
from skneuron.inspection._criteria import _activation_bins
from skneuron.inspection._criteria._criteria import CRITERIA, neuron_criterion
from skneuron.surgery import _network

WEIGHTS_ONLY = [name for name, criterion in CRITERIA.items() if not criterion.needs_X]
WITH_CLASSES = [name for name, criterion in CRITERIA.items() if criterion.needs_classes]
FOR_ANY = [name for name in CRITERIA if name not in WITH_CLASSES]
MAGNITUDES = [name for name in WEIGHTS_ONLY if name != "random"]

# ---- the slowest versions: (case, weight) -> one number a neuron


def each_neuron(function):
    """From a function of the case, weights, address and activations of one neuron."""

    def of_all(case, weight):
        result = []
        for layer, index in case.net.neurons:
            a = oracle.hidden(case.net, case.X, layer)[:, index]
            result.append(function(case, weight, (layer, index), a))
        return np.array(result)

    return of_all


def incoming(case, neuron):
    return case.net.coefs[neuron[0]][:, neuron[1]]


def outgoing(case, neuron):
    return case.net.coefs[neuron[0] + 1][neuron[1]]


def norm(values, order):
    return sum(abs(value) ** order for value in values) ** (1 / order)


def slow_magnitude(order, *sides):
    @each_neuron
    def magnitude(case, weight, neuron, a):
        return np.prod([norm(side(case, neuron), order) for side in sides])

    return magnitude


@each_neuron
def slow_mean_activation(case, weight, neuron, a):
    return sum(w * abs(value) for w, value in zip(weight, a, strict=True)) / sum(weight)


@each_neuron
def slow_variance(case, weight, neuron, a):
    mean = sum(w * value for w, value in zip(weight, a, strict=True)) / sum(weight)
    return sum(w * (value - mean) ** 2 for w, value in zip(weight, a, strict=True)) / sum(weight)


@each_neuron
def slow_apoz(case, weight, neuron, a):
    return 1 - sum(w for w, value in zip(weight, a, strict=True) if value == 0) / sum(weight)


def frequencies(weight, labels):
    total = {}
    for w, label in zip(weight, labels, strict=True):
        total[label] = total.get(label, 0) + w
    return {label: value / sum(weight) for label, value in total.items() if value > 0}


@each_neuron
def slow_entropy(case, weight, neuron, a):
    low, high = min(a[weight > 0]), max(a[weight > 0])
    if high - low < 1e-14 * max(abs(low), abs(high)):
        return 0.0
    edges = [low + (high - low) * k / 10 for k in range(1, 10)]
    bins = [sum(value > edge for edge in edges) for value in a]
    return -sum(p * log(p) for p in frequencies(weight, bins).values())


@each_neuron
def slow_mutual_information(case, weight, neuron, a):
    quantiles = []
    for k in range(1, 10):
        enough = [v for v in sorted(a) if sum(weight[a <= v]) >= sum(weight) * k / 10 - 1e-9]
        quantiles.append(enough[0])
    bins = [sum(value > q for q in quantiles) for value in a]
    of_bin, of_class = frequencies(weight, bins), frequencies(weight, case.y)
    joint = frequencies(weight, zip(bins, case.y, strict=True))
    return sum(p * log(p / of_bin[b] / of_class[c]) for (b, c), p in joint.items())


@each_neuron
def slow_class_selectivity(case, weight, neuron, a):
    means = []
    for label in case.classes:
        of_class = (case.y == label) & (weight > 0)
        if any(of_class):
            means.append(sum(weight[of_class] * a[of_class]) / sum(weight[of_class]))
    top = max(means)
    means.remove(top)
    others = sum(means) / len(means)
    scale = abs(top) + abs(others)
    return (top - others) / scale if scale else 0.0


def slow_taylor2(case, weight):
    return np.add(slow_first_order(case, weight), slow_second_order(case, weight))


SLOW = {
    "l1_incoming": slow_magnitude(1, incoming),
    "l2_incoming": slow_magnitude(2, incoming),
    "l1_outgoing": slow_magnitude(1, outgoing),
    "l2_outgoing": slow_magnitude(2, outgoing),
    "l1_product": slow_magnitude(1, incoming, outgoing),
    "l2_product": slow_magnitude(2, incoming, outgoing),
    "mean_activation": slow_mean_activation,
    "activation_variance": slow_variance,
    "apoz": slow_apoz,
    "entropy": slow_entropy,
    "taylor1": slow_first_order,
    "taylor2": slow_taylor2,
    "class_selectivity": slow_class_selectivity,
    "mutual_information": slow_mutual_information,
}
TOLERANCES = {"taylor1": (1e-5, 1e-7), "taylor2": (1e-5, 1e-7)}


def weight_of(case, weighted):
    return random_weight(len(case.X)) if weighted else np.ones(len(case.X))


# ---- against them


def test_every_criterion_has_a_slow_version():
    assert set(SLOW) | {"obs", "random"} == set(CRITERIA)  # these two have tests of their own


@pytest.mark.parametrize("name", SLOW)
def test_criteria_match_their_slowest_versions(name):
    kinds = SINGLE_LABEL if name in WITH_CLASSES else [*KINDS, "single class"]
    rtol, atol = TOLERANCES.get(name, (1e-9, 1e-11))

    @deterministic(max_examples=30)
    @given(cases(kinds), st.booleans())
    def check(case, weighted):
        weight = weight_of(case, weighted)
        given_weight = weight if weighted else None
        actual = neuron_criterion(
            case.mlp, case.X, case.y, criterion=name, sample_weight=given_weight
        )
        assert actual.dtype == np.float64
        assert_allclose(actual, SLOW[name](case, weight), rtol=rtol, atol=atol)

    check()


@deterministic(max_examples=40)
@given(cases(), st.booleans())
def test_obs_is_the_error_left_when_the_layer_mates_are_fitted_again(case, weighted):
    weight = weight_of(case, weighted)
    given_weight = weight if weighted else None
    actual = neuron_criterion(case.mlp, case.X, criterion="obs", sample_weight=given_weight)
    for at, neuron in enumerate(case.net.neurons):
        layer, index = neuron
        a = oracle.hidden(case.net, case.X, layer)
        half = np.sum(outgoing(case, neuron) ** 2) / 2
        if a.shape[1] == 1:
            assert_allclose(actual[at], half * np.cov(a[:, 0], aweights=weight, ddof=0), rtol=1e-8)
            continue
        residual, variance, ridge = residual_of_least_squares(a, index, weight)
        slack = 1e-10 * variance + 1e-25
        assert half * (residual - slack) <= actual[at]
        assert actual[at] <= half * (residual + ridge * (1 + 1e-6) + slack)


def test_obs_is_hassibi_and_storks_formula():
    case = make("regression", (4,), "tanh")
    a = np.column_stack([oracle.hidden(case.net, case.X, 0), np.ones(40)])
    inverse = np.linalg.inv(a.T @ a)
    expected = [np.sum(outgoing(case, (0, j)) ** 2) / (2 * 40 * inverse[j, j]) for j in range(4)]
    actual = neuron_criterion(case.mlp, case.X, criterion="obs")
    assert_allclose(actual, expected, rtol=1e-5)


def test_obs_of_twins_is_nothing():
    case = make("regression", (4,), "tanh")
    case.mlp.coefs_[0][:, 1] = case.mlp.coefs_[0][:, 0]
    case.mlp.intercepts_[0][1] = case.mlp.intercepts_[0][0]
    obs = neuron_criterion(case.mlp, case.X, criterion="obs")
    assert_allclose(obs[:2], 0, atol=1e-7)
    assert obs[2:].min() > 1e-3


@pytest.mark.parametrize("name", [*WEIGHTS_ONLY, "taylor1", "taylor2", "apoz", "obs"])
def test_multilabel_y_may_have_any_dtype(name):
    case = make("multilabel", (3, 2))
    full, floats = (
        neuron_criterion(case.mlp, case.X, y, criterion=name, random_state=0)
        for y in (case.y, case.y.astype(float))
    )
    assert_array_equal(full, floats)


# ---- what they mean


def rescale(case, neuron, scale):
    """Change a relu neuron's scale, which changes nothing behind it."""
    layer, index = neuron
    case.mlp.coefs_[layer][:, index] *= scale
    case.mlp.intercepts_[layer][index] *= scale
    case.mlp.coefs_[layer + 1][index] /= scale


@pytest.mark.parametrize("scale", [1e-3, 0.7, 1e3])
@pytest.mark.parametrize("neuron", [(0, 0), (0, 4), (1, 2)])
@pytest.mark.parametrize("name", ["l1_product", "l2_product", "obs"])
def test_a_relu_neuron_of_another_scale_is_as_important(name, neuron, scale):
    case = make("multiclass", (5, 4), n=60)
    at = case.net.neurons.index(neuron)
    before = neuron_criterion(case.mlp, case.X, criterion=name)[at]
    rescale(case, neuron, scale)
    after = neuron_criterion(case.mlp, case.X, criterion=name)[at]
    assert_allclose(after, before, rtol=1e-10)


@pytest.mark.parametrize("name", ["apoz", "taylor1", "taylor2", "entropy", *WITH_CLASSES])
def test_relu_neurons_of_other_scales_are_all_as_important(name):
    case = make("multiclass", (5, 4), n=60)
    before = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
    for neuron, scale in zip(case.net.neurons, np.geomspace(1e-3, 1e3, 9), strict=True):
        rescale(case, neuron, scale)
    after = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
    assert_allclose(after, before, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in FOR_ANY if name != "random"])
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_a_dead_neuron_is_the_least_important(kind, name):
    case = make(kind, (4,))
    case.mlp.coefs_[0][:, 2] = case.mlp.coefs_[1][2] = 0
    case.mlp.intercepts_[0][2] = -1
    importances = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
    assert importances[2] == 0
    if not name.startswith("taylor"):
        assert importances.min() == 0


@pytest.mark.parametrize("name", WITH_CLASSES)
def test_a_dead_neuron_knows_nothing_about_classes(name):
    case = make("multiclass", (4,))
    case.mlp.intercepts_[0][2] = -1e3
    importances = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
    assert importances[2] == 0
    assert importances[[0, 1, 3]].min() > 0


@deterministic(max_examples=40)
@given(cases(SINGLE_LABEL))
def test_class_selectivity_is_from_0_to_1(case):
    selectivity = neuron_criterion(case.mlp, case.X, case.y, criterion="class_selectivity")
    assert (selectivity >= 0).all()
    assert (selectivity <= 1 + 1e-12).all()


def test_class_selectivity_is_morcos_where_activations_are_positive():
    case = make("multiclass", (4,), "logistic")
    selectivity = neuron_criterion(case.mlp, case.X, case.y, criterion="class_selectivity")
    a = oracle.hidden(case.net, case.X, 0)
    means = np.sort([a[case.y == label].mean(axis=0) for label in case.classes], axis=0)
    highest, others = means[-1], means[:-1].mean(axis=0)
    assert_allclose(selectivity, (highest - others) / (highest + others), rtol=1e-12)


def test_classes_without_rows_are_left_out():
    case = make("multiclass", (4,), "tanh")
    chosen = case.y != case.classes[1]
    for name in WITH_CLASSES:
        some = neuron_criterion(case.mlp, case.X[chosen], case.y[chosen], criterion=name)
        weightless = neuron_criterion(
            case.mlp, case.X, case.y, criterion=name, sample_weight=chosen.astype(float)
        )
        assert np.isfinite(some).all()
        assert_allclose(weightless, some, rtol=1e-11)


def test_taylor_predicts_small_ablations():
    case = make("multiclass", (30,), "tanh", n=300, n_features=5)
    case.mlp.coefs_[1] /= 30
    true = neuron_ablation(case.mlp, case.X, case.y, scoring="neg_log_loss").importances
    errors = {}
    for name in ("taylor1", "taylor2"):
        predicted = neuron_criterion(case.mlp, case.X, case.y, criterion=name)
        errors[name] = np.abs(predicted - true).max() / np.abs(true).max()
    assert errors["taylor1"] < 0.1
    assert errors["taylor2"] < errors["taylor1"] / 10


def test_random_is_reproducible_and_keeps_to_its_neuron():
    case = make(hidden=(3, 2, 4))
    numbers = neuron_criterion(case.mlp, criterion="random", random_state=3)
    assert_array_equal(numbers, neuron_criterion(case.mlp, criterion="random", random_state=3))
    assert (numbers != neuron_criterion(case.mlp, criterion="random", random_state=4)).all()
    last = neuron_criterion(case.mlp, criterion="random", random_state=3, layers=-1)
    assert_array_equal(last, numbers[5:])
    state = np.random.RandomState(3)
    assert_array_equal(numbers, neuron_criterion(case.mlp, criterion="random", random_state=state))
    assert len(set(neuron_criterion(case.mlp, criterion="random"))) == 9


# ---- rows


def all_criteria(case, X=None, y=None, **options):
    names = list(CRITERIA) if case.net.out_activation == "softmax" else FOR_ANY
    X, y = case.X if X is None else X, case.y if y is None else y
    return neuron_criterion(case.mlp, X, y, criterion=names, random_state=0, **options)


def assert_same(actual, expected, **tolerance):
    assert list(actual) == list(expected)
    for name, column in expected.items():
        assert_allclose(actual[name], column, err_msg=name, **tolerance)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("kind", KINDS)
def test_integer_weights_are_repeated_rows(kind, activation):
    case = make(kind, (4, 3), activation)
    weight = np.random.default_rng(0).integers(0, 4, 40)
    X, y = np.repeat(case.X, weight, axis=0), np.repeat(case.y, weight, axis=0)
    assert_same(
        all_criteria(case, sample_weight=weight), all_criteria(case, X, y), rtol=1e-8, atol=1e-12
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("block_rows", [1, 16])
def test_blocks_of_rows_do_not_matter(monkeypatch, kind, block_rows):
    case = make(kind, (4, 3), "relu")
    full = all_criteria(case)
    monkeypatch.setattr(_network, "BLOCK_ROWS", block_rows)
    assert_same(all_criteria(case), full, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_rows(kind):
    case = make(kind, (4, 3), "tanh")
    X = np.where(case.X > 0, case.X, 0)
    dense = all_criteria(case, X)
    assert_same(all_criteria(case, sparse.csr_matrix(X)), dense, rtol=1e-12)
    assert_same(all_criteria(case, sparse.csc_array(X)), dense, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_float32_is_float64_to_its_precision(kind):
    case = make(kind, (4, 3), dtype=np.float32)
    single, double = all_criteria(case), all_criteria(case, case.X.astype(float))
    for name in ("entropy", "mutual_information"):  # a row may change its bin
        single.pop(name, None)
        double.pop(name, None)
    assert all(column.dtype == np.float64 for column in single.values())
    assert_same(single, double, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in CRITERIA if name not in WEIGHTS_ONLY])
def test_activations_of_all_rows_are_never_held(monkeypatch, name):
    monkeypatch.setattr(_network, "BLOCK_ROWS", 256)
    monkeypatch.setattr(_activation_bins, "QUANTILE_ROWS", 256)
    case = make("multiclass", (100,), n=6000)
    neuron_criterion(case.mlp, case.X, case.y, criterion=name)  # what is imported or compiled once
    tracemalloc.start()
    neuron_criterion(case.mlp, case.X, case.y, criterion=name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6000 * 100 * 8 / 2


def test_nothing_is_changed():
    case = make(hidden=(4, 3))
    arrays = [*case.mlp.coefs_, *case.mlp.intercepts_, case.X, case.y]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    all_criteria(case, sample_weight=np.ones(40))
    for array, old in zip(arrays, before, strict=True):
        assert_array_equal(array, old)


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
    with pytest.raises(ValueError, match="y has rows of a single class only"):
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
        ("multiclass", {"X": np.ones((39, 3))}, "inconsistent numbers of samples"),
        ("multiclass", {"y": np.full(40, 3)}, r"y contains labels never seen in training: \[3\]"),
        ("multiclass", {"y": np.ones((40, 2), int)}, "multilabel-indicator"),
        ("multilabel", {"y": np.arange(40) % 3}, "multilabel-indicator"),
        ("regression", {"y": np.ones((40, 2))}, r"y has 2 column\(s\)"),
        ("multiclass", {"sample_weight": np.zeros(40)}, "zero"),
        ("multiclass", {"sample_weight": -np.ones(40)}, "Negative values .*sample_weight"),
        ("multiclass", {"sample_weight": np.ones(3)}, r"sample_weight.shape == \(3,\)"),
        ("multiclass", {"criterion": "random", "random_state": "?"}, "'\\?' cannot be used to se"),
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
