"""`FirstLayerCache`: samples after the first product, which is most of a forward pass.

The inputs of the first hidden layer do not depend on which neurons are there: a pruning path,
which sends the same samples through ever smaller networks, needs them once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from skneuron.kernels import CHUNK_ROWS

# If it took more than this, samples pass through the first layer again at every step instead.
FIRST_LAYER_CACHE_BYTES = 2**30


@dataclass(frozen=True, eq=False)
class FirstLayerCache:
    """What the first hidden layer gets from samples; takes the place of these samples.

    Attributes
    ----------
    known : ndarray of shape (n_chunks, n_units, CHUNK_ROWS)
        Inputs of all neurons of the first hidden layer, as `forward_with_residuals` has
        them.
    units : ndarray of int
        The neurons that are left.
    n_rows : int
    """

    known: np.ndarray
    units: np.ndarray
    n_rows: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.n_rows, 0

    @property
    def dtype(self) -> np.dtype:
        return self.known.dtype

    def without(self, gone: np.ndarray) -> "FirstLayerCache":
        """The same without the neurons of a mask over those that are left."""
        return replace(self, units=self.units[~gone])

    def blocks(self, n_rows: int) -> Iterator[tuple[slice, np.ndarray]]:
        """As `skneuron.surgery.row_blocks`, of samples without features."""
        for start in range(0, self.n_rows, n_rows):
            rows = slice(start, min(self.n_rows, start + n_rows))
            yield rows, np.empty((rows.stop - rows.start, 0), self.dtype)

    def copy_to(self, rows: slice, inputs: np.ndarray) -> None:
        """Fill in the first units of a block of samples that starts with a chunk."""
        first = rows.start // CHUNK_ROWS
        for chunk in range(len(inputs)):
            np.take(
                self.known[first + chunk], self.units, axis=0,
                out=inputs[chunk, : len(self.units)], mode="clip",
            )  # fmt: skip
