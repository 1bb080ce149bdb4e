"""`samples_of_network`: samples to compare with what a network makes of them, without labels."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.base import is_classifier

from skneuron.inspection._scoring._blocks import blocks_of, full_outputs
from skneuron.inspection._scoring._samples import Samples, task_of, weights_for_kernels
from skneuron.inspection._scoring._sweep import scored_before
from skneuron.inspection._scoring._wanted_sums import compares_with_network
from skneuron.kernels.ablation import LABEL, MULTILABEL, POISSON_REGRESSION, REGRESSION
from skneuron.metrics import SCORERS
from skneuron.surgery import Network, layer_replacements

# What is compared: probabilities, those of labels with the sign of the output, or numbers.
_PREDICTIONS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    LABEL: lambda z: softmax(z, axis=1),
    MULTILABEL: lambda z: np.tanh(z / 2) / 2,
    REGRESSION: lambda z: z,
    POISSON_REGRESSION: np.exp,
}


def needs_no_targets(scoring: Any) -> bool:
    """Whether all scorers that ``scoring`` names compare with the whole network."""
    given = list(scoring.values()) if isinstance(scoring, dict) else scoring
    named = given if isinstance(given, list | tuple | set) else [given]
    scorers = [SCORERS.get(one, one) if isinstance(one, str) else one for one in named]
    return bool(scorers) and all(map(compares_with_network, scorers))


def check_targets_given(y: Any, scoring: Any) -> None:
    """Raise ValueError if there are no targets, and a scorer needs them."""
    if y is None and not needs_no_targets(scoring):
        raise ValueError(
            f"y=None: the ablation needs the true targets to score against with "
            f"scoring={scoring!r}. Pass y, or use scoring='fidelity' or 'agreement', which "
            "compare with the whole network instead."
        )


def samples_of_network(mlp: Any, network: Network, X: Any, sample_weight: Any = None) -> Samples:
    """Samples whose right predictions are those of a network.

    Parameters
    ----------
    mlp : estimator
    network : Network
        Its weights.
    X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        From `skneuron.surgery._network.rows_for`.
    sample_weight : array-like of shape (n_samples,), default=None

    Raises
    ------
    ValueError
        If some of the outputs are infinite or NaN.
    """
    task, n_samples = task_of(mlp), X.shape[0]
    samples = Samples(
        X, task,
        codes=np.zeros(n_samples if task == LABEL else 0, np.int32),
        targets=np.zeros((n_samples, 1)),
        sample_weight=weights_for_kernels(sample_weight, X),
        n_classes=len(mlp.classes_) if is_classifier(mlp) else 0,
        of_network=True,
    )  # fmt: skip
    network = samples.network_to_score(network)
    samples = replace(samples, targets=np.zeros((n_samples, network.coefs[-1].shape[1] + 1)))
    nothing = layer_replacements(network, "zero", None)
    with np.errstate(over="ignore", invalid="ignore"):
        for block in blocks_of(network, X, nothing):
            predictions = _PREDICTIONS[task](full_outputs(block).astype(np.float64))
            samples.targets[block.rows, :-1] = predictions
            # From 0, the kernel's divergences are those that it is to measure from.
            own = scored_before(samples, network, block)
            samples.targets[block.rows, -1] = own.row_losses
            if task == LABEL:
                samples.codes[block.rows] = own.predicted
    n_bad = int((~np.isfinite(samples.targets)).any(axis=1).sum())
    if n_bad:
        raise ValueError(
            f"scoring='fidelity' and 'agreement' compare with the outputs of the whole network, "
            f"which are infinite or NaN for {n_bad} of {n_samples} samples: use another score, "
            "with y, or scale the samples and the weights (coefs_, intercepts_) down."
        )
    return samples


def own_targets(mlp: Any, samples: Samples) -> np.ndarray:
    """What the network of `samples_of_network` predicts, as its ``predict`` returns it."""
    targets = samples.output_targets
    if samples.task == LABEL:
        return mlp.classes_[samples.codes]
    if samples.task == MULTILABEL:
        return (targets > 0).astype(int)
    return targets[:, 0] if targets.shape[1] == 1 else targets
