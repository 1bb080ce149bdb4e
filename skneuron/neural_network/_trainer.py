"""From a network's arrays and its samples to the training kernel and back."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from skneuron.kernels import ACTIVATION_CODES
from skneuron.kernels.training import (
    N_MOMENTS,
    OPTIMIZER_CODES,
    OUTPUT_CODES,
    Layout,
    Rows,
    Settings,
    make_layout,
    make_state,
    make_workspace,
    train,
)
from skneuron.utils import PacedRuns

# Workspace for a block's activations and deltas, and the most rows that gain from being together.
WORKSPACE_BYTES = 16 * 2**20
MAX_TRAINING_ROWS = 1024
# Ctrl-C waits for the kernel; this many operations take it about a second.
OPERATIONS_PER_CALL = 2e11
# A part of a mini-batch's work is worth waking a thread for from this many operations on.
OPERATIONS_PER_PART = 1.5e6
MAX_PARTS = 16

# One for the process, so that calls of `partial_fit` profit from those before.
_runs = PacedRuns()


def _read_only(array: Any, dtype: Any) -> np.ndarray:
    """``array`` as the kernels are compiled for it: C-ordered, and without leave to write."""
    view = np.ascontiguousarray(array, dtype=dtype).view(np.ndarray)[...]
    view.flags.writeable = False
    return view


def _rows(X: Any, targets: np.ndarray, weights: np.ndarray | None, dtype: Any) -> Rows:
    if sparse.issparse(X):
        X = X.tocsr()
        if not X.has_sorted_indices:
            X = X.sorted_indices()
        values, indices, indptr = X.data, X.indices, X.indptr
    else:
        values, indices, indptr = np.ascontiguousarray(X).reshape(-1), [], []
    return Rows(
        _read_only(values, X.dtype),
        _read_only(indices, np.int32),
        _read_only(indptr, np.int64),
        _read_only(targets, dtype),
        _read_only([] if weights is None else weights, dtype),
    )


def _n_parts(n_operations: float) -> int:
    """Into how many parts to split the work: a power of two, so that they come out even."""
    wanted = max(1.0, min(MAX_PARTS, n_operations / OPERATIONS_PER_PART))
    return 2 ** int(np.log2(wanted))


def _as_compiled(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings of the types that the kernels are compiled for: a user's 1 is no float."""
    types = Settings.__annotations__
    return {name: types[name](value) for name, value in settings.items()}


def parameter_views(layout: Layout, flat: np.ndarray) -> list[np.ndarray]:
    """The weights of all layers, then the biases, as views into a flat vector of the kernels."""
    weights, biases = [], []
    bounds = zip(layout.starts[:-1], layout.starts[1:], strict=True)
    for (start, stop), stride, n_units in zip(
        bounds, layout.strides, layout.sizes[1:], strict=True
    ):
        rows = flat[start:stop].reshape(-1, stride)[:, :n_units]
        weights.append(rows[:-1])
        biases.append(rows[-1])
    return weights + biases


def _copy(sources: list[np.ndarray], targets: list[np.ndarray]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target[...] = source


class Trainer:
    """A network being trained on some samples.

    Parameters
    ----------
    parameters : list of ndarray
        Weights of all layers, then biases. Computations are in their type or in that of ``X``,
        whichever is wider.
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        float32 or float64. Copied only if it is neither C-ordered nor CSR.
    targets : ndarray of shape (n_samples, n_outputs)
    sample_weight : ndarray of shape (n_samples,), or None
    activation, output, optimizer : str
        As scikit-learn calls them; the optimizer "lbfgs" computes gradients only.
    batch_size : int
    **settings : float
        The other fields of `skneuron.kernels.training.buffers.Settings`.
    """

    def __init__(
        self,
        parameters: list[np.ndarray],
        X: Any,
        targets: np.ndarray,
        sample_weight: np.ndarray | None,
        *,
        activation: str,
        output: str,
        optimizer: str,
        batch_size: int,
        **settings: Any,
    ):
        dtype = np.result_type(parameters[0], X.dtype)
        n_layers = len(parameters) // 2
        sizes = [parameters[0].shape[0], *(len(b) for b in parameters[n_layers:])]
        self._rows = _rows(X, targets, sample_weight, dtype)
        self._layout = make_layout(sizes, dtype)
        self._state = make_state(self._layout, dtype, N_MOMENTS[optimizer])
        row_bytes = 2 * dtype.itemsize * int(self._layout.unit_starts[-1])
        capacity = max(1, min(batch_size, MAX_TRAINING_ROWS, WORKSPACE_BYTES // row_bytes))
        self._operations_per_row = 6 * int(self._layout.starts[-1])
        n_parts = _n_parts(self._operations_per_row * capacity)
        self._workspace = make_workspace(self._layout, dtype, capacity, n_parts)
        self._batch_size = batch_size
        self._settings = Settings(
            activation=ACTIVATION_CODES[activation],
            output=OUTPUT_CODES[output],
            optimizer=OPTIMIZER_CODES[optimizer],
            **_as_compiled(settings),
        )
        self._views = {
            name: parameter_views(self._layout, getattr(self._state, name))
            for name in ("parameters", "gradient", "first", "second")
            if len(getattr(self._state, name))
        }
        self.load("parameters", parameters)

    @property
    def n_updates(self) -> int:
        """Number of updates that the optimizer has done."""
        return int(self._state.n_updates[0])

    @n_updates.setter
    def n_updates(self, value: int) -> None:
        self._state.n_updates[0] = value

    def load(self, name: str, arrays: list[np.ndarray]) -> None:
        """Copy arrays into "parameters", "first" or "second" moments."""
        _copy(arrays, self._views[name])

    def store(self, name: str, arrays: list[np.ndarray]) -> None:
        """Copy "parameters", "gradient", "first" or "second" moments out into ``arrays``."""
        _copy(self._views[name], arrays)

    def _calls(self, order: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        batch_operations = self._operations_per_row * self._batch_size
        step = self._batch_size * max(1, int(OPERATIONS_PER_CALL / batch_operations))
        for start in range(0, len(order), step):
            yield start, order[start : start + step]

    @property
    def learning_rate(self) -> float:
        """What the optimizer starts from: adam scales it by the number of updates."""
        return self._settings.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._settings = self._settings._replace(learning_rate=float(value))

    def epoch(self, order: np.ndarray, counter: int = 0) -> float:
        """Train on the samples in this order, once.

        Parameters
        ----------
        order : ndarray of shape (n,)
            Indices of samples.
        counter : int, default=0
            Number of samples trained on before; dropout depends on it.

        Returns
        -------
        loss : float
            Mean loss of the mini-batches, each before its update.

        Raises
        ------
        ZeroDivisionError
            If the weights of a mini-batch sum to 0.
        """
        self._check_weights(order)
        order = _read_only(order, np.int64)
        total = 0.0
        for start, part in self._calls(order):
            total += _runs.run(
                train,
                *self._rows, *self._layout, *self._state, *self._workspace, *self._settings,
                part, self._batch_size, counter + start,
                n_operations=self._operations_per_row * len(part),
                worthwhile=len(self._workspace.losses) > 1,
            )  # fmt: skip
        return total / len(order)

    def _check_weights(self, order: np.ndarray) -> None:
        if not len(self._rows.sample_weight):
            return
        starts = np.arange(0, len(order), self._batch_size)
        sums = np.add.reduceat(self._rows.sample_weight[order], starts)
        if not sums.all():
            raise ZeroDivisionError(
                "Weights sum to zero, can't be normalized: all samples of a mini-batch of "
                f"{self._batch_size} have sample or class weight 0. Leave such samples out, or "
                "use a larger batch_size."
            )
