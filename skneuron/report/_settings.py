"""How a pruner was told to prune, in the names of its parameters."""

from typing import Any

from sklearn.base import is_classifier
from sklearn.frozen import FrozenEstimator

from skneuron.pruning import RottenNeuronPruner
from skneuron.report._score import ACCURACY, R2, score_in_words
from skneuron.surgery import unwrap

# Where one of these is given, the threshold is not looked at.
SIZES = ("n_neurons_to_select", "max_parameters", "max_bytes", "tol")


def settings_in_words(pruner: RottenNeuronPruner) -> str:
    """As "strategy greedy, replacement zero, threshold 0, scoring accuracy".

    What was not looked at is left out, and so is what is as usual: no test, the usual criterion.
    """
    sizes = [name for name in SIZES if getattr(pruner, name) is not None]
    names = ["strategy", "replacement", *(sizes or ["threshold"])]
    names += ["criterion"] * (pruner.criterion != "ablation")
    names += ["alpha"] * (pruner.alpha is not None)
    parts = [f"{name} {_value_text(getattr(pruner, name))}" for name in names]
    scoring = pruner.scoring if isinstance(pruner.scoring, str) else score_that_chose(pruner)
    return ", ".join([*parts, f"scoring {scoring}"])


def score_that_chose(pruner: RottenNeuronPruner) -> str:
    """Its name; those that an older version saved do not tell, and had the estimator's own."""
    own = ACCURACY if is_classifier(unwrap(pruner)[0]) else R2
    name = score_in_words(pruner.ablation_)
    return {"": own, "r2": R2}.get(name, name)


def is_prefit(pruner: RottenNeuronPruner) -> bool:
    """Whether the network came trained, on samples that nobody knows."""
    return isinstance(pruner.estimator, FrozenEstimator) or (
        isinstance(pruner.cv, str) and pruner.cv == "prefit"
    )


def _value_text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if callable(value):
        return str(getattr(value, "__name__", type(value).__name__))
    return str(value)
