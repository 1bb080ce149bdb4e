"""Scores of a network while neurons drawn at random are removed, to compare a path with."""

from typing import Any

import numpy as np

from skneuron.inspection import NeuronPruningPath, neuron_pruning_path
from skneuron.surgery import Network, flat_addresses, unwrap
from skneuron.utils import (
    ArrayLike,
    FloatArray,
    MatrixLike,
    RandomState,
    Scoring,
    checked_random_state,
)


def random_removal_scores(
    path: NeuronPruningPath,
    X: MatrixLike,
    y: ArrayLike | None,
    *,
    n_draws: int,
    scoring: Scoring = None,
    X_ref: MatrixLike | None = None,
    random_state: RandomState = None,
) -> FloatArray:
    """Scores at the sizes of a path, one row a draw, from removals in random orders.

    Neurons come from the layers that the path could remove from, with its replacement. What
    stands in for them is measured on ``X_ref``, or else on ``X``.
    """
    seeds = checked_random_state(random_state).randint(2**31 - 1, size=n_draws)
    full = Network.from_mlp(unwrap(path.estimator)[0], finite=False)
    layer, _ = flat_addresses(full.hidden_layer_sizes)
    layers = np.unique(layer[np.isfinite(path.full_importances)])
    params: dict[str, Any] = {"layers": layers.tolist()} if len(layers) else {}
    if path.replacement != "zero":
        params["X_ref"] = X if X_ref is None else X_ref
    scores = [
        neuron_pruning_path(
            path.estimator, X, y, scoring=scoring, replacement=path.replacement,
            strategy="one_shot", criterion="random", random_state=int(seed),
            n_neurons_to_select=int(path.n_neurons[-1]), **params,
        ).scores[path.n_neurons[0] - path.n_neurons]
        for seed in seeds
    ]  # fmt: skip
    return np.array(scores)
