"""Pairs of networks that are none, and samples that are others."""

import numpy as np
import pytest
from helpers import refits
from helpers.networks import KINDS, make

from skneuron.surgery._refit._checks import check_smaller_version, check_start


@pytest.mark.parametrize("kind", KINDS)
def test_what_pruning_leaves_is_a_smaller_version(kind):
    full, pruned, _ = refits.pair(kind)
    small, large = check_smaller_version(pruned, full)
    assert small.hidden_layer_sizes == (3, 3)
    assert large.hidden_layer_sizes == (6, 5)
    check_smaller_version(full, full)


OTHERS = {
    "hidden layers 1": {"hidden": (6,)},
    "features 4": {"n_features": 4},
    "outputs 3": {"kind": "strings"},
    "activation 'tanh'": {"activation": "tanh"},
    "output activation 'logistic'": {"kind": "binary"},
    "hidden layers have (7, 5) neurons": {"hidden": (7, 5)},
}


@pytest.mark.parametrize("words", OTHERS)
def test_others_are_named(words):
    options = {"kind": "multiclass", "hidden": (6, 5)} | OTHERS[words]
    kind, hidden = options.pop("kind"), options.pop("hidden")
    other, full = make(kind, hidden, **options).mlp, make("multiclass", (6, 5)).mlp
    if kind == "binary":  # the number of outputs is looked at first
        full = make("multiclass", (6, 5)).mlp
        other = make("multilabel", (6, 5)).mlp
        full.coefs_[-1], full.intercepts_[-1] = full.coefs_[-1][:, :3], full.intercepts_[-1][:3]
        full.n_outputs_, full.classes_ = 3, full.classes_[:3]
        full._label_binarizer.classes_ = full.classes_
    with pytest.raises(ValueError, match="no smaller version") as error:
        check_smaller_version(other, full)
    assert words in str(error.value)


def test_other_classes():
    full, pruned, _ = refits.pair("strings")
    pruned.classes_ = np.array(["a", "b", "c"])
    pruned._label_binarizer.classes_ = pruned.classes_
    with pytest.raises(ValueError, match=r"classes \['a', 'b', 'c'\], where full has"):
        check_smaller_version(pruned, full)


def test_nothing_to_prune():
    mlp = make("multiclass", (3,)).mlp
    flat = type(mlp)(()).partial_fit(np.eye(4), [0, 1, 2, 3], classes=[0, 1, 2, 3])
    with pytest.raises(ValueError, match="no hidden layer"):
        check_smaller_version(flat, flat)


def test_weights_that_are_no_numbers():
    full, pruned, _ = refits.pair()
    pruned.coefs_[1][0, 0] = np.nan
    with pytest.raises(ValueError, match=r"coefs_\[1\]\[0, 0\] is nan"):
        check_smaller_version(pruned, full)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_of_another_scale(kind):
    full, pruned, X = refits.pair(kind)
    whole, smaller = refits.networks(full, pruned)
    check_start(smaller, refits.stage_samples(whole, X))
    # Beside a network of the same kind, but another one.
    if kind not in ("regression", "multioutput"):
        with (
            pytest.raises(
                ValueError, match=r"before the refit.* \(X_refit, or else X\).*scaled in the same"
            ),
            np.errstate(over="ignore", invalid="ignore"),
        ):
            check_start(smaller, refits.stage_samples(whole, X * 1e6))


@pytest.mark.parametrize("kind", ["regression", "multioutput"])
def test_numbers_are_far_off_in_units_of_what_they_are(kind):
    full, pruned, X = refits.pair(kind)
    whole, smaller = refits.networks(full, pruned)
    smaller.intercepts[-1][:] += 1e3
    with pytest.raises(ValueError, match="beyond any sense"):
        check_start(smaller, refits.stage_samples(whole, X))


def test_outputs_that_are_no_numbers():
    full, pruned, X = refits.pair("poisson")
    whole, smaller = refits.networks(full, pruned)
    smaller.intercepts[-1][:] = 1e4
    with pytest.raises(ValueError, match="beyond any sense"), np.errstate(over="ignore"):
        check_start(smaller, refits.stage_samples(whole, X))


def test_constant_outputs_that_are_met():
    full, _, X = refits.pair("regression")
    full.coefs_[-1][:] = 0
    whole, _ = refits.networks(full, full)
    check_start(whole, refits.stage_samples(whole, X))


def test_numbers_far_from_0_that_lose_their_offset():
    full, pruned, X = refits.pair("regression")
    full.intercepts_[-1][:] += 2000
    whole, smaller = refits.networks(full, pruned)
    smaller.intercepts[-1][:] += 500
    check_start(smaller, refits.stage_samples(whole, X))


def test_rare_counts():
    full, pruned, X = refits.pair("poisson")
    for network, shift in ((full, -5.0), (pruned, -2.0)):
        network.coefs_[-1][:] = 0
        network.intercepts_[-1][:] = shift
    whole, smaller = refits.networks(full, pruned)
    check_start(smaller, refits.stage_samples(whole, X))
