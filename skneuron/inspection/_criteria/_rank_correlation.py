"""`criterion_rank_correlation`: whether criteria put neurons in the same order."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import kendalltau, spearmanr

from skneuron.utils import Bunch, FloatArray, HtmlTableMixin, data_frame, naming

if TYPE_CHECKING:
    import pandas as pd

_METHODS: dict[str, Callable] = {"spearman": spearmanr, "kendall": kendalltau}


class CriterionRankCorrelation(HtmlTableMixin, Bunch):
    """Rank correlations of criteria; `criterion_rank_correlation` makes it.

    A `sklearn.utils.Bunch`: a dict whose keys are attributes as well.

    Attributes
    ----------
    names : list of str
    correlations : ndarray of shape (n_criteria, n_criteria)
        Symmetric, in the order of ``names``. NaN where a column is constant or has fewer than
        two values to compare, the diagonal included: there is no order.
    """

    names: list[str]
    correlations: FloatArray

    def to_frame(self) -> "pd.DataFrame":
        """The matrix with the names of the criteria.

        Returns
        -------
        frame : pandas.DataFrame of shape (n_criteria, n_criteria)

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return data_frame(
            self.correlations, "CriterionRankCorrelation", index=self.names, columns=self.names
        )

    def _columns(self) -> dict[str, Any]:
        matrix = zip(self.names, self.correlations.T, strict=True)
        return {"": np.array(self.names, dtype=object)} | dict(matrix)

    def __repr__(self) -> str:
        return f"CriterionRankCorrelation(names={self.names!r})"


def criterion_rank_correlation(
    scores: Any, *, method: str = "spearman"
) -> CriterionRankCorrelation:
    """Tell how far criteria agree in the order in which they put the same neurons.

    For pruning only the order counts, and each :term:`criterion` has units of its own. So ranks
    are compared, two criteria at a time, by Spearman's or Kendall's coefficient [1]_ [2]_.

    Parameters
    ----------
    scores : mapping from str to array-like of shape (n_neurons,)
        Columns by name, at least one: what `neuron_criterion` returns for a list of criteria,
        the ``importances`` of `neuron_ablation`, or any other numbers, also as a DataFrame. NaN
        is a missing value: two columns are compared on the neurons for which both have a number.
    method : {"spearman", "kendall"}, default="spearman"
        Spearman's rho, or Kendall's tau-b; both allow for ties. Spearman's is the more common
        one. Kendall's is easier to explain: without ties, it is the share of pairs of neurons in
        the same order minus the share of those in reverse order.

    Returns
    -------
    result : CriterionRankCorrelation
        A Bunch with ``names`` and ``correlations``, and a method `to_frame`.

    Raises
    ------
    ValueError
        If ``scores`` is no mapping to columns of the same length, or ``method`` is unknown.

    See Also
    --------
    neuron_criterion : Classic criteria, several at once.
    neuron_ablation : The exact importances to compare them with.

    References
    ----------
    .. [1] Spearman, "The Proof and Measurement of Association between Two Things", American
       Journal of Psychology 15, 1904, doi:10.2307/1412159.
    .. [2] Kendall, "The Treatment of Ties in Ranking Problems", Biometrika 33, 1945,
       doi:10.1093/biomet/33.3.239.

    Examples
    --------
    >>> from skneuron import criterion_rank_correlation
    >>> scores = {"a": [1, 2, 3], "b": [10, 20, 15], "c": [3, 2, 1]}
    >>> criterion_rank_correlation(scores).correlations
    array([[ 1. ,  0.5, -1. ],
           [ 0.5,  1. , -0.5],
           [-1. , -0.5,  1. ]])
    """
    if not isinstance(method, str) or method not in _METHODS:
        raise ValueError(f"method={method!r} is unknown; use one of {sorted(_METHODS)}.")
    names, columns = _checked_columns(scores)
    correlations = np.empty((len(columns), len(columns)))
    for i, a in enumerate(columns):
        for j, b in enumerate(columns[: i + 1]):
            correlations[i, j] = correlations[j, i] = _correlation(a, b, _METHODS[method])
    return CriterionRankCorrelation(names=names, correlations=correlations)


def _checked_columns(scores: Any) -> tuple[list[str], list[np.ndarray]]:
    if not hasattr(scores, "keys") or not len(scores.keys()):
        raise ValueError(f"scores={scores!r} is no mapping from names to columns.")
    names = list(scores.keys())
    with naming("scores"):
        columns = [np.asarray(scores[name], dtype=np.float64) for name in names]
    shapes = {name: column.shape for name, column in zip(names, columns, strict=True)}
    if columns[0].ndim != 1 or len(set(shapes.values())) > 1:
        raise ValueError(
            "scores must have one number for each of the same neurons in every column; got "
            f"columns of shapes {shapes}."
        )
    return names, columns


def _correlation(a: np.ndarray, b: np.ndarray, measure: Callable) -> float:
    known = ~(np.isnan(a) | np.isnan(b))
    a, b = a[known], b[known]
    if len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
        return np.nan
    return float(measure(a, b).statistic)
