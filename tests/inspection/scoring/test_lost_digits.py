"""Tests of inspection._scoring._lost_digits: one neuron that drowns the others.

What counts is what is left without it: scores are those of networks that are really pruned.
"""

import numpy as np
import pytest
from helpers import oracle
from helpers.drowning import (
    DTYPES,
    FACTORS,
    INDEX,
    PLACES,
    drowned_case,
    eps_of,
    losses_of,
    options_of,
    without,
)
from helpers.networks import make
from helpers.sweeps import one_chunk_a_block
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import get_scorer, recall_score

from skneuron import neuron_ablation
from skneuron.inspection._scoring import TIES, means_drown
from skneuron.inspection._scoring._lost_digits import drowned, harmless_residuals
from skneuron.inspection._scoring._samples import samples_for
from skneuron.inspection._scoring._wanted_sums import WantedSums
from skneuron.surgery import RIDGE, Network, layer_replacements

pytestmark = pytest.mark.usefixtures("compiled")

each_dtype = pytest.mark.parametrize("dtype", DTYPES)
each_factor = pytest.mark.parametrize("factor", FACTORS)
each_place = pytest.mark.parametrize(("hidden", "layer"), PLACES)
each_replacement = pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])


def pruned(case, ablation, replacement="zero"):
    neurons = zip(ablation.layer.tolist(), ablation.index.tolist(), strict=True)
    return [without(case, [neuron], replacement) for neuron in neurons]


def assert_counts_are_true(case, ablation, networks, weight=None):
    """Scores by accuracy and all that counts predictions, of one label for each sample."""
    before = case.mlp.predict(case.X)
    was_right = before == case.y
    for at, smaller in enumerate(networks):
        after = smaller.predict(case.X)
        is_right = after == case.y
        assert ablation.scores[at] == pytest.approx(smaller.score(case.X, case.y, weight))
        assert ablation.n_fixed[at] == np.sum(is_right & ~was_right)
        assert ablation.n_broken[at] == np.sum(was_right & ~is_right)
        options = {"labels": case.classes, "average": None, "sample_weight": weight}
        recalls = [
            recall_score(case.y, found, **options, zero_division=np.nan)
            for found in (before, after)
        ]
        assert_allclose(ablation.class_importances[at], recalls[0] - recalls[1], atol=1e-12)


def assert_losses_are_true(case, ablation, networks, replacement="zero", weight=None):
    weight = np.ones(len(case.X)) if weight is None else weight
    for importance, smaller in zip(ablation.loss_importances, networks, strict=True):
        losses, rounding = (
            np.average(each.reshape(len(case.X), -1).mean(axis=1), weights=weight)
            for each in losses_of(smaller, case.X, case.y)
        )
        # The digits of the whole network's loss, to which the importance is the difference.
        size = 8 * ablation.baseline_loss * eps_of(smaller, case.X)
        size += RIDGE * max(1, ablation.baseline_loss) if replacement == "linear" else 0
        found = importance + ablation.baseline_loss
        assert_allclose(found, float(losses), rtol=0, atol=float(rounding + size))


@each_replacement
@each_factor
@each_dtype
@each_place
def test_relu_neurons_of_every_layer(hidden, layer, dtype, factor, replacement):
    case = drowned_case("multiclass", hidden, layer, factor, dtype, replacement=replacement)
    ablation = neuron_ablation(case.mlp, case.X, case.y, **options_of(case, replacement))
    networks = pruned(case, ablation, replacement)
    assert_counts_are_true(case, ablation, networks)
    assert_losses_are_true(case, ablation, networks, replacement)


@pytest.mark.parametrize(
    ("activation", "outgoing"),
    [("relu", True), ("tanh", True), ("logistic", True), ("identity", False)],
)
@pytest.mark.parametrize(("hidden", "layer"), [((5,), 0), ((4, 5, 4), 1)])
@each_factor
@each_dtype
def test_other_activations(dtype, factor, hidden, layer, activation, outgoing):
    case = drowned_case(
        "strings", hidden, layer, factor, dtype, activation=activation, outgoing=outgoing
    )
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    networks = pruned(case, ablation)
    assert_counts_are_true(case, ablation, networks)
    assert_losses_are_true(case, ablation, networks)


@pytest.mark.parametrize("kind", ["binary", "multilabel"])
@pytest.mark.parametrize(("hidden", "layer"), [((4,), 0), ((3, 3), 0)])
@pytest.mark.parametrize("replacement", ["zero", "linear"])
@each_factor
@each_dtype
def test_other_kinds_of_labels(dtype, factor, replacement, hidden, layer, kind):
    case = drowned_case(kind, hidden, layer, factor, dtype, replacement=replacement)
    weight = np.random.default_rng(0).random(len(case.X)) + 0.1
    ablation = neuron_ablation(
        case.mlp, case.X, case.y, sample_weight=weight, **options_of(case, replacement)
    )
    networks = pruned(case, ablation, replacement)
    if kind == "binary":
        assert_counts_are_true(case, ablation, networks, weight)
    else:
        expected = [smaller.score(case.X, case.y, weight) for smaller in networks]
        assert_allclose(ablation.scores, expected)
    assert_losses_are_true(case, ablation, networks, replacement, weight)


@pytest.mark.parametrize("kind", ["regression", "multioutput"])
@each_replacement
@each_factor
@each_dtype
def test_regressors(dtype, factor, replacement, kind):
    for hidden, layer in [((4,), 0), ((3, 3), 0)]:
        case = drowned_case(kind, hidden, layer, factor, dtype, replacement=replacement)
        weight = np.random.default_rng(0).random(len(case.X)) + 0.1
        found = neuron_ablation(
            case.mlp, case.X, case.y, sample_weight=weight,
            scoring=["neg_mean_squared_error", "r2"], **options_of(case, replacement),
        )  # fmt: skip
        y = case.y.reshape(len(case.y), -1)
        variance = np.cov(y.T, aweights=weight, ddof=0)
        variance = np.diag(np.atleast_2d(variance))
        networks = pruned(case, found["r2"], replacement)
        for at, smaller in enumerate(networks):
            squares, rounding = (
                np.average(each, axis=0, weights=weight).astype(float)
                for each in losses_of(smaller, case.X, case.y)
            )
            assert_allclose(
                -found["neg_mean_squared_error"].scores[at], squares.mean(),
                rtol=1e-9, atol=rounding.mean(),
            )  # fmt: skip
            assert_allclose(
                1 - found["r2"].scores[at], np.mean(squares / variance),
                rtol=1e-9, atol=np.mean(rounding / variance),
            )  # fmt: skip
        if np.isfinite(found["r2"].baseline_loss) and np.isfinite(squares).all():
            ablation = found["neg_mean_squared_error"]
            at = [(own, index) for own, index in case.net.neurons].index((layer, INDEX))
            some = {"baseline_loss": ablation.baseline_loss}
            some["loss_importances"] = ablation.loss_importances[[at]]
            assert_losses_are_true(
                case, type(ablation)(**some), [networks[at]], replacement, weight
            )


@pytest.mark.parametrize("outgoing", [False, True])
@each_factor
@each_dtype
def test_poisson_regression_whose_outputs_overflow_or_vanish(dtype, factor, outgoing):
    case = drowned_case("poisson", (5,), 0, factor, dtype, outgoing=outgoing)
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    smaller = without(case, [(0, INDEX)])
    assert_allclose(ablation.scores[INDEX], smaller.score(case.X, case.y), rtol=1e-4)


@pytest.mark.parametrize(
    ("kind", "scorings"),
    [
        ("binary", ["balanced_accuracy", "roc_auc"]),
        ("multiclass", ["balanced_accuracy", "roc_auc_ovr", "f1_macro"]),
    ],
)
@each_factor
@each_dtype
def test_other_scorers(dtype, factor, kind, scorings):
    for hidden, layer in [((4,), 0), ((3, 3), 0)]:
        case = drowned_case(kind, hidden, layer, factor, dtype)
        weight = np.random.default_rng(0).random(len(case.X)) + 0.1
        found = neuron_ablation(case.mlp, case.X, case.y, scoring=scorings, sample_weight=weight)
        for name in scorings:
            expected = [
                get_scorer(name)(smaller, case.X, case.y, sample_weight=weight)
                for smaller in pruned(case, found[name])
            ]
            # Ranks of samples whose outputs are equal but for rounding.
            assert_allclose(found[name].scores, expected, atol=1e-4 if "roc" in name else 1e-12)


@each_factor
@each_dtype
def test_resampling(dtype, factor):
    """The drowning neuron is silent in the other sample, or nearly as active as in this one."""
    for hidden, layer in [((5,), 0), ((5, 4), 0)]:
        case = drowned_case("multiclass", hidden, layer, factor, dtype)
        ablation = neuron_ablation(
            case.mlp, case.X, case.y, replacement="resample", random_state=0, n_repeats=1
        )
        rows = np.random.RandomState(0).permutation(len(case.X))
        X = case.X.astype(np.longdouble)
        for at, (own, index) in enumerate(zip(ablation.layer, ablation.index, strict=True)):
            other = oracle.hidden(case.net, X, own)[rows, index]
            outputs = oracle.logits(case.net, X, {(own, index): other})
            ordered = np.sort(outputs, axis=1)
            size = np.abs(case.mlp.coefs_[-1]).max() * np.abs(
                oracle.hidden(case.net, X, len(hidden) - 1, {(own, index): other})
            ).sum(axis=1)
            unsure = ordered[:, -1] - ordered[:, -2] < 20 * eps_of(case.mlp, case.X) * size
            right = case.classes[outputs.argmax(axis=1)] == case.y
            assert right[~unsure].sum() <= round(ablation.scores[at] * len(X))
            assert round(ablation.scores[at] * len(X)) <= right[~unsure].sum() + unsure.sum()
            assert unsure.mean() < 0.1


def test_the_case_of_the_issue():
    case = drowned_case("multiclass", (5,), 0, 1e8, np.float32, n=1000, seed=1)
    case.y = without(case, [(0, INDEX)]).predict(case.X)
    assert 0.1 < case.mlp.score(case.X, case.y) < 0.9
    assert neuron_ablation(case.mlp, case.X, case.y).scores[INDEX] == 1


@each_dtype
def test_blocks_and_ordinary_samples_do_not_matter(dtype, monkeypatch):
    case = drowned_case("multiclass", (5, 4), 0, 1e8, dtype, n=900)
    weight = np.random.default_rng(0).random(len(case.X))
    expected = neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight)
    one_chunk_a_block(monkeypatch)
    found = neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight)
    assert_array_equal(found.n_fixed, expected.n_fixed)
    assert_allclose(found.scores, expected.scores, rtol=1e-12)
    assert_allclose(found.loss_importances, expected.loss_importances, rtol=1e-6, atol=1e-6)
    assert_allclose(found.loss_std, expected.loss_std, rtol=1e-6, atol=1e-6)


def test_confusion_matrices_without_the_neuron():
    case = drowned_case("multiclass", (5,), 0, 1e8, np.float32)
    weight = np.random.default_rng(0).random(len(case.X))
    for options in ({}, {"sample_weight": weight}):
        found = neuron_ablation(case.mlp, case.X, case.y, **options)
        predicted = without(case, [(0, INDEX)]).predict(case.X)
        w = options.get("sample_weight", np.ones(len(case.X)))
        expected = oracle.confusion(case.y, predicted, w, case.classes)
        assert_allclose(found.confusion_matrices[INDEX], expected, atol=1e-9)


# ---- what is harmless


@pytest.mark.parametrize("kind", ["multiclass", "binary", "regression"])
@each_dtype
def test_harmless_residuals_of_the_last_layer(dtype, kind):
    case = make(kind, (4, 3), dtype=dtype)
    samples = samples_for(case.mlp, case.X, case.y)
    network = samples.network_to_score(Network.from_mlp(case.mlp))
    found = harmless_residuals(network, samples)
    assert found.dtype == dtype
    scale = np.sqrt(np.mean(case.y**2)) if kind == "regression" else 1
    reach = np.abs(case.mlp.coefs_[-1]).max(axis=1) / scale
    assert_allclose(found[4:] * reach, np.finfo(dtype).eps ** -0.25, rtol=1e-5)
    through = np.linalg.norm(case.mlp.coefs_[1] * reach, axis=1)
    assert_allclose(found[:4] * through, np.finfo(dtype).eps ** -0.25, rtol=1e-5)


def test_harmless_residuals_are_numbers_for_any_weights():
    case = make("multiclass", (4, 3), dtype=np.float32)
    samples = samples_for(case.mlp, case.X, case.y)
    for weight in (0.0, 3e38):
        for coefs in case.mlp.coefs_[1:]:
            coefs[:] = weight
        found = harmless_residuals(Network.from_mlp(case.mlp), samples)
        assert np.isfinite(found).all()
        assert (found >= 0).all()


def test_sums_of_which_little_is_left_are_drowned():
    baseline = np.array([1e12, 4.0])
    changes = np.array([[-1e12 + 1, 0.0], [-9e11, -3.0], [5.0, 5.0], [np.nan, 0.0]])
    assert drowned(baseline, changes).tolist() == [True, False, False, True]
    assert not drowned(np.zeros(1), np.zeros((2, 1))).any()


@each_dtype
@pytest.mark.parametrize("losses", [False, True])
def test_means_of_ordinary_networks_do_not_drown_activations(losses, dtype):
    wanted = WantedSums(losses=losses)
    for kind in ("multiclass", "binary", "multilabel", "regression", "poisson"):
        for seed in range(5):
            case = make(kind, (20, 10), n=200, seed=seed, dtype=dtype)
            samples = samples_for(case.mlp, case.X, case.y)
            network = Network.from_mlp(case.mlp)
            means = layer_replacements(network, "mean", case.X_ref)
            assert not means_drown(network, samples, means, wanted)
            assert not means_drown(
                network, samples, layer_replacements(network, "zero", None), wanted
            )
    assert TIES < 1e-4


@pytest.mark.parametrize(("hidden", "layer"), [((5,), 0), ((5, 4), 1)])
@pytest.mark.parametrize("losses", [False, True])
def test_means_that_drown_activations(losses, hidden, layer):
    case = drowned_case("multiclass", hidden, layer, 1e6, np.float32)
    network = Network.from_mlp(case.mlp)
    means = layer_replacements(network, "mean", case.X_ref)
    samples = samples_for(case.mlp, case.X, case.y)
    assert means_drown(network, samples, means, WantedSums(losses=losses))
