"""What the free layers get from samples, and what the whole network's outputs were for them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
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
    inputs : sequence of MixedSamples, default=None
        If there is room for no more than the targets: the inputs of ``parts``, to be mixed again
        by each look.
    """

    def __init__(
        self,
        parts: Sequence[MixedSamples],
        inputs_of: FromFeatures,
        targets_of: FromFeatures,
        *,
        is_kept: bool,
        inputs: Sequence[MixedSamples] | None = None,
    ):
        self._parts, self._inputs_of, self._targets_of = parts, inputs_of, targets_of
        self._kept = list(self._computed()) if is_kept else None
        self._inputs = inputs
        self._targets: list[list[FloatArray]] = []
        if inputs is not None:
            self._targets = [
                [targets_of(X) for _, X in part.blocks(rows_per_block(part))] for part in parts
            ]
        self.total_weight = float(
            sum(len(p) if p.weights is None else p.weights.sum() for p in parts)
        )

    def blocks(self) -> Iterator[Block]:
        """All of them, always in the same blocks and order."""
        if self._kept is not None:
            return iter(self._kept)
        return self._computed() if self._inputs is None else self._mixed(self._inputs)

    def _computed(self) -> Iterator[Block]:
        for part in self._parts:
            n_rows = rows_per_block(part)
            for place, X in part.blocks(n_rows):
                weights = None if part.weights is None else part.weights[place]
                yield Block(self._inputs_of(X), self._targets_of(X), weights)

    def _mixed(self, inputs: Sequence[MixedSamples]) -> Iterator[Block]:
        for part, own, all_targets in zip(self._parts, inputs, self._targets, strict=True):
            blocks = own.blocks(rows_per_block(part))
            for (place, X), targets in zip(blocks, all_targets, strict=True):
                weights = None if part.weights is None else part.weights[place]
                yield Block(X, targets, weights)


def inputs_to_mix(parts: Sequence[MixedSamples], inputs_of: FromFeatures) -> list[MixedSamples]:
    """The same mixtures of what ``inputs_of`` makes of the samples, which are the first part.

    Only where it is affine are these what it makes of the mixtures.
    """
    samples = parts[0]
    X = np.empty((0, 0))
    for place, block in samples.blocks(rows_per_block(samples)):
        inputs = inputs_of(block)
        if not X.size:
            X = np.empty((len(samples), inputs.shape[1]), inputs.dtype)
        X[place] = inputs
    return [
        replace(
            part,
            X=X,
            rows=np.searchsorted(samples.rows, part.rows),
            others=None if part.others is None else np.searchsorted(samples.rows, part.others),
        )
        for part in parts
    ]


def rows_per_block(samples: MixedSamples) -> int:
    """As many as a block may have."""
    row_bytes: int = samples.X.shape[1] * np.dtype(samples.dtype).itemsize
    return max(1, min(MAX_BLOCK_ROWS, BLOCK_BYTES // max(row_bytes, 1)))


def has_room(n_samples: int, row_bytes: int) -> bool:
    """Whether so many samples' inputs and targets may be kept."""
    return n_samples * row_bytes <= CACHE_BYTES
