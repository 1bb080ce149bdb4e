"""What the free layers get from samples, and what the whole network's outputs were for them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

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
    least : ndarray of shape (n_rows,), float64
        What losses are where outputs and targets are the same.
    weights : ndarray of shape (n_rows,), float64, or None
    """

    inputs: FloatArray
    targets: FloatArray
    least: FloatArray
    weights: FloatArray | None


# From a block's features to an array with a row for each.
FromFeatures = Callable[[Any], FloatArray]


class StageSamples:
    """Samples and mixtures in blocks, from which arrays are computed once as far as they fit.

    Parameters
    ----------
    parts : sequence of MixedSamples
    inputs_of, targets_of : callable
    least_of : callable
        From targets to what losses are where outputs are the same.
    n_kept : int
        For how many of them, the first ones, there is room.
    inputs : sequence of MixedSamples, default=None
        If there is room for all targets: the inputs of ``parts``, to be mixed again by each look.
    """

    def __init__(
        self,
        parts: Sequence[MixedSamples],
        inputs_of: FromFeatures,
        targets_of: FromFeatures,
        least_of: Callable[[FloatArray], FloatArray],
        *,
        n_kept: int,
        inputs: Sequence[MixedSamples] | None = None,
    ):
        self.n_samples = sum(map(len, parts))
        self.total_weight = float(
            sum(len(p) if p.weights is None else p.weights.sum() for p in parts)
        )
        self._sources: list[_Kept | _Computed] = []
        for number, part in enumerate(parts):
            if inputs is not None:
                (targets,) = computed(part, targets_of)
                self._sources.append(
                    _Kept(part, inputs[number], targets, _in_blocks(least_of, targets))
                )
                continue
            first, rest = part.some(slice(n_kept)), part.some(slice(n_kept, None))
            if len(first):
                values, targets = computed(first, inputs_of, targets_of)
                least = _in_blocks(least_of, targets)
                self._sources.append(_Kept(first, _Rows(values), targets, least))
            if len(rest):
                self._sources.append(_Computed(rest, inputs_of, targets_of, least_of))
            n_kept -= len(first)

    def blocks(self) -> Iterator[Block]:
        """All of them, always in the same blocks and order."""
        for source in self._sources:
            yield from source.blocks()


class _Rows(NamedTuple):
    """Rows of an array, in blocks that nobody copies."""

    rows: FloatArray

    def blocks(self, n_rows: int) -> Iterator[tuple[slice, FloatArray]]:
        for start in range(0, len(self.rows), n_rows):
            place = slice(start, start + n_rows)
            yield place, self.rows[place]


class _Kept(NamedTuple):
    """What has been computed of samples; inputs may still have to be mixed."""

    samples: MixedSamples
    inputs: MixedSamples | _Rows
    targets: FloatArray
    least: FloatArray

    def blocks(self) -> Iterator[Block]:
        for place, inputs in self.inputs.blocks(MAX_BLOCK_ROWS):
            weights = self.samples.weights_of(place)
            yield Block(inputs, self.targets[place], self.least[place], weights)


class _Computed(NamedTuple):
    """What is computed of samples whenever it is looked at."""

    samples: MixedSamples
    inputs_of: FromFeatures
    targets_of: FromFeatures
    least_of: Callable[[FloatArray], FloatArray]

    def blocks(self) -> Iterator[Block]:
        for place, X in self.samples.blocks(rows_per_block(self.samples)):
            targets = self.targets_of(X)
            weights = self.samples.weights_of(place)
            yield Block(self.inputs_of(X), targets, self.least_of(targets), weights)


def _in_blocks(least_of: Callable[[FloatArray], FloatArray], targets: FloatArray) -> FloatArray:
    """The least losses of all targets; on the way to them are copies of a block at a time."""
    least = np.empty(len(targets))
    for place, block in _Rows(targets).blocks(MAX_BLOCK_ROWS):
        least[place] = least_of(block)
    return least


def computed(samples: MixedSamples, *functions: FromFeatures) -> list[FloatArray]:
    """What functions of features give for all samples, an array each."""
    results: list[FloatArray] = []
    for place, X in samples.blocks(rows_per_block(samples)):
        blocks = [function(X) for function in functions]
        if not results:
            results = [np.empty((len(samples), b.shape[1]), b.dtype) for b in blocks]
        for result, block in zip(results, blocks, strict=True):
            result[place] = block
    return results


def inputs_to_mix(parts: Sequence[MixedSamples], inputs_of: FromFeatures) -> list[MixedSamples]:
    """The same mixtures of what ``inputs_of`` makes of the samples, which are the first part.

    Only where it is affine are these what it makes of the mixtures.
    """
    samples = parts[0]
    (X,) = computed(samples, inputs_of)
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
    """As many as a block of features may have."""
    itemsize, (n_rows, n_features) = np.dtype(samples.dtype).itemsize, samples.X.shape
    if sparse.issparse(samples.X):  # an index beside each value
        row_bytes = (itemsize + 8) * (samples.X.nnz // max(n_rows, 1) + 1)
    else:
        row_bytes = itemsize * n_features
    return int(max(1, min(MAX_BLOCK_ROWS, BLOCK_BYTES // max(row_bytes, 1))))


def has_room(n_bytes: int) -> bool:
    """Whether so much may be kept."""
    return n_bytes <= CACHE_BYTES


def room_for(row_bytes: int) -> int:
    """Of how many samples inputs and targets that take so much each may be kept."""
    return CACHE_BYTES // row_bytes
