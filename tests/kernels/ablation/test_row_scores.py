"""Tests of skneuron.kernels.ablation.row_scores: against metrics, and row by row in Python."""

import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.bits import assert_same_bits
from helpers.networks import deterministic
from helpers.row_scores_problem import (
    DTYPES,
    OUT_ACTIVATIONS,
    REGRESSIONS,
    TASKS,
    TOLERANCE,
    Problem,
    assert_same_changes,
    each_dtype,
    each_task,
)
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from skneuron.kernels.ablation.row_scores import (
    LABEL,
    MULTILABEL,
    POISSON_REGRESSION,
    REGRESSION,
    Changes,
    score_full_network,
)
from skneuron.kernels.forward import CHUNK_ROWS

# ---- score_full_network


@each_dtype
@each_task
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 6])
def test_full_network(task, dtype, n_outputs):
    problem = Problem(task, dtype, n_outputs=n_outputs)
    before = problem.full()
    if task in REGRESSIONS:
        assert_allclose(before.row_squares, problem.squares(problem.z), **TOLERANCE[dtype])
    assert_array_equal(before.predicted, problem.predicted(problem.z))
    assert_allclose(before.row_losses, problem.losses(problem.z), **TOLERANCE[dtype])


@each_dtype
def test_log_loss_is_that_of_scikit_learn(dtype):
    problem = Problem(LABEL, dtype, n_rows=100)
    problem.z *= 20  # so that some probabilities are kept from 0 and 1
    losses = problem.full().row_losses
    p = oracle.apply("softmax", problem.z.astype(np.float64)).astype(dtype)
    classes = np.arange(3)
    for i, code in enumerate(problem.truth.codes):
        expected = log_loss([code], p[i : i + 1], labels=classes)
        assert_allclose(losses[i], expected, **TOLERANCE[dtype])
    eps = np.finfo(dtype).eps
    assert losses.min() == eps
    assert losses.max() == -np.log(eps)


@each_dtype
def test_scores_of_labels_are_those_of_scikit_learn(dtype):
    problem = Problem(LABEL, dtype)
    before, y, weights = problem.full(), problem.truth.codes, problem.truth.sample_weight
    new, change = np.argmax(problem.new, axis=1), problem.scored()
    assert_array_equal(before.predicted, np.argmax(problem.z, axis=1))

    def matrices(sample_weight):
        of = {"labels": np.arange(3), "sample_weight": sample_weight}
        old_matrix = confusion_matrix(y, before.predicted, **of)
        return confusion_matrix(y, new, **of) - old_matrix

    assert_array_equal(change.cells[0], matrices(None))
    assert_array_equal(change.weighted_cells[0], matrices(weights))
    assert_array_equal(change.hits[0], np.diag(matrices(weights)))
    gain = accuracy_score(y, new) - accuracy_score(y, before.predicted)
    assert_allclose((change.n_fixed[0] - change.n_broken[0]) / len(y), gain, rtol=1e-12)
    assert change.n_fixed[0] > 0 < change.n_broken[0]


@each_dtype
def test_a_row_of_several_labels_is_right_if_all_are(dtype):
    problem = Problem(MULTILABEL, dtype)
    y, weights = problem.truth.targets.astype(int), problem.truth.sample_weight
    right = problem.full().predicted
    assert 0 < right.sum() < len(right)
    assert right.mean() == accuracy_score(y, (problem.z > 0).astype(int))
    gain = [
        accuracy_score(y, (z > 0).astype(int), sample_weight=weights, normalize=False)
        for z in (problem.new, problem.z)
    ]
    assert problem.scored().hits.tolist() == [[gain[0] - gain[1]]]


@each_dtype
def test_losses_of_several_labels_are_kept_finite(dtype):
    problem = Problem(MULTILABEL, dtype, n_rows=4, n_outputs=1)
    problem.z[:, 0] = [900, -900, 900, -900]
    problem.truth.targets[:, 0] = [1, 1, 0, 0]
    eps = np.finfo(dtype).eps
    assert problem.full().row_losses.tolist() == [eps, -np.log(eps), -np.log(eps), eps]


@each_dtype
def test_losses_of_regressions_are_those_of_scikit_learn(dtype):
    for task, metric in [
        (REGRESSION, mean_squared_error),
        (POISSON_REGRESSION, mean_poisson_deviance),
    ]:
        problem = Problem(task, dtype)
        p = oracle.apply(OUT_ACTIVATIONS[task], problem.z.astype(np.float64))
        before = problem.full()
        pairs = zip(problem.truth.targets.T, p.T, strict=True)
        expected = np.mean([metric(y, q) for y, q in pairs])
        assert_allclose(before.row_losses.mean(), expected, **TOLERANCE[dtype])
        by_output = mean_squared_error(problem.truth.targets, p, multioutput="raw_values")
        assert_allclose(before.row_squares.mean(axis=0), by_output, **TOLERANCE[dtype])


def test_a_deviance_of_zero():
    problem = Problem(POISSON_REGRESSION, n_rows=3, n_outputs=1)
    problem.z[:, 0] = np.log([1, 2, 1e-300])
    problem.truth.targets[:, 0] = [1, 2, 0]  # 0 * log(0) counts as 0
    assert_allclose(problem.full().row_losses, 0, atol=1e-15)


@pytest.mark.parametrize("n_rows", [1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 600])
@each_task
def test_every_row_is_scored_whatever_its_chunk(task, n_rows):
    problem = Problem(task, n_rows=n_rows)
    before = problem.full()
    assert_same_bits(problem.full(kernel=score_full_network), before)
    assert_array_equal(before.predicted, problem.predicted(problem.z))
    assert_allclose(before.row_losses, problem.losses(problem.z), **TOLERANCE[np.float64])
    if task in REGRESSIONS:
        assert_allclose(before.row_squares, problem.squares(problem.z), **TOLERANCE[np.float64])


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
@each_task
def test_bits_do_not_depend_on_the_number_of_threads(task):
    problem, results = Problem(task, np.float32, n_rows=700), []
    n_threads = numba.get_num_threads()
    try:
        for n in (1, 2):
            numba.set_num_threads(n)
            results.append(problem.full(kernel=score_full_network))
    finally:
        numba.set_num_threads(n_threads)
    assert_same_bits(*results)


@each_task
@pytest.mark.parametrize("garbage", [np.nan, 1e30, -1e30])
def test_what_fills_the_last_chunk_does_not_matter(task, garbage):
    problem = Problem(task, np.float32, n_rows=37)
    assert_same_bits(problem.full(fill=garbage), problem.full())


@pytest.mark.parametrize("task", REGRESSIONS)
def test_squared_errors_only_if_wanted(task):
    problem = Problem(task)
    with_squares, without = problem.full(), problem.full(squares=False)
    assert without.row_squares.shape == (0, 3)
    assert_array_equal(without.predicted, with_squares.predicted)
    assert_array_equal(without.row_losses, with_squares.row_losses)


# ---- add_changes


@each_dtype
@each_task
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 6])
def test_changes(task, dtype, weighted, n_outputs):
    problem = Problem(task, dtype, weighted=weighted, n_outputs=n_outputs)
    assert_same_changes(problem.scored(), problem.expected(), dtype)


@deterministic(max_examples=50)
@given(
    task=st.sampled_from(TASKS),
    dtype=st.sampled_from(DTYPES),
    weighted=st.booleans(),
    n_rows=st.integers(1, 60),
    n_outputs=st.integers(1, 7),
    dyadic=st.booleans(),
    n_garbage=st.integers(0, 40),
    seed=st.integers(0, 10**6),
)
def test_changes_of_some_rows(task, dtype, n_rows, n_garbage, seed, **kind):
    """Only rows that are named change, and columns beyond them have no influence."""
    problem = Problem(task, dtype, n_rows=n_rows, seed=seed, **kind)
    rows = np.flatnonzero(problem.rng.random(n_rows) < 0.5)
    changes = problem.scored(rows, garbage=1e30, n_garbage=n_garbage)
    assert_same_changes(changes, problem.expected(rows), dtype)


@each_dtype
@each_task
def test_bits_do_not_depend_on_the_columns_beyond_the_rows(task, dtype):
    problem = Problem(task, dtype)
    rows = np.arange(0, 40, 3)
    alone = problem.scored(rows)
    for n_garbage in (1, 18, 200):
        for garbage in (np.nan, 1e30, -1e30):
            changes = problem.scored(rows, garbage=garbage, n_garbage=n_garbage)
            assert_same_bits(changes, alone)


@each_dtype
@each_task
def test_bits_do_not_depend_on_the_rows_that_are_scored_together(task, dtype):
    problem, row_by_row = Problem(task, dtype), Problem(task, dtype).zeros()
    before = problem.full()
    for row in range(problem.n_rows):
        problem.scored([row], row_by_row, before=before)
    assert_same_bits(problem.scored(), row_by_row)


@each_dtype
@each_task
def test_the_same_outputs_change_nothing_at_all(task, dtype):
    """Not even the last bit of a loss."""
    problem = Problem(task, dtype)
    problem.new = problem.z
    for rows in (None, [0], np.arange(3, 36)):
        for name, array in zip(Changes._fields, problem.scored(rows), strict=True):
            assert not array.any(), name


@each_task
def test_no_rows(task):
    problem = Problem(task)
    for array in problem.scored([], n_garbage=32):
        assert not array.any()


@each_task
def test_changes_are_added_to_one_removal(task):
    problem, changes = Problem(task), Problem(task).zeros(3)
    expected = problem.expected()
    for k, array in enumerate(changes):
        array += np.arange(array.size, dtype=array.dtype).reshape(array.shape) + k
    before = [array.copy() for array in changes]
    problem.scored(changes=changes, at=1)
    for name, new, old, added in zip(Changes._fields, changes, before, expected, strict=True):
        if len(new):
            assert_allclose(new[1], old[1] + added[0], rtol=1e-12, err_msg=name)
        assert_array_equal(new[::2], old[::2], err_msg=name)


@each_task
@pytest.mark.parametrize("weighted", [False, True])
def test_what_is_not_wanted_is_skipped(task, weighted):
    problem = Problem(task, weighted=weighted)
    full = problem.scored()
    empty = problem.scored(changes=problem.zeros(cells=False, losses=False, squares=False))
    for name in ("n_fixed", "n_broken", "hits"):
        assert_array_equal(getattr(empty, name), getattr(full, name), err_msg=name)
    for name in ("cells", "weighted_cells", "losses", "squares"):
        assert getattr(empty, name).size == 0
    without_losses = problem.scored(changes=problem.zeros(losses=False))
    assert_same_bits(without_losses, full._replace(losses=np.zeros((0, 3))))


@each_task
def test_weights_of_one_are_no_weights(task):
    problem = Problem(task, weighted=False)
    plain = problem.scored()
    problem.truth = problem.truth._replace(sample_weight=np.ones(problem.n_rows))
    assert_same_bits(problem.scored(), plain)


@each_task
def test_rows_without_weight_count_only_in_numbers_of_rows(task):
    problem = Problem(task)
    problem.truth.sample_weight[:] = 0
    changes = problem.scored()
    for name in ("hits", "weighted_cells", "losses", "squares"):
        assert not getattr(changes, name).any(), name
    assert changes.n_fixed[0] == problem.expected().n_fixed[0]
    assert (changes.n_fixed[0] > 0) == (task in (LABEL, MULTILABEL))


@each_dtype
@pytest.mark.parametrize("weighted", [False, True])
def test_a_single_class_is_always_right(dtype, weighted):
    problem = Problem(LABEL, dtype, n_outputs=1, weighted=weighted)
    before = problem.full()
    assert not before.predicted.any()
    assert (before.row_losses == np.finfo(dtype).eps).all()
    for name, array in zip(Changes._fields, problem.scored(), strict=True):
        assert not array.any(), name


@each_dtype
@pytest.mark.parametrize("n_outputs", range(1, 9))
def test_the_first_of_equal_outputs_wins(dtype, n_outputs):
    problem = Problem(LABEL, dtype, n_rows=200, n_outputs=n_outputs, dyadic=True)
    ties = [np.sum(row == row.max()) > 1 for row in problem.z]
    assert any(ties) == (n_outputs > 1)
    assert_array_equal(problem.full().predicted, np.argmax(problem.z, axis=1))
    assert_same_changes(problem.scored(), problem.expected(), dtype)


@each_dtype
def test_an_output_of_zero_says_that_the_label_is_not_there(dtype):
    problem = Problem(MULTILABEL, dtype, n_rows=200, n_outputs=2, dyadic=True)
    assert (problem.z == 0).any()
    problem.truth.targets[:] = problem.z > 0
    assert problem.full().predicted.all()
    assert_same_changes(problem.scored(), problem.expected(), dtype)


@each_task
def test_nothing_but_the_changes_is_written_to(task):
    problem = Problem(task)
    before = problem.full()
    inputs = [problem.new, *problem.truth[1:], *before]
    copies = [array.copy() for array in inputs]
    problem.scored(before=before)
    for array, copy in zip(inputs, copies, strict=True):
        assert_array_equal(array, copy)
