"""`NetworkShape`: how large a network with hidden layers of some sizes is, by all measures."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skneuron.utils import IntArray

# Columns of tables, and attributes of paths: what `NetworkShape.sizes` returns.
SIZES = ("n_neurons", "n_parameters", "bytes", "n_multiplications")


@dataclass(frozen=True)
class NetworkShape:
    """What pruning leaves as it is of a network's size.

    Attributes
    ----------
    n_features, n_outputs : int
    itemsize : int
        Bytes of a weight.
    """

    n_features: int
    n_outputs: int
    itemsize: int

    @classmethod
    def of(cls, mlp: Any) -> "NetworkShape":
        """Of a fitted MLP. Surgery gives all weights the type of the first ones."""
        first, last = mlp.coefs_[0], mlp.coefs_[-1]
        return cls(first.shape[0], last.shape[1], first.dtype.itemsize)

    def _widths(self, hidden: Any) -> IntArray:
        hidden = np.asarray(hidden, dtype=np.int64)
        ends = [np.full((*hidden.shape[:-1], 1), n) for n in (self.n_features, self.n_outputs)]
        return np.concatenate([ends[0], hidden, ends[1]], axis=-1)

    def n_multiplications(self, hidden: Any) -> Any:
        """That a sample takes: one for each weight. ``hidden`` is (..., n_hidden_layers)."""
        widths = self._widths(hidden)
        return (widths[..., :-1] * widths[..., 1:]).sum(axis=-1)

    def n_parameters(self, hidden: Any) -> Any:
        """Weights and biases."""
        return self.n_multiplications(hidden) + self._widths(hidden)[..., 1:].sum(axis=-1)

    def sizes(self, hidden: IntArray) -> dict[str, IntArray]:
        """By every measure, for several networks: ``hidden`` is (n_networks, n_hidden_layers)."""
        n_parameters = self.n_parameters(hidden)
        found = hidden.sum(axis=1), n_parameters, n_parameters * self.itemsize
        return dict(zip(SIZES, (*found, self.n_multiplications(hidden)), strict=True))

    def parameters_within(self, max_parameters: int | None, max_bytes: int | None) -> int:
        """How many weights and biases a network may have within the limit that is given."""
        if max_parameters is not None:
            return max_parameters
        if max_bytes is None:
            raise TypeError("neither max_parameters nor max_bytes is given")
        return max_bytes // self.itemsize

    def too_small(
        self, smallest: IntArray, max_parameters: int | None, max_bytes: int | None
    ) -> str:
        """What an error says of a limit that the smallest network does not keep to."""
        n_parameters = int(self.n_parameters(smallest))
        sizes = f"the smallest network, with hidden layers of {tuple(map(int, smallest))}, has "
        if max_parameters is not None:
            return f"max_parameters={max_parameters!r}: {sizes}{n_parameters} parameters."
        return f"max_bytes={max_bytes!r}: {sizes}{n_parameters * self.itemsize} bytes."


def hidden_sizes(mlp: Any) -> tuple[int, ...]:
    """Sizes of the hidden layers of a fitted MLP."""
    return tuple(c.shape[1] for c in mlp.coefs_[:-1])


def hidden_sizes_along(sizes: tuple[int, ...], layer: IntArray) -> IntArray:
    """Of the networks on a path: the whole one, then after the removal from each ``layer``.

    Returns
    -------
    hidden : ndarray of shape (n_removed + 1, n_hidden_layers)
    """
    gone = (layer[:, None] == np.arange(len(sizes))).cumsum(axis=0)
    return np.array(sizes) - np.concatenate([np.zeros((1, len(sizes)), dtype=int), gone])
