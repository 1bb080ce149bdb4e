"""Tests of kernels.ablation.row_scores where targets are what another network predicts."""

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

from skneuron.kernels.ablation.row_scores import LABEL, MULTILABEL, REGRESSION, score_full_network
from skneuron.kernels.forward import CHUNK_ROWS

OUTPUTS = {LABEL: "softmax", MULTILABEL: "logistic", **OUT_ACTIVATIONS}


class OfNetwork(Problem):
    """Outputs before and after a removal, compared with those of the network before it."""

    def __init__(self, task, *arguments, reference=None, **options):
        super().__init__(task, *arguments, **options)
        self.reference = self.z if reference is None else reference
        z = self.reference.astype(np.float64)
        targets = np.zeros((self.n_rows, self.n_outputs + 1))
        targets[:, :-1] = (
            np.tanh(z / 2) / 2 if task == MULTILABEL else oracle.apply(OUTPUTS[task], z)
        )
        codes = self.truth.codes
        if task == LABEL:
            codes[:] = self.predicted(self.reference)
        self.truth = self.truth._replace(targets=targets)
        own, self.z = self.z, self.reference
        targets[:, -1] = self.full().row_losses
        self.z = own

    def predicted(self, z):
        if self.task == MULTILABEL:
            return ((z > 0) == (self.reference > 0)).all(axis=1).astype(int).tolist()
        return super().predicted(z)

    def losses(self, z):
        both = (outputs.astype(np.float64) for outputs in (self.reference, z))
        return oracle.divergences_of(OUTPUTS[self.task], *both)

    def squares(self, z):
        return (
            oracle.apply(OUTPUTS[self.task], z.astype(np.float64)) - self.truth.targets[:, :-1]
        ) ** 2


@each_dtype
@each_task
@pytest.mark.parametrize("n_outputs", [1, 2, 6])
def test_the_network_itself_has_no_divergence_at_all(task, dtype, n_outputs):
    problem = OfNetwork(task, dtype, n_outputs=n_outputs, n_rows=CHUNK_ROWS + 3)
    before = problem.full()
    assert_array_equal(before.row_losses, 0)
    assert_array_equal(before.predicted, problem.predicted(problem.z))
    assert_same_bits(problem.full(kernel=score_full_network), before)


@each_dtype
@each_task
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 6])
def test_divergence_of_every_row(task, dtype, n_outputs):
    problem = OfNetwork(task, dtype, n_outputs=n_outputs)
    problem.z = problem.new
    before = problem.full()
    assert_allclose(before.row_losses, problem.losses(problem.new), **TOLERANCE[dtype])
    assert before.row_losses.min() >= 0
    if task in REGRESSIONS:
        assert_allclose(before.row_squares, problem.squares(problem.new), **TOLERANCE[dtype])


@each_dtype
@each_task
@pytest.mark.parametrize("weighted", [False, True])
def test_changes(task, dtype, weighted):
    problem = OfNetwork(task, dtype, weighted=weighted)
    changes = problem.scored()
    assert_same_changes(changes, problem.expected(), dtype)
    assert changes.n_fixed[0] == 0
    assert (changes.losses[:, 0] > 0).all()


@deterministic(max_examples=40)
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
def test_changes_of_some_rows_of_a_smaller_network(
    task, dtype, weighted, n_rows, n_outputs, dyadic, n_garbage, seed
):
    """Outputs before the removal are not those that are compared with, as along a path."""
    rng = np.random.default_rng(seed)
    reference = (rng.integers(-4, 5, (n_rows, n_outputs)) / 4).astype(dtype)
    problem = OfNetwork(
        task, dtype, weighted=weighted, n_rows=n_rows, n_outputs=n_outputs, dyadic=dyadic,
        seed=seed, reference=reference,
    )  # fmt: skip
    rows = np.sort(rng.permutation(n_rows)[: rng.integers(n_rows + 1)])
    changes = problem.scored(
        rows, garbage=np.nan, n_garbage=min(n_garbage, CHUNK_ROWS - len(rows))
    )
    assert_same_changes(changes, problem.expected(rows), dtype)


@each_dtype
def test_divergences_of_enormous_outputs_are_finite_and_right(dtype):
    """Where a loss by labels stops at -log(eps), and a logarithm of a probability is infinite."""
    big = np.array([[3e4, 0.0, -3e4], [0.0, 3e4, 0.0], [1e6, 1e6, 0.0]], dtype)
    problem = OfNetwork(LABEL, dtype, n_rows=3, reference=big)
    problem.z = big[:, ::-1].copy()
    # All of the probability is the first's, the second's, and half the first's and the second's.
    wanted = [6e4, 0.0, 5e5]
    assert_allclose(problem.full().row_losses, wanted, rtol=1e-6, atol=1e-6)
    problem = OfNetwork(MULTILABEL, dtype, n_rows=3, reference=big)
    problem.z = -big
    assert_allclose(problem.full().row_losses, np.abs(big).sum(axis=1), rtol=1e-4)


@each_dtype
def test_a_tiny_output_has_its_sign_all_the_same(dtype):
    tiny = np.full((4, 1), 8 * np.finfo(dtype).tiny)
    problem = OfNetwork(MULTILABEL, dtype, n_rows=4, n_outputs=1, reference=tiny)
    problem.z = tiny
    assert problem.full().predicted.tolist() == [1] * 4
    problem.z = -tiny
    assert problem.full().predicted.tolist() == [0] * 4


def test_nan_stays_nan():
    problem = OfNetwork(LABEL, n_rows=2)
    problem.z = problem.z.copy()
    problem.z[0, 1] = np.nan
    assert np.isnan(problem.full().row_losses).tolist() == [True, False]
    problem = OfNetwork(REGRESSION, n_rows=2)
    problem.z = problem.z.copy()
    problem.z[1, 0] = np.inf
    assert problem.full().row_losses[1] == np.inf
