"""Random arguments of the removal kernels, and the oracle's answers to them."""

from itertools import pairwise

import numba
import numpy as np
import pytest
from helpers import oracle
from helpers.leaves import serial_only

from skneuron.kernels.ablation import removal
from skneuron.kernels.forward import ACTIVATION_CODES, CHUNK_ROWS
from skneuron.utils import _threads

DTYPES = [np.float32, np.float64]
DEPTHS = [(5,), (4, 3), (3, 1, 4), (2, 3, 2, 3)]
REPLACEMENTS = ["constants", "mixing", "other"]
TOLERANCE = {np.float32: {"rtol": 2e-5, "atol": 2e-5}, np.float64: {"rtol": 1e-12, "atol": 1e-12}}

each_dtype = pytest.mark.parametrize("dtype", DTYPES)
each_depth = pytest.mark.parametrize("hidden", DEPTHS)
needs_threads = pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="needs two threads")
# BLAS, which stands in for compiled products, sums up in an order that depends on the shapes.
needs_jit = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="NUMBA_DISABLE_JIT=1: the sums are in BLAS's order"
)


def of_rows(chunks, n_rows):
    """(chunks, units, CHUNK_ROWS) as (rows, units)."""
    return chunks.transpose(0, 2, 1).reshape(-1, chunks.shape[1])[:n_rows]


class Problem:
    """A random network, rows, and what takes the place of its neurons.

    That is ``constants``; or with ``mixing``, one matrix M a layer, what makes the residual of
    neuron j ``(activations @ M)[j] - constants[j]``; or its activation in the row of ``other``.
    """

    def __init__(
        self, hidden=(3, 2), activation="relu", dtype=np.float64, *, n_rows=40, n_outputs=2,
        replacement="constants", dyadic=False, seed=0,
    ):  # fmt: skip
        rng = np.random.default_rng(seed)

        def draw(*shape, scale=1.0):
            if dyadic:  # halves: all sums and products are exact, also in float32
                return (rng.integers(-2, 3, shape) / 2).astype(dtype)
            return (scale * rng.normal(size=shape)).astype(dtype)

        self.dtype, self.n_rows, self.n_outputs = dtype, n_rows, n_outputs
        self.replacement = replacement
        self.sizes = np.array([3, *hidden, n_outputs])
        self.net = oracle.Net(
            [draw(*shape, scale=2 / np.sqrt(shape[0])) for shape in pairwise(self.sizes)],
            [draw(size, scale=0.5) for size in self.sizes[1:]],
            activation,
            "softmax",
        )
        self.X, self.constants = draw(n_rows, 3), draw(sum(hidden), scale=0.5)
        self.other = draw(n_rows if replacement == "other" else 0, 3)
        self.mixing = [draw(n, n) for n in hidden] if replacement == "mixing" else []
        for M in self.mixing:
            np.fill_diagonal(M, 1)

    @property
    def network(self):
        """As kernels take it."""
        pairs = zip(self.net.coefs, self.net.intercepts, strict=True)
        parameters = np.concatenate([a.ravel() for pair in pairs for a in pair])
        return parameters, self.sizes, ACTIVATION_CODES[self.net.activation]

    @property
    def flat_mixing(self):
        return np.concatenate([M.ravel() for M in self.mixing] or [np.zeros(0, self.dtype)])

    # ---- the kernels' answers

    def prepared(self, rows=slice(None), kernel=None):
        """``inputs, residuals``."""
        inputs, residuals = self._forward(self.X[rows], kernel)
        if len(self.other):
            residuals -= self._forward(self.other[rows], kernel)[1]
        return inputs, residuals

    def _forward(self, X, kernel):
        n_chunks, n_hidden = -(-len(X) // CHUNK_ROWS), len(self.constants)
        inputs = np.full((n_chunks, n_hidden + self.n_outputs, CHUNK_ROWS), np.nan, self.dtype)
        residuals = np.full((n_chunks, n_hidden, CHUNK_ROWS), np.nan, self.dtype)
        kernel = kernel or serial_only(removal.forward_with_residuals)
        _threads.run_kernel(
            kernel, X, *self.network, self.flat_mixing,
            0 * self.constants if len(self.other) else self.constants, inputs, residuals,
        )  # fmt: skip
        return inputs, residuals

    def replacing(self, rows=slice(None)):
        """What takes the neurons' places in every row."""
        if len(self.other):
            return self._forward(self.other[rows], None)[1]
        n_chunks = -(-len(self.X[rows]) // CHUNK_ROWS)
        if self.mixing:
            expected = [
                oracle.hidden(self.net, self.X[rows], at) for at in range(len(self.mixing))
            ]
            filled = np.zeros((n_chunks * CHUNK_ROWS, len(self.constants)), self.dtype)
            predicted = np.hstack(expected) - self.expected_residuals(self.X[rows], self.other)
            filled[: len(predicted)] = predicted
            return np.ascontiguousarray(
                filled.reshape(n_chunks, CHUNK_ROWS, -1).transpose(0, 2, 1)
            )
        shape = n_chunks, len(self.constants), CHUNK_ROWS
        return np.ascontiguousarray(np.broadcast_to(self.constants[:, None], shape))

    def without(self, neurons=None, *, blocks=(slice(None),), kernel=None, by_row=None):
        """The output units' inputs without each neuron, of rows that come in blocks."""
        if by_row is None:
            by_row = self.replacement == "other"
        constants = self.constants[:0] if by_row else self.constants
        neurons = self.net.neurons if neurons is None else neurons
        layers, indices = np.array(neurons, np.int64).reshape(-1, 2).T.copy()
        out = np.full((len(neurons), self.n_rows, self.n_outputs), np.nan, self.dtype)
        kernel = kernel or serial_only(removal.outputs_without_each_neuron)
        for block in blocks:
            rows = range(self.n_rows)[block]
            _threads.run_kernel(
                kernel, self.prepared(block)[0], self.replacing(block), self.flat_mixing,
                constants, rows.start, len(rows), *self.network, layers, indices, out,
            )  # fmt: skip
        return out

    # ---- the oracle's answers

    def expected_inputs(self, X):
        below = [X] + [oracle.hidden(self.net, X, at) for at in range(len(self.net.sizes))]
        layers = zip(below, self.net.coefs, self.net.intercepts, strict=True)
        return np.hstack([a @ W + b for a, W, b in layers])

    def expected_residuals(self, X, other):
        n_layers = len(self.net.sizes)
        activations = [oracle.hidden(self.net, X, layer) for layer in range(n_layers)]
        if len(other):
            replacing = [oracle.hidden(self.net, other, layer) for layer in range(n_layers)]
            return np.hstack(activations) - np.hstack(replacing)
        if self.mixing:
            pairs = zip(activations, self.mixing, strict=True)
            activations = [a @ M.astype(np.float64) for a, M in pairs]
        return np.hstack(activations) - self.constants

    def expected_without(self, neuron):
        layer, index = neuron
        residual = self.expected_residuals(self.X, self.other)[:, self.net.neurons.index(neuron)]
        activation = oracle.hidden(self.net, self.X, layer)[:, index]
        return oracle.logits(self.net, self.X, {neuron: activation - residual})
