"""Tests of surgery._network_checks: networks whose arrays do not fit together are refused."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from helpers.networks import KINDS, WRAPPERS, make, small
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import StandardScaler

from skneuron import (
    RottenNeuronPruner,
    RottenNeuronPrunerCV,
    neuron_ablation,
    neuron_criterion,
    neuron_pruning_path,
    neuron_shapley,
    pairwise_ablation,
    prune_neurons,
    remove_redundant_neurons,
)
from skneuron.plotting import NeuronAblationDisplay, PruningPathDisplay, ReceptiveFieldDisplay
from skneuron.surgery._network import Network
from skneuron.surgery._network_checks import check_finite, check_network, is_finite


def set_item(name, layer, change):
    def fault(mlp):
        arrays = list(getattr(mlp, name))
        arrays[layer] = change(arrays[layer])
        setattr(mlp, name, arrays)

    return fault


def no_neurons(mlp):
    set_item("coefs_", 0, lambda c: c[:, :0])(mlp)
    set_item("intercepts_", 0, lambda b: b[:0])(mlp)
    set_item("coefs_", 1, lambda c: c[:0])(mlp)


def bias_forgotten(mlp):
    set_item("coefs_", 0, lambda c: c[:, 1:])(mlp)
    set_item("coefs_", 1, lambda c: c[1:])(mlp)


def output_added(mlp):
    set_item("coefs_", 2, lambda c: np.hstack([c, c[:, :1]]))(mlp)
    set_item("intercepts_", 2, lambda b: np.append(b, 0))(mlp)


def layer_removed(mlp):
    mlp.coefs_ = [mlp.coefs_[0][:, :3], mlp.coefs_[2]]
    mlp.intercepts_ = [mlp.intercepts_[0][:3], mlp.intercepts_[2]]


def setting(name, value):
    return lambda mlp: setattr(mlp, name, value)


# Of networks with 3 features and hidden layers of 4 and 3: fault, type and text of the error.
FAULTS = {
    "layer without neurons": (no_neurons, ValueError, "coefs_[0] has shape (3, 0): every layer"),
    "bias forgotten": (
        bias_forgotten, ValueError,
        "intercepts_[0] has shape (4,), but coefs_[0] has shape (3, 3): intercepts_[0] needs "
        "shape (3,)",
    ),
    "one bias too few": (
        set_item("intercepts_", 1, lambda b: b[1:]), ValueError,
        "intercepts_[1] has shape (2,), but coefs_[1] has shape (4, 3)",
    ),
    "row forgotten": (
        set_item("coefs_", 1, lambda c: c[1:]), ValueError,
        "coefs_[1] has shape (3, 3), but coefs_[0] has shape (3, 4): coefs_[1] needs 4 rows",
    ),
    "feature removed": (
        set_item("coefs_", 0, lambda c: c[1:]), ValueError,
        "coefs_[0] has shape (2, 4), but n_features_in_=3: it needs 3 rows",
    ),
    "output added": (output_added, ValueError, "but n_outputs_="),
    "bias of an output": (
        set_item("intercepts_", 2, lambda b: b[:0]), ValueError, "intercepts_[2] has shape (0,)",
    ),
    "layer removed": (layer_removed, ValueError, "n_layers_=4, but coefs_ holds 2 array(s)"),
    "biases of a layer forgotten": (
        lambda mlp: setattr(mlp, "intercepts_", mlp.intercepts_[:2]), ValueError,
        "coefs_ holds 3 array(s) and intercepts_ 2",
    ),
    "no layers": (
        lambda mlp: vars(mlp).update(coefs_=[], intercepts_=[]), ValueError,
        "coefs_ holds 0 array(s)",
    ),
    "flat weights": (
        set_item("coefs_", 1, np.ravel), ValueError, "coefs_[1] has shape (12,), but must have 2",
    ),
    "biases as a row": (
        set_item("intercepts_", 1, np.atleast_2d), ValueError,
        "intercepts_[1] has shape (1, 3), but must have 1",
    ),
    "list of lists": (
        set_item("coefs_", 1, np.ndarray.tolist), TypeError,
        "coefs_[1] must be a numeric NumPy array of shape (n_inputs, n_neurons); got list",
    ),
    "list of biases": (
        set_item("intercepts_", 0, np.ndarray.tolist), TypeError,
        "intercepts_[0] must be a numeric NumPy array of shape (n_neurons,); got list",
    ),
    "text": (
        set_item("coefs_", 0, lambda c: c.astype(str)), TypeError, "ndarray of dtype <U",
    ),
    "objects": (
        set_item("coefs_", 2, lambda c: c.astype(object)), TypeError,
        "coefs_[2] must be a numeric NumPy array of shape (n_inputs, n_neurons); got ndarray of "
        "dtype object",
    ),
    "complex": (
        set_item("coefs_", 0, lambda c: c + 1j), TypeError, "ndarray of dtype complex128",
    ),
    "masked": (
        set_item("coefs_", 0, lambda c: np.ma.masked_less(c, 0)), TypeError, "got MaskedArray",
    ),
    "no list": (setting("coefs_", None), TypeError, "coefs_ must be a list of arrays"),
    "unknown activation": (setting("activation", "gelu"), ValueError, "activation='gelu' is"),
    "activation of no kind": (setting("activation", None), ValueError, "activation=None is"),
    "unknown output": (
        setting("out_activation_", "tanh"), ValueError, "out_activation_='tanh' does not fit ",
    ),
    "NaN": (
        set_item("coefs_", 1, lambda c: np.where(np.arange(12).reshape(4, 3) == 5, np.nan, c)),
        ValueError, "coefs_[1][1, 2] is nan",
    ),
    "infinite bias": (
        set_item("intercepts_", 2, lambda b: np.append(b[:-1], -np.inf)), ValueError,
        "] is -inf, as one of 1 numbers in intercepts_[2]",
    ),
}  # fmt: skip
NOT_FINITE = {"NaN", "infinite bias"}

ENTRY_POINTS = {
    "ablation": lambda mlp, X, y: neuron_ablation(mlp, X, y),
    "pairs": lambda mlp, X, y: pairwise_ablation(mlp, X, y),
    "shapley": lambda mlp, X, y: neuron_shapley(mlp, X, y),
    "criterion": lambda mlp, X, y: neuron_criterion(mlp, criterion="l1_incoming"),
    "path": lambda mlp, X, y: neuron_pruning_path(mlp, X, y),
    "prefit": lambda mlp, X, y: RottenNeuronPruner(mlp, cv="prefit").fit(X, y),
    "automatic": lambda mlp, X, y: RottenNeuronPruner(mlp, cv="prefit", threshold="auto").fit(
        X, y
    ),
    "prune_neurons": lambda mlp, X, y: prune_neurons(mlp, [(1, 0)]),
    "prune_neurons in place": lambda mlp, X, y: mlp.prune_neurons([(1, 0)]),
    "remove_redundant_neurons": lambda mlp, X, y: remove_redundant_neurons(mlp, X),
    "hidden_activations": lambda mlp, X, y: mlp.hidden_activations(X),
    "partial_fit": lambda mlp, X, y: mlp.partial_fit(X, y),
    **{
        f"warm start, {solver}": lambda mlp, X, y, solver=solver: mlp.set_params(
            solver=solver, warm_start=True, max_iter=1, activation="tanh"
        ).fit(X, y)
        for solver in ("adam", "lbfgs")
    },
    "NeuronAblationDisplay": lambda mlp, X, y: NeuronAblationDisplay.from_estimator(mlp, X, y),
    "ReceptiveFieldDisplay": lambda mlp, X, y: ReceptiveFieldDisplay.from_estimator(
        mlp, [(0, 1)], image_shape=(1, 3)
    ),
}
TAKE_NAN = {
    "ablation", "path", "prune_neurons", "prune_neurons in place", "NeuronAblationDisplay",
}  # fmt: skip

# They say in scikit-learn's words that training has diverged.
TRAIN = {"partial_fit", "warm start, adam", "warm start, lbfgs"}


def broken(fault, kind="multiclass", **parameters):
    case = make(kind, (4, 3), **parameters)
    fault(case.mlp)
    return case


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_networks_of_every_kind(kind, fault):
    change, error, message = FAULTS[fault]
    case = broken(change, kind)
    with pytest.raises(error, match=re.escape(message)):
        Network.from_mlp(case.mlp)


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (entry, fault)
        for entry in ENTRY_POINTS
        for fault in FAULTS
        if not (fault in NOT_FINITE and (entry in TAKE_NAN or entry in TRAIN))
        # Parameters are checked, and here set, by scikit-learn.
        if not ("activation" in fault and entry.startswith("warm start"))
    ],
)
def test_every_way_in(entry, fault):
    change, error, message = FAULTS[fault]
    case = broken(change, ours=True)
    with pytest.raises(error, match=re.escape(message)):
        ENTRY_POINTS[entry](case.mlp, case.X, case.y)
    plt.close("all")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("entry", sorted(TRAIN))
@pytest.mark.parametrize("fault", sorted(NOT_FINITE))
def test_training_does_not_go_on_from_numbers_that_are_not_finite(fault, entry):
    case = broken(FAULTS[fault][0], ours=True)
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        ENTRY_POINTS[entry](case.mlp, case.X, case.y)


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
@pytest.mark.parametrize("fault", ["layer without neurons", "bias forgotten", "NaN"])
def test_networks_inside_other_estimators(fault, wrap):
    change, error, message = FAULTS[fault]
    case = broken(change)
    estimator = wrap(StandardScaler().fit(case.X), case.mlp)
    with pytest.raises(error, match=re.escape(message)):
        pairwise_ablation(estimator, case.X, case.y)


@pytest.mark.parametrize(
    ("kind", "n_outputs", "message"),
    [
        ("multiclass", 3, "coefs_[2] has shape (3, 3), but n_outputs_=4"),
        ("strings", 1, "coefs_[2] has shape (3, 1), but n_outputs_=3"),
        ("multilabel", 1, "coefs_[2] has shape (3, 1), but n_outputs_=3"),
        ("multioutput", 1, "coefs_[2] has shape (3, 1), but n_outputs_=2"),
    ],
)
def test_missing_outputs(kind, n_outputs, message):
    case = make(kind, (4, 3))
    set_item("coefs_", 2, lambda c: c[:, :n_outputs])(case.mlp)
    set_item("intercepts_", 2, lambda b: b[:n_outputs])(case.mlp)
    with pytest.raises(ValueError, match=re.escape(message)):
        neuron_ablation(case.mlp, case.X, case.y)


@pytest.mark.parametrize(
    ("kind", "n_classes", "n_wanted"),
    [("multiclass", 3, 3), ("multiclass", 5, 5), ("binary", 3, 3), ("multilabel", 4, 4)],
)
def test_outputs_that_do_not_fit_the_classes(kind, n_classes, n_wanted):
    case = make(kind, (4, 3))
    case.mlp._label_binarizer.classes_ = case.mlp.classes_ = np.arange(n_classes)
    message = f"classes_ holds {n_classes} classes, which need {n_wanted} output(s)"
    with pytest.raises(ValueError, match=re.escape(message)):
        neuron_ablation(case.mlp, case.X, case.y)


def pruners(mlp):
    pruner = RottenNeuronPruner(FrozenEstimator(mlp), cv="prefit", random_state=0)
    return [pruner, RottenNeuronPrunerCV(pruner, cv=2)]


@pytest.mark.parametrize("at", [0, 1], ids=["pruner", "search"])
@pytest.mark.parametrize("fault", ["layer without neurons", "bias forgotten", "NaN"])
def test_pruners_of_networks_of_others(fault, at):
    change, error, message = FAULTS[fault]
    case = broken(change)
    with pytest.raises(error, match=re.escape(message)):
        pruners(case.mlp)[at].fit(case.X, case.y)


@pytest.mark.parametrize("fault", ["layer without neurons", "bias forgotten", "NaN"])
def test_pruned_networks_that_were_broken_later(fault):
    case = make("multiclass", (4, 3))
    change, error, message = FAULTS[fault]
    pruner = pruners(case.mlp)[0].set_params(threshold=-np.inf).fit(case.X, case.y)
    change(pruner.estimator_.estimator)
    for read in (pruner.transform, lambda X: neuron_shapley(pruner, X, case.y)):
        with pytest.raises(error, match=re.escape(message)):
            read(case.X)
    assert PruningPathDisplay.from_estimator(pruner).n_neurons.tolist() == [7]
    plt.close("all")


def test_output_activations_by_kind_of_estimator():
    for kind, wrong in (("multiclass", "identity"), ("binary", "exp"), ("regression", "softmax")):
        case = broken(setting("out_activation_", wrong), kind)
        with pytest.raises(ValueError, match=f"out_activation_='{wrong}' does not fit "):
            check_network(case.mlp)


@pytest.mark.parametrize("kind", [*KINDS, "single class"])
@pytest.mark.parametrize("hidden", [(), (4,), (1, 1)])
@pytest.mark.parametrize("ours", [False, True])
def test_sound_networks_pass(kind, hidden, ours):
    check_network(make(kind, hidden, ours=ours).mlp)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_real_fit_passes():
    case = make("strings")
    for y in (case.y, case.y == "setosa"):
        check_network(small(hidden_layer_sizes=(3, 2), solver="lbfgs").fit(case.X, y))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i4", ">f8"])
def test_large_numbers_are_finite(dtype):
    array = np.full((5, 2), np.finfo("f2").max if dtype == "f2" else 9).astype(dtype)
    if dtype in ("f4", "f8", ">f8"):
        array[:] = np.finfo(array.dtype).max
    assert is_finite(array)
    if array.dtype.kind == "f":
        for value in (np.nan, np.inf, -np.inf):
            array[3, 1] = value
            assert not is_finite(array)
        array[2, 0] = np.inf
        assert not is_finite(array)


def test_the_first_and_the_number_of_what_is_not_finite():
    case = make("regression", (4,))
    case.mlp.intercepts_[0][[1, 3]] = np.nan, np.inf
    with pytest.raises(ValueError, match=r"intercepts_\[0\]\[1\] is nan, as one of 2 numbers"):
        check_finite(case.mlp)


@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize("where", ["incoming", "bias", "outgoing"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pruning_takes_numbers_that_are_not_finite_along(value, where, ours):
    case = make("multiclass", (4, 3), ours=ours)
    expected = prune_neurons(case.mlp, [(0, 2)]).predict_proba(case.X)
    array, at = {
        "incoming": (case.mlp.coefs_[0], (1, 2)),
        "bias": (case.mlp.intercepts_[0], 2),
        "outgoing": (case.mlp.coefs_[1], (2, 0)),
    }[where]
    array[at] = value
    pruned = prune_neurons(case.mlp, [(0, 2)])
    check_finite(pruned)
    np.testing.assert_array_equal(pruned.predict_proba(case.X), expected)


def set_classes(classes):
    return lambda mlp: setattr(mlp, "classes_", classes)


@pytest.mark.parametrize(
    ("kind", "classes", "error"),
    [
        ("binary", np.array([0]), ValueError),  # accuracy was 1.0 where predict's was 0.635
        ("binary", np.array([0, 2]), ValueError),
        ("binary", np.array([1, 1]), ValueError),
        ("binary", np.array([1, 0]), ValueError),
        ("multiclass", np.array([2, 0, 1]), ValueError),
        ("multiclass", [0, 1, 2], TypeError),
        ("multiclass", None, TypeError),
        ("multiclass", np.array([[0, 1, 2]]), TypeError),
    ],
)
def test_classes_that_are_not_those_of_the_training(kind, classes, error):
    case = make(kind, (4, 3))
    set_classes(classes)(case.mlp)
    with pytest.raises(error, match="classes_"):
        neuron_ablation(case.mlp, case.X, case.y)


@pytest.mark.parametrize("name", ["n_layers_", "out_activation_", "n_outputs_", "classes_"])
def test_missing_attributes_are_named(name):
    case = make("multiclass", (4, 3))
    delattr(case.mlp, name)
    with pytest.raises(ValueError, match=name):
        prune_neurons(case.mlp, [(0, 0)])


def test_softmax_is_needed_for_one_of_several_classes():
    case = make("multiclass", (4, 3))
    case.mlp.out_activation_ = "logistic"
    case.mlp._label_binarizer.y_type_ = "multiclass"
    with pytest.raises(ValueError, match="out_activation_='logistic'"):
        neuron_ablation(case.mlp, case.X, case.y)


def test_numbers_of_layers_are_whole():
    case = make("multiclass", (4, 3))
    case.mlp.n_layers_ = 4.0
    with pytest.raises(ValueError, match=re.escape("n_layers_=4.0")):
        neuron_ablation(case.mlp, case.X, case.y)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_matrices_are_no_arrays():
    case = make("multiclass", (4, 3))
    case.mlp.coefs_[0] = np.matrix(case.mlp.coefs_[0])
    with pytest.raises(TypeError, match=re.escape("coefs_[0]")):
        neuron_ablation(case.mlp, case.X, case.y)
