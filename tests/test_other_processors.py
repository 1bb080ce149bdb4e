"""What the runs that imitate other processors change, and what they leave alone."""

import operator
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.other_processors import perturbed_product, perturbed_solve
from numpy.testing import assert_allclose, assert_array_equal
from scipy import linalg, sparse

rng = np.random.default_rng(0)
A, B = rng.normal(size=(20, 7)), rng.normal(size=(7, 5))


def product(a, b, seed=1):
    return perturbed_product(seed, operator.matmul, a, b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_last_digits_change(dtype):
    a, b = A.astype(dtype), B.astype(dtype)
    plain, other = a @ b, product(a, b)
    assert other.dtype == dtype
    assert np.any(plain != other)
    assert np.all(abs(plain - other) <= np.finfo(dtype).eps * (abs(a) @ abs(b)))
    assert_array_equal(other, product(a, b))  # as any processor does
    assert np.any(other != product(a, b, seed=2))
    assert product(a[0], b[:, 0]) == pytest.approx(plain[0, 0], rel=1e-5)


def test_equal_rows_are_not_equal_any_more():
    other = product(np.repeat(A[:1], 50, axis=0), B)
    assert len(np.unique(other, axis=0)) > 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.round(A * 4) / 4, np.round(B * 4) / 4),  # sums are exact
        (A, np.eye(7)),  # single terms
        (A, np.zeros((7, 3))),
        (A[:, :0], B[:0]),
        (sparse.csr_array(A), B),  # not BLAS
        (A.astype(np.longdouble), B),
        (np.full((2, 7), np.inf), abs(B)),
    ],
)
def test_what_every_processor_agrees_on_stays(a, b):
    assert_array_equal(product(a, b), a @ b)


def test_solves():
    square = A[:7]
    other = perturbed_solve(1, linalg.inv)(square)
    assert np.any(other != linalg.inv(square))
    assert_allclose(other, linalg.inv(square), rtol=1e-15)
    solution, *rest = perturbed_solve(1, np.linalg.lstsq)(A, A[:, :2], rcond=None)
    assert solution.shape == (7, 2)
    assert len(rest) == 3


def test_products_of_the_package_are_changed():
    """In a process of its own, as it is done while the package is imported."""
    code = """
import helpers.other_processors, helpers.oracle
import skneuron.kernels.product, skneuron.surgery._removal
for module in (helpers.oracle, skneuron.surgery._removal, skneuron.kernels.product):
    print(hasattr(module, "_other_product"))
"""
    tests = Path(__file__).parent
    path = os.pathsep.join([str(tests), str(tests.parent), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path, "SKNEURON_PERTURB_BLAS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ["True", "True", "False"]
