"""Tests of skneuron.kernels._tile: what shape is chosen, and that every shape computes."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from helpers.leaves import callable_from_python
from numpy.testing import assert_array_equal

from skneuron.kernels import _tile
from skneuron.kernels._jit import compiled

needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: no tiles are compiled"
)

WIDE = (8, 64, True)
PLAIN = (4, 16, False)

# For children, which import helpers as well.
ENVIRONMENT = os.environ | {
    "PYTHONPATH": os.pathsep.join(
        [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    )
}

# Small whole numbers: the sums are exact, whether multiply-adds are fused or not.
MULTIPLY = """
import sys
import numpy as np
from helpers.leaves import callable_from_python
from skneuron.kernels import _tile, product as module
if sys.argv[1:]:
    rows, vector_bytes, fused = map(int, sys.argv[1:])
    _tile._FUSED = bool(fused)
    for each in (_tile, module):  # nothing is compiled yet
        each.TILE_ROWS, each.VECTOR_BYTES = rows, vector_bytes
product = callable_from_python(module.product)
skipping_zeros = callable_from_python(module.product_skipping_zeros)
rng = np.random.default_rng(0)
for a_dtype, dtype in [("f4", "f4"), ("f8", "f8"), ("f4", "f8")]:
    for n_rows in (1, 4, 9, 17):
        for n_columns in (1, 20, 70):
            A = rng.integers(-9, 10, (n_rows, 7)).astype(a_dtype)
            width = module.padded(n_columns, dtype)
            B = rng.integers(-9, 10, (7, width)).astype(dtype)
            start = rng.integers(-9, 10, (n_rows, width)).astype(dtype)
            out = np.full((n_rows, width), np.nan, dtype)
            product(A.ravel(), np.arange(n_rows) * 7, np.arange(7), B, start, out)
            np.testing.assert_array_equal(out, start + A.astype(dtype) @ B)
            A[:, 1:6:2] = 0
            skipping_zeros(A, B, start, out)
            np.testing.assert_array_equal(out, start + A.astype(dtype) @ B)
print(_tile.TILE_ROWS, _tile.VECTOR_BYTES, int(_tile._FUSED))
"""


@pytest.fixture
def shape_for(monkeypatch):
    """The shape on a processor with these features, of this machine."""

    def _shape_for(features, machine="x86_64", cpu_name=None, cpu_features=None):
        def get_host_cpu_features():
            if features is None:
                raise RuntimeError("LLVM does not know")
            return features

        monkeypatch.setattr(_tile.binding, "get_host_cpu_features", get_host_cpu_features)
        monkeypatch.setattr(_tile.platform, "machine", lambda: machine)
        monkeypatch.setattr(numba.config, "CPU_NAME", cpu_name)
        monkeypatch.setattr(numba.config, "CPU_FEATURES", cpu_features)
        return _tile._tile_shape()

    return _shape_for


@pytest.mark.parametrize(
    ("features", "shape"),
    [
        ({"avx512f": True, "avx2": True, "fma": True}, WIDE),
        ({"avx512f": False, "avx2": True, "fma": True}, (4, 32, True)),
        ({"avx2": True, "fma": False}, PLAIN),
        ({"avx2": False, "fma": True}, PLAIN),
        ({"sse2": True}, PLAIN),
        ({}, PLAIN),
        (None, PLAIN),
    ],
)
def test_shape_follows_the_processor(shape_for, features, shape):
    assert shape_for(features) == shape


@pytest.mark.parametrize("machine", ["aarch64", "arm64"])
@pytest.mark.parametrize("features", [None, {}, {"neon": True}])
def test_every_64_bit_arm_processor_has_neon(shape_for, machine, features):
    assert shape_for(features, machine) == (8, 16, True)


@pytest.mark.parametrize(
    ("told", "shape"),
    [
        ({"cpu_name": "x86-64-v3"}, (4, 32, True)),
        ({"cpu_name": "x86-64-v4", "cpu_features": ""}, WIDE),
        ({"cpu_name": "x86-64-v4", "cpu_features": "-avx512f"}, PLAIN),
        ({"cpu_name": "x86-64-v2"}, PLAIN),
    ],
)
def test_levels_of_processors_have_a_shape_by_name(shape_for, told, shape):
    assert shape_for({"sse2": True}, **told) == shape


@pytest.mark.parametrize("told", [{"cpu_name": "generic"}, {"cpu_features": "+sse2"}])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_cpu_that_numba_is_told_to_compile_for_gets_the_plain_shape(shape_for, machine, told):
    assert shape_for({"avx512f": True}, machine, **told) == PLAIN


def test_every_shape_fits_the_alignment():
    for vector_bytes in (16, 32, 64, _tile.VECTOR_BYTES):
        assert _tile.ALIGNMENT % vector_bytes == 0


def multiply(tmp_path, *shape, **environment):
    """Products in a process of their own; returns the shape that they were computed with."""
    child = subprocess.run(
        [sys.executable, "-c", MULTIPLY, *map(str, shape)],
        env=ENVIRONMENT | {"NUMBA_CACHE_DIR": str(tmp_path)} | environment,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    return tuple(map(int, child.stdout.split()))


@needs_jit
@pytest.mark.parametrize("shape", [WIDE, (4, 32, True), (8, 16, True), (3, 32, False)])
def test_tiles_of_every_shape_multiply(tmp_path, shape):
    shape = tuple(map(int, shape))
    assert multiply(tmp_path, *shape) == shape


@needs_jit
def test_tiles_for_a_generic_processor_multiply(tmp_path):
    assert multiply(tmp_path, NUMBA_CPU_NAME="generic") == PLAIN


@callable_from_python
@compiled
def multiply_add_all(a, b, c, out):
    for i in range(len(a)):
        out[i] = _tile.multiply_add(a[i], b[i], c[i])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 3, 64, 101])
def test_multiply_add(n, dtype):
    a, b, c = np.random.default_rng(n).integers(-9, 10, (3, n)).astype(dtype)
    out = np.full(n, np.nan, dtype)
    multiply_add_all(a, b, c, out)
    assert_array_equal(out, a * b + c)  # whole numbers: exact, fused or not


# (1 + eps) * (1 - eps) - 1 is -eps**2, but 0 where the product is rounded before the sum.
ROUNDINGS = """
import numpy as np
from helpers.leaves import callable_from_python
from skneuron.kernels import _tile
from skneuron.kernels._jit import compiled

@callable_from_python
@compiled
def f(a, b, c, out):
    for i in range(len(a)):
        out[i] = _tile.multiply_add(a[i], b[i], c[i])

for dtype in (np.float32, np.float64):
    eps, out, ones = np.finfo(dtype).eps, np.full(21, np.nan, dtype), np.ones(21, dtype)
    f(ones + eps, ones - eps, -ones, out)
    expected = -float(eps) ** 2 if _tile._FUSED else 0
    assert out.tolist() == [expected] * 21, out
print(int(_tile._FUSED))
"""


@needs_jit
@pytest.mark.parametrize("environment", [{}, {"NUMBA_CPU_NAME": "generic"}])
def test_multiply_add_rounds_once_where_tiles_do(environment):
    """Or a neuron's effect, computed by both, would not vanish where it should."""
    child = subprocess.run(
        [sys.executable, "-c", ROUNDINGS], env=ENVIRONMENT | environment,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    assert bool(int(child.stdout)) == (not environment and _tile._FUSED)
