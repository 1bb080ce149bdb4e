"""`SizesAndScores`: networks on a path by size and score, and which of them are worth having."""

from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.utils import (
    BoolArray,
    Bunch,
    FloatArray,
    HtmlTableMixin,
    IntArray,
    NDArray,
    data_frame,
)

if TYPE_CHECKING:
    import pandas as pd


class SizesAndScores(HtmlTableMixin, Bunch):
    """Sizes and scores of the networks on a path; `NeuronPruningPath.pareto` makes it.

    Attributes
    ----------
    n_neurons, n_parameters, bytes, n_multiplications : ndarray of shape (n_networks,)
        Of each network, the whole one first: hidden neurons, weights and biases, the bytes that
        they take, and the multiplications for a sample.
    score : ndarray of shape (n_networks,)
    is_optimal : ndarray of shape (n_networks,), bool
        True where no smaller network scores at least as high.
    """

    n_neurons: IntArray
    n_parameters: IntArray
    bytes: IntArray
    n_multiplications: IntArray
    score: FloatArray
    is_optimal: BoolArray

    def to_frame(self) -> "pd.DataFrame":
        """One row for every network, from the largest to the smallest.

        Returns
        -------
        frame : pandas.DataFrame

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(self._columns(), "SizesAndScores")

    def _columns(self) -> dict[str, NDArray[Any]]:
        return dict(self)

    def __repr__(self) -> str:
        return (
            f"SizesAndScores({len(self.score)} networks, n_neurons={self.n_neurons[0]} to "
            f"{self.n_neurons[-1]}, {self.is_optimal.sum()} of them optimal)"
        )


def is_optimal(scores: FloatArray) -> BoolArray:
    """For networks from the largest to the smallest: does no smaller one score as high?

    One whose score is NaN is not optimal, and hinders none.
    """
    scores = np.where(np.isnan(scores), -np.inf, scores)
    highest_behind = np.maximum.accumulate(scores[::-1])[::-1]
    result: BoolArray = scores > np.append(highest_behind[1:], -np.inf)
    return result
