"""The samples of a refit, in blocks: some of those that there are, and mixtures of two of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from skneuron.utils import FloatArray, IntArray

# Few enough that what a block's layers compute stays in a processor's cache.
MAX_BLOCK_ROWS = 1024


@dataclass(frozen=True, eq=False)
class MixedSamples:
    """Rows of ``X``, or mixtures ``share * X[rows] + (1 - share) * X[others]``.

    Attributes
    ----------
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
    dtype : dtype
        In which their features are given out.
    rows : ndarray of int, shape (n,)
    weights : ndarray of float64, shape (n,), or None
        None if all count the same.
    others : ndarray of int, shape (n,), or None
    shares : ndarray of float64, shape (n,), or None
        None for samples as they are.
    """

    X: Any
    dtype: Any
    rows: IntArray
    weights: FloatArray | None = None
    others: IntArray | None = None
    shares: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def some(self, place: slice) -> "MixedSamples":
        """Those at some places."""
        return replace(
            self,
            rows=self.rows[place],
            weights=self.weights_of(place),
            others=None if self.others is None else self.others[place],
            shares=None if self.shares is None else self.shares[place],
        )

    def weights_of(self, place: slice) -> FloatArray | None:
        """Weights of some of them; None if all count the same."""
        return None if self.weights is None else self.weights[place]

    def blocks(self, n_rows: int) -> Iterator[tuple[slice, Any]]:
        """Features of some of them at a time, with their places."""
        for start in range(0, len(self.rows), n_rows):
            place = slice(start, min(start + n_rows, len(self.rows)))
            yield place, self._features(place)

    def _features(self, place: slice) -> Any:
        first = self._rows(self.rows[place])
        if self.shares is None or self.others is None:
            return first
        second = self._rows(self.others[place])
        share = self.shares[place].astype(self.dtype)
        if sparse.issparse(first):
            return sparse.diags(share) @ first + sparse.diags(1 - share) @ second
        return share[:, np.newaxis] * first + (1 - share)[:, np.newaxis] * second

    def _rows(self, rows: IntArray) -> Any:
        return self.X[rows].astype(self.dtype, copy=False)


def mixtures(samples: MixedSamples, n: int, rng: np.random.Generator) -> MixedSamples:
    """``n`` mixtures of two samples each, in shares that are uniform from 0 to 1.

    Every sample is in about as many of them as every other.
    """
    first, second = (_permutations(len(samples), n, rng) for _ in range(2))
    shares = rng.uniform(size=n)
    weights = samples.weights
    if weights is not None:
        weights = shares * weights[first] + (1 - shares) * weights[second]
    return replace(
        samples,
        rows=samples.rows[first],
        others=samples.rows[second],
        shares=shares,
        weights=weights,
    )


def _permutations(n: int, n_wanted: int, rng: np.random.Generator) -> IntArray:
    """Positions from 0 to ``n``, all in turn, in random order."""
    n_rounds = -(-n_wanted // n)
    return np.concatenate([rng.permutation(n) for _ in range(n_rounds)])[:n_wanted]
