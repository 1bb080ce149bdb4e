"""Tests of kernels.ablation.margins: no prediction changes where it is said that none can."""

from itertools import pairwise

import numpy as np
import pytest
from helpers import oracle
from helpers.leaves import callable_from_python
from helpers.networks import deterministic
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skneuron.kernels.ablation import margins
from skneuron.kernels.ablation.row_scores import LABEL, MULTILABEL, POISSON_REGRESSION, REGRESSION
from skneuron.kernels.forward import CHUNK_ROWS

margins_of_chunks = callable_from_python(margins.margins_of_chunks)
sensitivities = callable_from_python(margins.sensitivities)
sensitivities_of_next_layer = callable_from_python(margins.sensitivities_of_next_layer)

DTYPES = [np.float32, np.float64]
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def random_net(hidden, n_outputs, activation, seed, dtype=np.float64):
    rng, sizes = np.random.default_rng(seed), [3, *hidden, n_outputs]
    coefs = [rng.normal(size=shape).astype(dtype) for shape in pairwise(sizes)]
    intercepts = [rng.normal(size=size).astype(dtype) for size in sizes[1:]]
    return oracle.Net(coefs, intercepts, activation, "softmax")


def sensitivities_of(net, task):
    pairs = zip(net.coefs, net.intercepts, strict=True)
    parameters = np.concatenate([a.ravel() for pair in pairs for a in pair])
    sizes = np.array([len(net.coefs[0]), *(W.shape[1] for W in net.coefs)])
    return sensitivities(task, parameters, sizes), sizes


def in_chunks(outputs, dtype, n_hidden=2):
    """As kernels take them, after the inputs of hidden units; NaN fills the last chunk."""
    n_rows, n_outputs = outputs.shape
    n_chunks = -(-n_rows // CHUNK_ROWS)
    chunks = np.full((n_chunks, n_hidden + n_outputs, CHUNK_ROWS), np.nan, dtype)
    for row, values in enumerate(outputs):
        chunks[row // CHUNK_ROWS, n_hidden:, row % CHUNK_ROWS] = values
    return chunks


def margins_of(outputs, task, dtype=np.float64):
    found = margins_of_chunks(task, in_chunks(outputs, dtype), outputs.shape[1], False)
    return found.ravel()[: len(outputs)]


def prediction(outputs, task):
    return outputs.argmax(axis=1) if task == LABEL else (outputs > 0)


# ---- sensitivities


@each_dtype
def test_sensitivities_of_the_last_layer(dtype):
    net = random_net((4,), 3, "relu", 0, dtype)
    W = net.coefs[-1].astype(float)
    label, _ = sensitivities_of(net, LABEL)
    multilabel, _ = sensitivities_of(net, MULTILABEL)
    tolerance = 2 * np.sqrt(np.finfo(dtype).eps)
    assert_allclose(label, np.ptp(W, axis=1), rtol=tolerance)
    assert_allclose(multilabel, abs(W).max(axis=1), rtol=tolerance)
    assert (label >= np.ptp(W, axis=1)).all()
    assert (multilabel >= abs(W).max(axis=1)).all()


def test_sensitivities_add_up_over_paths():
    net = random_net((3, 2, 4), 3, "tanh", 1)
    found, _ = sensitivities_of(net, LABEL)
    last = np.ptp(net.coefs[3], axis=1)
    middle = abs(net.coefs[2]) @ last
    first = abs(net.coefs[1]) @ middle
    assert_allclose(found, np.concatenate([first, middle, last]), rtol=1e-7)


def test_sensitivities_of_the_next_layer():
    sizes = np.array([3, 4, 2, 5])
    everything = np.arange(6.0)
    assert_array_equal(sensitivities_of_next_layer(everything, sizes, 0), [4, 5])
    assert_array_equal(sensitivities_of_next_layer(everything, sizes, 1), [])


@deterministic(max_examples=60)
@given(
    hidden=st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple),
    n_outputs=st.integers(1, 4),
    activation=st.sampled_from(["relu", "tanh", "logistic", "identity"]),
    task=st.sampled_from([LABEL, MULTILABEL]),
    scale=st.sampled_from([0.01, 0.3, 3.0]),
    seed=st.integers(0, 10**6),
)
def test_predictions_that_cannot_change_do_not(hidden, n_outputs, activation, task, scale, seed):
    net, rng = random_net(hidden, n_outputs, activation, seed), np.random.default_rng(seed)
    X = rng.normal(size=(50, 3))
    outputs = oracle.logits(net, X)
    margin = margins_of(outputs, task)
    sensitivity, _ = sensitivities_of(net, task)
    for at, (layer, index) in enumerate(net.neurons):
        residual = scale * rng.normal(size=len(X))
        replaced = oracle.hidden(net, X, layer)[:, index] - residual
        changed = oracle.logits(net, X, {(layer, index): replaced})
        certain = abs(residual) * sensitivity[at] < margin
        assert_array_equal(prediction(changed, task)[certain], prediction(outputs, task)[certain])


def test_most_rows_of_confident_networks_are_certain():
    net = random_net((20,), 10, "relu", 0)
    X = np.random.default_rng(1).normal(size=(500, 3)) * 3
    margin = margins_of(oracle.logits(net, X), LABEL)
    sensitivity, _ = sensitivities_of(net, LABEL)
    activations = oracle.hidden(net, X, 0)
    certain = activations * sensitivity < margin[:, None]
    assert certain.mean() > 0.6
    assert certain[(activations == 0) & (margin[:, None] > 0)].all()


# ---- margins


@each_dtype
def test_margins(dtype):
    outputs = np.array([[1.0, 5.0, 2.0], [3.0, 3.0, 0.0], [-4.0, -1.0, -1.5]])
    slack = 6 * np.sqrt(np.finfo(dtype).eps)
    for task, exact in ((LABEL, [3.0, 0.0, 0.5]), (MULTILABEL, [1.0, 0.0, 1.0])):
        found = margins_of(outputs, task, dtype)
        assert found.dtype == dtype
        assert (found <= exact).all()
        assert_allclose(found, exact, atol=slack)


def test_ties_and_zeros_are_never_certain():
    assert (margins_of(np.array([[2.0, 2.0], [0.0, 0.0]]), LABEL) <= 0).all()
    assert (margins_of(np.array([[0.0, 2.0], [0.0, 0.0]]), MULTILABEL) <= 0).all()
    assert margins_of(np.array([[1e10, 1e10 + 1]]), LABEL, np.float32)[0] < 0


def test_a_single_class_is_always_certain():
    assert margins_of(np.zeros((2, 1)), LABEL).tolist() == [np.inf, np.inf]


@pytest.mark.parametrize("task", [REGRESSION, POISSON_REGRESSION])
def test_numbers_are_no_predictions_that_could_change(task):
    assert np.isinf(margins_of(np.zeros((3, 2)), task)).all()


@each_dtype
@pytest.mark.parametrize("n_rows", [1, CHUNK_ROWS, CHUNK_ROWS + 1])
def test_every_row_of_every_chunk_has_its_margin(n_rows, dtype):
    outputs = np.random.default_rng(0).normal(size=(n_rows, 4)).astype(dtype)
    ordered = np.sort(outputs, axis=1)
    found = margins_of(outputs, LABEL, dtype)
    slack = 6 * np.sqrt(np.finfo(dtype).eps)
    assert_allclose(found, ordered[:, -1] - ordered[:, -2], atol=slack)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # without a compiler
def test_no_margin_keeps_what_is_not_a_number():
    margin = margins_of(np.array([[np.nan, 1.0], [np.inf, np.inf]]), LABEL)
    assert select_rows(np.ones(2), 1.0, np.resize(margin, CHUNK_ROWS), 2)[0] == [0, 1]


def test_where_any_change_counts_nothing_is_certain():
    for task in (LABEL, MULTILABEL, REGRESSION, POISSON_REGRESSION):
        chunks = in_chunks(np.random.default_rng(0).normal(size=(300, 3)), np.float32)
        found = margins_of_chunks(task, chunks, 3, True)
        assert (found == -np.inf).all()


# ---- select_rows


NEVER = np.full(CHUNK_ROWS, -np.inf)


def select_rows(residual, sensitivity, margin, n_rows, first=0, n=0, dtype=np.float64):
    """Rows and values, after checks of what does not depend on the numbers."""
    padded = np.full(CHUNK_ROWS, 5, dtype)  # after the last row, numbers that must not count
    padded[: len(residual)] = residual
    rows = np.full(2 * CHUNK_ROWS, 999, np.uint64)
    values = np.full(2 * CHUNK_ROWS, np.nan, dtype)
    after = callable_from_python(margins.select_rows)(
        padded, dtype(sensitivity), margin.astype(dtype), n_rows, first, rows, values, n
    )
    assert (rows[:n] == 999).all()
    assert np.isnan(values[:n]).all()
    assert (rows[after + 1 :] == 999).all()
    return rows[n:after].tolist(), values[n:after].tolist()


def test_rows_that_move_far_enough_are_selected():
    margin = np.full(CHUNK_ROWS, 2.0)
    residual = np.zeros(200)
    residual[[3, 50, 120]] = [1.0, -1.5, 0.9]
    # 1.0 moves the outputs exactly as far as the margin.
    assert select_rows(residual, 2.0, margin, 200) == ([3, 50], [1.0, -1.5])
    assert select_rows(residual, 0.1, margin, 200) == ([], [])
    assert select_rows(residual, 10.0, margin, 100) == ([3, 50], [1.0, -1.5])


def test_rows_without_an_effect_are_not_selected_even_in_a_tie():
    residual = np.zeros(100)
    residual[7], residual[8] = 1e-30, -0.0
    assert select_rows(residual, 1.0, np.full(CHUNK_ROWS, -1.0), 100) == ([7], [1e-30])


@pytest.mark.parametrize("n_rows", [1, 31, 32, 33, 100, CHUNK_ROWS])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
@each_dtype
def test_where_any_change_counts(dtype, share, n_rows):
    rng = np.random.default_rng(n_rows)
    residual = (rng.normal(size=n_rows) * (rng.random(n_rows) < share)).astype(dtype)
    rows, values = select_rows(residual, 1.0, NEVER, n_rows, dtype=dtype)
    assert rows == np.flatnonzero(residual).tolist()
    assert values == residual[residual != 0].tolist()


def test_rows_come_after_those_of_the_chunks_before():
    residual = np.zeros(100)
    residual[[2, 99]] = 1
    assert select_rows(residual, 1.0, NEVER, 100, first=512, n=17)[0] == [514, 611]


@pytest.mark.parametrize("where", ["residual", "margin", "sensitivity"])
def test_what_is_not_a_number_is_selected(where):
    residual, margin, sensitivity = np.ones(50), np.full(CHUNK_ROWS, 2.0), 1.0
    if where == "residual":
        residual[5] = np.nan
    elif where == "margin":
        margin[5] = np.nan
    else:
        sensitivity, residual[:] = np.nan, np.arange(50) == 5
    assert select_rows(residual, sensitivity, margin, 50)[0] == [5]


# ---- select_rows_or_all


def select_rows_or_all(residual, margin, n_rows, is_last):
    padded = np.zeros(CHUNK_ROWS)
    padded[: len(residual)] = residual
    index, values = np.full(CHUNK_ROWS + 1, 999, np.uint64), np.full(CHUNK_ROWS + 1, np.nan)
    n, width = callable_from_python(margins.select_rows_or_all)(
        padded, 1.0, margin, n_rows, is_last, index, values
    )
    if width == CHUNK_ROWS:
        assert_array_equal(index[:-1], np.arange(CHUNK_ROWS))
        assert_array_equal(values[:-1], padded)
    else:
        assert width % 32 == 0
        assert n <= width
        assert_array_equal(values[:n], padded[index[:n].astype(int)])
        assert (values[n:width] == 0).all()
        assert (index[n:width] == 0).all()
    return index[:n].tolist(), width


@pytest.mark.parametrize(("is_last", "share"), [(False, 3 / 4), (True, 3 / 8)])
@pytest.mark.parametrize("n_rows", [1, 2, 3, 8, 100, 200, CHUNK_ROWS])
def test_many_rows_are_all_rows(n_rows, is_last, share):
    most = int(n_rows * share)
    for n_changed in {0, most - 1, most, most + 1, n_rows} & set(range(n_rows + 1)):
        residual = np.zeros(n_rows)
        rows = np.sort(np.random.default_rng(n_changed).permutation(n_rows)[:n_changed])
        residual[rows] = 1
        found, width = select_rows_or_all(residual, NEVER, n_rows, is_last)
        if n_changed <= most:
            assert found == rows.tolist()
            assert width < CHUNK_ROWS  # which would mean all rows in order
        else:
            assert (found, width) == (list(range(n_rows)), CHUNK_ROWS)


@pytest.mark.parametrize(("n_changed", "width"), [(0, 0), (1, 32), (32, 32), (33, 64), (90, 96)])
def test_selected_rows_fill_whole_vectors(n_changed, width):
    residual = np.where(np.arange(250) < n_changed, 5.0, 0.1)
    margin = np.full(CHUNK_ROWS, 1.0)
    assert select_rows_or_all(residual, margin, 250, True) == (list(range(n_changed)), width)
