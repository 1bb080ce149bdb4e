"""What neurons weigh: features by name, and weights on the way from the input."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skneuron.surgery import Network, feature_names_of, unwrap
from skneuron.utils import FloatArray

# Of a neuron; as many as a reader takes in.
N_FEATURES = 4


def patterns(network: Network) -> list[FloatArray]:
    """Of every hidden layer, the product of the weights from the input to its neurons.

    One column a neuron. For the first layer these are its weights; further back, a summary as if
    there were no activation functions.
    """
    result: list[FloatArray] = []
    for coefs in network.coefs[:-1]:
        result.append(result[-1] @ coefs if result else coefs)
    return result


def feature_names(estimator: Any, X: Any, given: Sequence[str] | None = None) -> list[str]:
    """Names of what reaches the network: those given, or as `feature_names_of` finds them.

    Raises
    ------
    ValueError
        If the number of those given is wrong.
    """
    if given is None:
        return feature_names_of(estimator, getattr(X, "columns", None))
    names = [str(name) for name in given]
    n_features = int(unwrap(estimator)[0].n_features_in_)
    if len(names) != n_features:
        raise ValueError(
            f"feature_names has {len(names)} names, but {n_features} features reach the network."
        )
    return names


def strongest(
    weights: FloatArray, names: Sequence[str], n: int = N_FEATURES
) -> list[tuple[str, float]]:
    """The features of the largest weights of a neuron, the largest first, without zeros."""
    sizes = np.abs(np.nan_to_num(weights))
    order = np.argsort(-sizes, kind="stable")[:n]
    return [(short_name(names[i]), float(weights[i])) for i in order if sizes[i] > 0]


def short_name(name: str) -> str:
    """Without the name of the step of a ColumnTransformer, which readers do not know."""
    step, mark, rest = name.partition("__")
    return rest if mark and step and rest else name


def column_of(feature: str, columns: Sequence[str]) -> str | None:
    """The column of a table that a feature was made of, by its name; None if there is none."""
    short = short_name(feature)
    fitting = [
        column for column in columns
        if column in (short, feature) or short.startswith((f"{column}_", f"{column}: "))
    ]  # fmt: skip
    return max(fitting, key=len, default=None)
