"""Whose a path is, and whether its scores are shares of samples.

Of shares, the number of samples tells how certain they are.
"""

from typing import Any

from sklearn.base import is_classifier

from skneuron.plotting import _style
from skneuron.surgery import unwrap

SHARES = ("accuracy", "agreement")


def is_share(scoring: Any, estimator: Any) -> bool:
    """Whether a scorer returns the share of the samples that are predicted right."""
    if scoring is None:
        return is_classifier(unwrap(estimator)[0])
    return isinstance(scoring, str) and scoring in SHARES


def n_of_shares(path: Any) -> int | None:
    """How many samples a path's scores are shares of; None if they are none, or it is unknown."""
    ablation = getattr(path, "ablation", None)
    if ablation is None or ablation.get("default_test") != "mcnemar":
        return None
    return int(ablation.n_samples)


def pruner_in(estimator: Any, X: Any) -> tuple[Any, Any]:
    """The fitted pruner inside, and samples as the path of its network takes them."""
    pruner = _style.fitted_inside(estimator, "pruning_path_", "RottenNeuronPruner")
    if X is not None:
        _, transformers = unwrap(estimator)
        n_outer = len(transformers) - len(unwrap(pruner)[1])
        for transformer in transformers[:n_outer]:
            X = transformer.transform(X)
    return pruner, X
