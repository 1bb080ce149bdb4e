"""What a scorer is called in words, which test fits it, and an error where it is undefined."""

from typing import Any

import numpy as np
from sklearn import metrics

from skneuron.inspection._scoring._samples import Samples
from skneuron.inspection._scoring._wanted_sums import compares_with_network, is_accuracy
from skneuron.kernels.ablation import LABEL, MULTILABEL, POISSON_REGRESSION, REGRESSION
from skneuron.metrics import FIDELITY
from skneuron.utils import scorer_parts

_LOSS_NAMES = {
    LABEL: "log-loss",
    MULTILABEL: "log-loss",
    REGRESSION: "squared error",
    POISSON_REGRESSION: "Poisson deviance",
}
_DIVERGENCE_NAMES = {
    LABEL: "Kullback-Leibler divergence",
    MULTILABEL: "Kullback-Leibler divergence",
    REGRESSION: "half the squared difference",
    POISSON_REGRESSION: "generalised Kullback-Leibler divergence",
}
# metric -> the task whose loss it is, and the sign of its scorer.
_LOSSES = {
    metrics.log_loss: (LABEL, -1),
    metrics.mean_squared_error: (REGRESSION, -1),
    metrics.mean_poisson_deviance: (POISSON_REGRESSION, -1),
}
# With a single output these rise where the mean squared error falls, and only there.
_BY_SQUARED_ERROR = {metrics.r2_score: 1, metrics.root_mean_squared_error: -1}
# Scores that are shares, which readers know as percentages.
SHARES = ("accuracy", "agreement", "balanced accuracy", "expected accuracy")


def default_test(scorer: Any, samples: Samples) -> str:
    """The test of a scorer's differences: "mcnemar", "loss" or, for any scorer, "score"."""
    is_weighted = samples.sample_weight is not None
    if compares_with_network(scorer):
        of_agreement = "score" if is_weighted else "mcnemar"
        return "loss" if scorer.name == FIDELITY else of_agreement
    parts = scorer_parts(scorer)
    if parts is None or parts[2]:
        return "score"
    metric, sign = parts[:2]
    if is_accuracy(scorer):
        # McNemar's test counts samples: it tests accuracy only if all have the same weight.
        return "mcnemar" if sign > 0 and not is_weighted else "score"
    if _LOSSES.get(metric) == (samples.task, sign):
        return "loss"
    if samples.task == REGRESSION and samples.targets.shape[1] == 1:
        return "loss" if _BY_SQUARED_ERROR.get(metric) == sign else "score"
    return "score"


def loss_name(samples: Samples) -> str:
    """What the loss of a sample is called."""
    return (_DIVERGENCE_NAMES if samples.of_network else _LOSS_NAMES)[samples.task]


def score_name(name: str, scorer: Any) -> str:
    """The scorer in words: "balanced accuracy", for example."""
    if name != "score":
        return name.removeprefix("neg_").replace("_", " ")
    parts = scorer_parts(scorer)
    function = scorer if parts is None else parts[0]
    words = getattr(function, "__name__", type(function).__name__)
    parameters = {} if parts is None else parts[2]
    given = {key: value for key, value in parameters.items() if value is not None}
    listed = ", ".join(f"{key}={value!r}" for key, value in given.items())
    words = str(words).replace("_", " ").removesuffix(" score")
    return f"{words} ({listed})" if listed else words


def signed_score_name(name: str, scorer: Any) -> str:
    """The same with the sign that a scorer gives to its metric: "minus log loss"."""
    parts = scorer_parts(scorer)
    is_minus = parts is not None and parts[1] < 0
    return "minus " * is_minus + score_name(name, scorer)


def check_defined(name: str, scorer: Any, baseline: float, scores: np.ndarray) -> None:
    """Raise a ValueError that names the scorer if one of its scores is NaN."""
    n_undefined = int(np.isnan(scores).sum())
    if not np.isnan(baseline) and not n_undefined:
        return
    of = "the whole network" if np.isnan(baseline) else f"{n_undefined} of {len(scores)} removals"
    called = f"scoring={scorer!r}" if name == "score" else f"scoring={name!r} ({scorer!r})"
    raise ValueError(
        f"{called} returned NaN for {of}: the score is undefined on these samples (some scores "
        "need samples of every class, others finite outputs). Use another score or other samples."
    )
