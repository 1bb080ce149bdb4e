"""Tests of inspection._ablation._ablation: many samples, weights of samples, threads."""

from concurrent.futures import ThreadPoolExecutor

import joblib
import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.ablations import assert_is_the_oracles, assert_same, each_replacement, options_for
from helpers.networks import KINDS, make
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skneuron import neuron_ablation
from skneuron.inspection._scoring import _blocks
from skneuron.surgery import _network

# ---- many rows, many threads


@pytest.fixture
def long_case(monkeypatch):
    """Three blocks of one chunk each."""
    monkeypatch.setattr(_network, "BLOCK_ROWS", 256)
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 1)
    return make("multiclass", (3, 2), "tanh", n=600)


def weighted_ablation(case, **options):
    weight = np.random.default_rng(0).random(len(case.y))
    options = {"replacement": "mean", "X_ref": case.X} | options
    return neuron_ablation(case.mlp, case.X, case.y, sample_weight=weight, **options)


MANY = pytest.mark.parametrize(
    "options",
    [
        {"replacement": "zero"},
        {"replacement": "mean"},
        {"replacement": "linear"},
        {"replacement": "resample", "random_state": 0, "n_repeats": 2},
        {"scoring": "neg_log_loss"},
        {"scoring": "roc_auc_ovr", "replacement": "linear"},
    ],
    ids=str,
)


@MANY
def test_rows_of_several_blocks(long_case, options, monkeypatch):
    blocks = weighted_ablation(long_case, **options)
    monkeypatch.undo()
    tolerance = 1e-6 if options.get("replacement") == "linear" else 1e-12
    expected = weighted_ablation(long_case, **options)
    assert_same(blocks, expected, rtol=tolerance, atol=tolerance)


def test_rows_of_several_blocks_match_the_oracle(long_case):
    weight = np.random.default_rng(0).random(600)
    args = (long_case.net, long_case.X, long_case.y, long_case.classes, weight, long_case.X)
    assert_is_the_oracles(weighted_ablation(long_case), oracle.ablation(*args))


@MANY
def test_sparse_rows_of_several_blocks(long_case, options):
    dense = weighted_ablation(long_case, **options)
    long_case.X = sparse.csr_array(long_case.X)
    assert_same(weighted_ablation(long_case, **options), dense)


@MANY
@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
def test_bits_do_not_depend_on_the_number_of_threads(long_case, options):
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = weighted_ablation(long_case, **options)
        numba.set_num_threads(2)
        assert_same(weighted_ablation(long_case, **options), one)
    finally:
        numba.set_num_threads(before)


@MANY
def test_bits_are_the_same_off_the_main_thread(long_case, options):
    expected = weighted_ablation(long_case, **options)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(weighted_ablation, long_case, **options) for _ in range(4)]
    for future in futures:
        assert_same(future.result(), expected)


# ---- what results mean


def test_layers_select_neurons():
    case = make(hidden=(3, 2, 4))
    full = neuron_ablation(case.mlp, case.X, case.y)
    assert full.layer.tolist() == [0] * 3 + [1] * 2 + [2] * 4
    assert full.index.tolist() == [0, 1, 2, 0, 1, 0, 1, 2, 3]
    a_number_each = full.keys() - {"baseline_score", "baseline_loss", "n_samples", "classes"}
    a_number_each -= {"confusion_matrix", "default_test"}
    for layers, chosen in [(1, [1]), (-1, [2]), ([2, 0], [0, 2]), ([0, -3], [0])]:
        part = neuron_ablation(case.mlp, case.X, case.y, layers=layers)
        mask = np.isin(full.layer, chosen)
        for name in a_number_each:
            assert_array_equal(part[name], full[name][mask], err_msg=name)
        assert part.baseline_score == full.baseline_score


def test_classes_without_rows_have_no_recall_to_lose():
    case = make("multiclass", (4,))
    rows = case.y != 5
    ablation = neuron_ablation(case.mlp, case.X[rows], case.y[rows])
    assert_array_equal(np.isnan(ablation.class_importances), np.tile(case.classes == 5, (4, 1)))
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=rows.astype(float))
    assert_array_equal(weighted.class_importances, ablation.class_importances)


def test_counts_add_up():
    case = make("multiclass", (4, 3), n=60)
    ablation = neuron_ablation(case.mlp, case.X, case.y)
    net_loss = ablation.n_broken - ablation.n_fixed
    assert ablation.n_fixed.any()
    assert ablation.n_broken.any()
    assert_allclose(ablation.importances * 60, net_loss, atol=1e-12)
    rows_of_class = (case.y == case.classes[:, None]).sum(axis=1)
    assert_allclose(ablation.class_importances @ rows_of_class, net_loss, atol=1e-12)
    assert_array_equal(ablation.confusion_matrices.sum(axis=2), np.tile(rows_of_class, (7, 1)))
    right = np.trace(ablation.confusion_matrices, axis1=1, axis2=2)
    assert_array_equal(np.trace(ablation.confusion_matrix) - right, net_loss)
    # Counts are of rows, whatever these weigh.
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=np.arange(60.0))
    assert_array_equal(weighted.n_fixed, ablation.n_fixed)
    assert_array_equal(weighted.n_broken, ablation.n_broken)


@each_replacement
@pytest.mark.parametrize("kind", KINDS)
def test_a_row_weighs_as_much_as_its_copies(kind, replacement):
    case = make(kind, (4, 3))
    repeats = np.arange(40) % 3
    options = options_for(case, replacement)
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=repeats, **options)
    X, y = np.repeat(case.X, repeats, axis=0), np.repeat(case.y, repeats, axis=0)
    repeated = neuron_ablation(case.mlp, X, y, **options)
    same = {"baseline_score", "scores", "importances", "class_importances", "baseline_loss"}
    same |= {"loss_importances", "confusion_matrix", "confusion_matrices"}
    for name in same & set(repeated):
        assert_allclose(weighted[name], repeated[name], rtol=1e-11, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "regression"])
def test_equal_weights_are_no_weights(kind):
    case = make(kind, (4, 3))
    weighted = neuron_ablation(case.mlp, case.X, case.y, sample_weight=np.full(40, 0.3))
    plain = neuron_ablation(case.mlp, case.X, case.y)
    for name in ("baseline_score", "scores", "loss_importances", "loss_std", "baseline_loss"):
        assert_allclose(weighted[name], plain[name], rtol=1e-11, atol=1e-13, err_msg=name)
    if kind == "multiclass":
        assert_allclose(weighted.confusion_matrices, plain.confusion_matrices * 0.3, atol=1e-12)


def test_nothing_is_changed():
    case = make("multiclass", (4, 3), early_stopping=False)
    weight = np.ones(40)
    everything = (case.mlp, case.X, case.y, case.X_ref, weight)
    before = joblib.hash(everything)
    scorings = [None, "neg_log_loss", lambda mlp, X, y, sample_weight: mlp.score(X, y)]
    for scoring in [*scorings, ["accuracy", "roc_auc_ovr"]]:
        for replacement in ("zero", "mean", "linear"):
            neuron_ablation(
                case.mlp, case.X, case.y, scoring=scoring, sample_weight=weight,
                replacement=replacement, X_ref=case.X_ref,
            )  # fmt: skip
            assert joblib.hash(everything) == before
