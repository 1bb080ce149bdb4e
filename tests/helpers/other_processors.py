"""Tests as on other processors: other last digits of BLAS, another number of its threads.

Two environment variables, for all of a run:

- ``SKNEURON_PERTURB_BLAS=SEED`` changes what every product and solve of the package, of the
  oracle and of scikit-learn's networks returns by up to a unit in the last place, as other BLAS
  kernels would. The same operands give the same bits again, and a sum that is exact in whatever
  order it is taken stays so: both hold on any processor.
- ``SKNEURON_BLAS_THREADS=N`` runs all with so many BLAS threads.

Imported first of all by ``conftest.py``: ``@`` of arrays cannot be replaced, so sources are
rewritten while they are imported. Kernels, which have products of their own, are left alone.
"""

import ast
import importlib
import operator
import os
import sys
from functools import partial, wraps
from importlib.machinery import PathFinder, SourceFileLoader
from zlib import crc32

import numpy as np
import scipy.linalg
from threadpoolctl import threadpool_limits

ROOMS = ("skneuron", "helpers")
KERNELS = "skneuron.kernels"
SOLVES = {
    scipy.linalg: ["inv", "solve"],
    np.linalg: ["inv", "lstsq"],
}


def perturbed_product(seed, product, a, b):
    """What ``product(a, b)`` is on some other processor."""
    result = product(a, b)
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return result  # of sparse matrices, which BLAS knows nothing of
    if result.dtype not in (np.float32, np.float64) or not np.isfinite(result).all():
        return result
    magnitudes = np.abs(a).astype(np.float64) @ np.abs(b).astype(np.float64)
    if _is_exact(a, b, magnitudes, result.dtype):
        return result
    # Sums in another order differ in last digits of their terms, not of what the terms leave;
    # a single term has no order, as in products with the identity.
    several = (a != 0).astype(np.float64) @ (b != 0).astype(np.float64) > 1
    ulp = np.finfo(result.dtype).eps / 2 * magnitudes * several
    return _with_noise(seed, result, ulp, a, b)


def perturbed_solve(seed, solve):
    """A function that solves as some other processor does."""

    @wraps(solve)
    def solved(*args, **kwargs):
        result = solve(*args, **kwargs)
        first, *rest = result if isinstance(result, tuple) else (result,)
        operands = [a for a in args if isinstance(a, np.ndarray)]
        first = _with_noise(seed, first, np.finfo(first.dtype).eps / 2 * np.abs(first), *operands)
        return (first, *rest) if isinstance(result, tuple) else first

    return solved


def _with_noise(seed, result, ulp, *operands):
    bits = [np.ascontiguousarray(array).tobytes() for array in operands]
    rng = np.random.default_rng([seed, *map(crc32, bits)])
    return (result + ulp * rng.uniform(-1, 1, result.shape)).astype(result.dtype)


def _is_exact(a, b, magnitudes, dtype):
    """Whether no partial sum has more digits than there is room for."""
    largest = np.max(magnitudes, initial=0)
    return largest == 0 or bool(
        np.log2(largest) - _log2_unit(a) - _log2_unit(b) <= np.finfo(dtype).nmant + 1
    )


def _log2_unit(array):
    """Of a power of 2 that all numbers of an array are multiples of."""
    mantissas, exponents = np.frexp(array[array != 0].astype(np.float64))
    whole = np.abs(np.ldexp(mantissas, 53)).astype(np.int64)
    lowest = np.log2((whole & -whole).astype(np.float64))
    return (exponents - 53 + lowest).min(initial=0)


class _Products(ast.NodeTransformer):
    """``a @ b`` becomes ``_other_product(a, b)``."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if not isinstance(node.op, ast.MatMult):
            return node
        call = ast.Call(ast.Name("_other_product", ast.Load()), [node.left, node.right], [])
        return ast.copy_location(call, node)


class _Loader(SourceFileLoader):
    def __init__(self, seed, *args):
        super().__init__(*args)
        self.seed = seed

    def get_code(self, fullname):  # not the code in __pycache__
        tree = _Products().visit(ast.parse(self.get_data(self.path), self.path))
        return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)

    def exec_module(self, module):
        module._other_product = partial(perturbed_product, self.seed, operator.matmul)
        super().exec_module(module)


class _Finder(PathFinder):
    seed = 0

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname.partition(".")[0] not in ROOMS or f"{fullname}.".startswith(f"{KERNELS}."):
            return None
        spec = super().find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(cls.seed, spec.loader.name, spec.loader.path)
        return spec


def perturb_blas(seed):
    """Change products and solves from now on, in modules that are not imported yet."""
    _Finder.seed = seed
    sys.meta_path.insert(0, _Finder)
    for module, names in SOLVES.items():
        for name in names:
            setattr(module, name, perturbed_solve(seed, getattr(module, name)))
    # numpy.cov's product, and that of scikit-learn's networks.
    for name, product in [
        (np.cov.__wrapped__.__globals__["__name__"], "dot"),
        ("sklearn.neural_network._multilayer_perceptron", "safe_sparse_dot"),
    ]:
        module = importlib.import_module(name)
        plain = getattr(module, product)
        setattr(module, product, _perturbed_with_options(seed, plain))


def _perturbed_with_options(seed, plain):
    @wraps(plain)
    def product(a, b, **options):
        return perturbed_product(seed, partial(plain, **options), a, b)

    return product


def report():
    """Lines on what a run imitates, for its header."""
    names = ("SKNEURON_PERTURB_BLAS", "SKNEURON_BLAS_THREADS")
    return [f"{name}={os.environ[name]}" for name in names if name in os.environ]


if "SKNEURON_PERTURB_BLAS" in os.environ:
    perturb_blas(int(os.environ["SKNEURON_PERTURB_BLAS"]))
if "SKNEURON_BLAS_THREADS" in os.environ:
    threadpool_limits(int(os.environ["SKNEURON_BLAS_THREADS"]), user_api="blas")
