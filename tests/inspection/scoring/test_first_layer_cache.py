"""Tests of skneuron.inspection._scoring._first_layer_cache: rows after the first product."""

import numpy as np
import pytest
from helpers.networks import KINDS, make, mask
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from skneuron import prune_neurons
from skneuron.inspection._scoring import _blocks, _evaluator
from skneuron.inspection._scoring._blocks import blocks_of, first_layer_cache
from skneuron.inspection._scoring._evaluator import evaluator_for
from skneuron.inspection._scoring._first_layer_cache import FirstLayerCache
from skneuron.kernels.forward import CHUNK_ROWS
from skneuron.surgery._network import Network
from skneuron.surgery._replacement import LayerReplacement, layer_replacements

# Whole chunks, and parts of them at the end.
each_n_rows = pytest.mark.parametrize(
    "n_rows", [1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 3 * CHUNK_ROWS + 17]
)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
each_form = pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of two chunks."""
    monkeypatch.setattr(_blocks, "MAX_BLOCK_ROWS", 2 * CHUNK_ROWS)


def nothing(network):
    return [LayerReplacement(np.zeros(size)) for size in network.hidden_layer_sizes]


def passed(network, X):
    """Inputs and residuals of all blocks, and where their rows are."""
    blocks = blocks_of(network.for_rows(X), X, nothing(network))
    return [(block.rows, block.inputs.copy(), block.residuals.copy()) for block in blocks]


def assert_same_passes(actual, expected):
    assert [rows for rows, *_ in actual] == [rows for rows, *_ in expected]
    for (_, *arrays), (_, *others) in zip(actual, expected, strict=True):
        for a, b in zip(arrays, others, strict=True):
            assert a.dtype == b.dtype
            assert_array_equal(a, b)


# ---- kept inputs are those of the rows


@pytest.mark.usefixtures("small_blocks")
@each_form
@each_dtype
@each_n_rows
def test_rows_that_are_kept_pass_as_they_would_again(n_rows, dtype, form):
    case = make("multiclass", (5, 4), "tanh", n=n_rows + 8, dtype=dtype)
    network, X = Network.from_mlp(case.mlp), form(case.X[:n_rows])
    kept = first_layer_cache(network, X)
    assert kept.shape == (n_rows, 0)
    assert kept.dtype == dtype
    assert_same_passes(passed(network, kept), passed(network, X))


@pytest.mark.usefixtures("small_blocks")
@each_form
@each_dtype
@each_n_rows
def test_so_they_do_without_neurons_of_the_first_layer(n_rows, dtype, form):
    # Of few bits, so that sums are exact, whatever their order.
    case = make("multiclass", (6, 4), n=n_rows + 8, dtype=dtype, dyadic=True)
    mlp, X = case.mlp, form(case.X[:n_rows])
    kept = first_layer_cache(Network.from_mlp(mlp), X)
    for unit in (5, 0, 2, 0):  # among those that are left
        mlp, kept = prune_neurons(mlp, [(0, unit)]), kept.without(mask(unit, len(kept.units)))
        network = Network.from_mlp(mlp)
        assert_same_passes(passed(network, kept), passed(network, X))
    assert kept.units.tolist() == [2, 4]


@pytest.mark.usefixtures("small_blocks")
@each_dtype
def test_what_is_left_has_the_bits_of_the_whole(dtype):
    case = make("multiclass", (9, 4), "logistic", n=700, dtype=dtype, n_features=11)
    network = Network.from_mlp(case.mlp)
    smaller = Network.from_mlp(prune_neurons(case.mlp, [(0, 7), (0, 3)]))
    kept = first_layer_cache(network, case.X).without(mask([7, 3], 9))
    left = [0, 1, 2, 4, 5, 6, 8]
    full = passed(network, case.X)
    for (_, inputs, _), (_, expected, _) in zip(passed(smaller, kept), full, strict=True):
        assert_array_equal(inputs[:, :7], expected[:, left])


def test_what_is_kept_does_not_change():
    case = make("multiclass", (3, 2))
    full = first_layer_cache(Network.from_mlp(case.mlp), case.X)
    before = full.known.copy()
    smaller = full.without(mask(1, 3))
    assert full.units.tolist() == [0, 1, 2]
    assert smaller.units.tolist() == [0, 2]
    assert smaller.known is full.known
    passed(Network.from_mlp(prune_neurons(case.mlp, [(0, 1)])), smaller)
    assert_array_equal(full.known, before)


def test_blocks_are_slices_of_the_rows():
    kept = FirstLayerCache(np.zeros((3, 2, CHUNK_ROWS), np.float32), np.arange(2), 600)
    blocks = list(kept.blocks(CHUNK_ROWS))
    assert [rows for rows, _ in blocks] == [slice(0, 256), slice(256, 512), slice(512, 600)]
    assert [(block.shape, block.dtype) for _, block in blocks] == [
        ((256, 0), np.float32),
        ((256, 0), np.float32),
        ((88, 0), np.float32),
    ]


def test_units_are_copied_from_the_blocks_own_chunks():
    known = np.arange(3 * 4 * CHUNK_ROWS, dtype=float).reshape(3, 4, CHUNK_ROWS)
    kept = FirstLayerCache(known, np.array([1, 3]), 600)
    inputs = np.full((2, 5, CHUNK_ROWS), -1.0)
    kept.copy_to(slice(CHUNK_ROWS, 600), inputs)
    assert_array_equal(inputs[:, :2], known[1:, [1, 3]])
    assert (inputs[:, 2:] == -1).all()


# ---- evaluators


def assert_same_removal_scores(actual, expected):
    assert actual.baseline_score == expected.baseline_score
    assert_array_equal(actual.scores, expected.scores)
    assert actual.facts.keys() == expected.facts.keys()
    assert actual.columns.keys() == expected.columns.keys()
    for name, column in actual.columns.items():
        assert_array_equal(column, expected.columns[name], err_msg=name)
    for name, fact in actual.facts.items():
        assert_array_equal(fact, expected.facts[name], err_msg=name)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("replacement", ["zero", "mean", "linear"])
@pytest.mark.parametrize("kind", KINDS)
def test_effects_on_a_path_are_those_of_the_rows(kind, replacement):
    case = make(kind, (5, 3), n=2 * CHUNK_ROWS + 30, dyadic=True)
    mlp, evaluate = case.mlp, evaluator_for(case.mlp, case.X, case.y)
    on_path = evaluate.for_path(Network.from_mlp(mlp))
    assert isinstance(on_path.samples.X, FirstLayerCache)
    # Neurons of the second layer may go in between; the rows do not care.
    for layer, unit in [(0, 4), (1, 0), (0, 0), (0, 1)]:
        network = Network.from_mlp(mlp)
        replacements = layer_replacements(network, replacement, case.X_ref)
        ablated = np.full(sum(network.hidden_layer_sizes), True)
        for scores_only in (False, True):
            assert_same_removal_scores(
                on_path(network, replacements, ablated, scores_only=scores_only),
                evaluate(network, replacements, ablated, scores_only=scores_only),
            )
        mlp = prune_neurons(mlp, [(layer, unit)])
        if layer == 0:
            on_path = on_path.without_in_first_layer(mask(unit, len(on_path.samples.X.units)))
    assert on_path.samples.X.units.tolist() == [1, 3]


def mean_output(estimator, X, y):
    """A plain callable: it is given the estimator and the rows."""
    return float(estimator.predict_proba(X).mean(axis=0)[0])


@each_form
@pytest.mark.parametrize("scoring", ["roc_auc_ovr", mean_output])
def test_scorers_of_outputs_and_of_estimators_get_what_they_need(scoring, form):
    case = make("multiclass", (5, 3), n=CHUNK_ROWS + 30, dyadic=True)
    X = form(case.X)
    evaluate = evaluator_for(case.mlp, X, case.y, scoring=scoring)
    on_path = evaluate.for_path(Network.from_mlp(case.mlp)).without_in_first_layer(mask(2, 5))
    network = Network.from_mlp(prune_neurons(case.mlp, [(0, 2)]))
    replacements, ablated = nothing(network), np.full(7, True)
    actual = on_path(network, replacements, ablated)
    expected = evaluate(network, replacements, ablated)
    assert len(set(expected.scores)) > 1
    assert_same_removal_scores(actual, expected)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_networks_of_single_precision_and_rows_of_double(kind):
    case = make(kind, (5, 3), "tanh", n=300, dtype=np.float32)
    X = case.X.astype(np.float64)
    evaluate, network = evaluator_for(case.mlp, X, case.y), Network.from_mlp(case.mlp)
    assert network.dtype == np.float32
    on_path = evaluate.for_path(network)
    assert on_path.samples.X.dtype == np.float64
    replacements, ablated = nothing(network), np.full(8, True)
    assert_same_removal_scores(
        on_path(network, replacements, ablated), evaluate(network, replacements, ablated)
    )


def test_rows_that_there_is_no_room_for_pass_again(monkeypatch):
    case = make("multiclass", (5, 3), n=300)
    evaluate, network = evaluator_for(case.mlp, case.X, case.y), Network.from_mlp(case.mlp)
    monkeypatch.setattr(_evaluator, "FIRST_LAYER_CACHE_BYTES", 300 * 5 * 8 - 1)
    assert evaluate.for_path(network) is evaluate
    assert evaluate.without_in_first_layer(mask(0, 5)) is evaluate
    monkeypatch.setattr(_evaluator, "FIRST_LAYER_CACHE_BYTES", 300 * 5 * 8)
    assert isinstance(evaluate.for_path(network).samples.X, FirstLayerCache)


def test_single_precision_takes_half_the_room(monkeypatch):
    case = make("multiclass", (5, 3), n=300, dtype=np.float32)
    evaluate, network = evaluator_for(case.mlp, case.X, case.y), Network.from_mlp(case.mlp)
    monkeypatch.setattr(_evaluator, "FIRST_LAYER_CACHE_BYTES", 300 * 5 * 4)
    assert isinstance(evaluate.for_path(network).samples.X, FirstLayerCache)


def test_the_evaluator_that_a_path_starts_from_keeps_its_rows():
    case = make("multiclass", (5, 3))
    evaluate, network = evaluator_for(case.mlp, case.X, case.y), Network.from_mlp(case.mlp)
    on_path = evaluate.for_path(network)
    smaller = on_path.without_in_first_layer(mask(1, 5))
    assert_array_equal(evaluate.samples.X, case.X)
    assert_array_equal(evaluate.scorer_input.X, case.X)
    assert on_path.samples.X.units.tolist() == [0, 1, 2, 3, 4]
    assert smaller.samples.X is smaller.scorer_input.X
    ablated = np.full(8, True)
    again = on_path(network, nothing(network), ablated)
    assert_allclose(again.baseline_score, case.mlp.score(case.X, case.y))
