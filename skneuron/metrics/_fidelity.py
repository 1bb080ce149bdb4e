"""`fidelity_score`: minus the mean divergence of outputs from those of a reference."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import kl_div
from sklearn.utils import check_array

from skneuron.metrics._checks import checked_probabilities, checked_weights, naming


def fidelity_score(
    reference: ArrayLike,
    outputs: ArrayLike,
    *,
    kind: str = "classes",
    sample_weight: ArrayLike | None = None,
) -> float:
    """Tell how close a network's outputs are to those of another one, without true targets.

    This is the score of ``scoring="fidelity"`` in this package (see :term:`fidelity`), where the
    reference is the whole network. It is minus the mean, over the samples, of the Kullback-Leibler
    divergence [1]_ from what ``reference`` says of a sample to what ``outputs`` say: 0 if they are
    the same, else negative.

    Parameters
    ----------
    reference : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Outputs of the other network, often the larger one.
    outputs : array-like of the same shape
        Outputs to compare with it. Where they are 0 and the reference is not, the divergence
        would be infinite. So 0 is replaced by the least that it may stand for: the smallest
        normal number of its type, or, for a label or one of two classes, what its complement may
        have been rounded by.
    kind : {"classes", "labels", "values", "counts"}, default="classes"
        What the outputs are.

        - "classes": probabilities of classes that exclude each other, as ``predict_proba`` gives
          them. A single column is that of the second of two classes.
        - "labels": probabilities of labels, of which a sample may have any number. Their
          divergences are added up.
        - "values": numbers of a regressor. The divergence is half the squared difference, that of
          normal distributions with variance 1, added up over the outputs.
        - "counts": expected counts. The divergence is half the Poisson deviance, that of Poisson
          distributions, added up over the outputs.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples, not negative; None means 1 for each.

    Returns
    -------
    score : float
        At most 0, the best score, in nats.

    Raises
    ------
    ValueError
        If the shapes differ, ``kind`` is unknown, a probability is not between 0 and 1, those of
        a sample do not add up to 1, a count is negative, or a weight is negative, NaN or infinite.

    See Also
    --------
    fidelity_scorer : The same for estimators.
    expected_accuracy_score : A score by true labels that bears some wrong ones.

    References
    ----------
    .. [1] Kullback and Leibler, "On Information and Sufficiency", Annals of Mathematical
       Statistics 22, 1951, doi:10.1214/aoms/1177729694.

    Examples
    --------
    >>> from skneuron.metrics import fidelity_score
    >>> fidelity_score([[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [1.0, 0.0]])
    0.0
    >>> round(fidelity_score([[0.5, 0.5], [1.0, 0.0]], [[0.5, 0.5], [0.5, 0.5]]), 3)
    -0.347
    """
    if not isinstance(kind, str) or kind not in _DIVERGENCES:
        raise ValueError(f"kind={kind!r} is unknown; use one of {sorted(_DIVERGENCES)}.")
    known, given = (
        _checked_outputs(values, kind, name)
        for values, name in ((reference, "reference"), (outputs, "outputs"))
    )
    if known.shape != given.shape:
        raise ValueError(f"outputs has shape {given.shape}, but reference has {known.shape}.")
    weights = checked_weights(sample_weight, len(known))
    divergences = _DIVERGENCES[kind](known, given).sum(axis=1)
    return 0.0 - float(np.average(divergences, weights=weights))


def _checked_outputs(values: Any, kind: str, name: str) -> NDArray[Any]:
    """One column for every class, label or output."""
    with naming(name):
        found: NDArray[Any] = check_array(
            values, ensure_2d=False, dtype=[np.float64, np.float32], input_name=name
        )
    if found.ndim > 2:
        raise ValueError(f"{name} has shape {found.shape}; it needs one or two dimensions.")
    if kind == "classes":
        found = checked_probabilities(found, len(found), name)
    found = found.reshape(len(found), -1)
    if kind == "labels" and not (found.min() >= 0 and found.max() <= 1):
        raise ValueError(
            f"{name} has values from {found.min()} to {found.max()}; probabilities are between "
            "0 and 1."
        )
    if kind == "counts" and found.min() < 0:
        raise ValueError(f"{name} has {found.min()}; expected counts are not negative.")
    if kind == "classes" and found.shape[1] == 1:
        found = np.column_stack([1 - found, found])
    return found


def _of_counts(known: NDArray[Any], given: NDArray[Any], least: float = 0.0) -> NDArray[Any]:
    """Divergences of the terms, which hold what they lack of adding up to 1, for probabilities."""
    least = max(least, float(np.finfo(given.dtype).tiny))
    known, given = known.astype(np.float64), given.astype(np.float64)
    found: NDArray[Any] = kl_div(known, np.where(given > 0, given, least))
    return np.where(known == given, 0.0, found)


def _of_classes(known: NDArray[Any], given: NDArray[Any]) -> NDArray[Any]:
    least = float(np.finfo(given.dtype).eps) if known.shape[1] == 2 else 0.0
    return _of_counts(known, given, least)


def _of_labels(known: NDArray[Any], given: NDArray[Any]) -> NDArray[Any]:
    least = float(np.finfo(given.dtype).eps)
    return _of_counts(known, given, least) + _of_counts(1 - known, 1 - given, least)


_DIVERGENCES: dict[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = {
    "classes": _of_classes,
    "labels": _of_labels,
    "values": lambda known, given: (known.astype(np.float64) - given) ** 2 / 2,
    "counts": _of_counts,
}
