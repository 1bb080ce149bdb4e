"""What the free layers get from samples, and what the whole network's outputs were for them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from skneuron.surgery._refit._mixed_samples import MAX_BLOCK_ROWS, MixedSamples
from skneuron.utils import FloatArray

# What may be kept of all samples; beyond it, each look at them computes it again.
CACHE_BYTES = 96 * 2**20
# Of a block's features, which are copies.
BLOCK_BYTES = 8 * 2**20


class Block(NamedTuple):
    """Some samples, as the free layers see them.

    Attributes
    ----------
    inputs : ndarray of shape (n_rows, n_inputs)
    targets : ndarray of shape (n_rows, n_outputs)
    weights : ndarray of shape (n_rows,), float64, or None
    """

    inputs: FloatArray
    targets: FloatArray
    weights: FloatArray | None


# From a block's features to an array with a row for each.
FromFeatures = Callable[[Any], FloatArray]


class StageSamples:
    """Samples and mixtures in blocks, from which arrays of samples are computed once if they fit.

    Parameters
    ----------
    parts : sequence of MixedSamples
    inputs_of, targets_of : callable
    is_kept : bool
        Whether there is room for those of all samples.
    """

    def __init__(
        self,
        parts: Sequence[MixedSamples],
        inputs_of: FromFeatures,
        targets_of: FromFeatures,
        *,
        is_kept: bool,
    ):
        self._parts, self._inputs_of, self._targets_of = parts, inputs_of, targets_of
        self._kept = list(self._computed()) if is_kept else None
        self.total_weight = float(
            sum(len(p) if p.weights is None else p.weights.sum() for p in parts)
        )

    def blocks(self) -> Iterator[Block]:
        """All of them, always in the same blocks and order."""
        return iter(self._kept) if self._kept is not None else self._computed()

    def _computed(self) -> Iterator[Block]:
        for part in self._parts:
            n_rows = rows_per_block(part)
            for place, X in part.blocks(n_rows):
                weights = None if part.weights is None else part.weights[place]
                yield Block(self._inputs_of(X), self._targets_of(X), weights)


def rows_per_block(samples: MixedSamples) -> int:
    """As many as a block may have."""
    row_bytes: int = samples.X.shape[1] * np.dtype(samples.dtype).itemsize
    return max(1, min(MAX_BLOCK_ROWS, BLOCK_BYTES // max(row_bytes, 1)))


def has_room(n_samples: int, row_bytes: int) -> bool:
    """Whether so many samples' inputs and targets may be kept."""
    return n_samples * row_bytes <= CACHE_BYTES
