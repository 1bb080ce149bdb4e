"""Networks that lost most of their neurons, repaired without labels."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skneuron.inspection._pruning_path import NeuronPruningPath, neuron_pruning_path
from skneuron.report import MOST_LOST
from skneuron.study._data_split import LabelledSamples
from skneuron.study._held_out_evaluation import HeldOutEvaluation, PrunedNetwork
from skneuron.surgery import Network, refit_pruned, split_by_layer
from skneuron.utils import BoolArray, NDArray

# Of the neurons of every layer.
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)
# Neurons are chosen on so many samples at most: more choose the same.
N_CHOOSING = 10_000


@dataclass(frozen=True)
class RepairedNetwork:
    """A network of some size, before and after its repair.

    Attributes
    ----------
    hidden : tuple of int
        Sizes of its hidden layers.
    n_parameters : int
    validation_score, test_score : float
        After the repair.
    unrepaired_score : float
        On test samples, before it.
    is_chosen : bool
        Whether it is the smallest that, like all larger ones, loses no more than `MOST_LOST` on
        validation samples: a single lucky size among those that lose more is none.
    """

    hidden: tuple[int, ...]
    n_parameters: int
    validation_score: float
    test_score: float
    unrepaired_score: float
    is_chosen: bool = False


def repaired_networks(
    mlp: Any,
    X: NDArray[Any],
    validation: LabelledSamples,
    held_out: HeldOutEvaluation,
    refit: str,
    *,
    groups: NDArray[Any] | None,
    seed: int,
    on_step: Callable[[], None] = lambda: None,
) -> tuple[list[RepairedNetwork], PrunedNetwork | None]:
    """Remove most neurons of ``mlp`` and repair what is left, on samples without labels.

    Parameters
    ----------
    mlp : estimator
    X : ndarray of shape (n_samples, n_features)
        Samples to choose neurons and to repair by.
    validation : tuple of (X, y)
        Samples to choose the size by.
    held_out : HeldOutEvaluation
    refit : str
        What is repaired, see `skneuron.refit_pruned`.
    groups : ndarray of shape (n_samples,) or None
    seed : int
    on_step : callable
        Called after each of `SHARES`.

    Returns
    -------
    sizes : list of RepairedNetwork
        From the largest to the smallest.
    chosen : PrunedNetwork or None
        None if the largest loses more than `MOST_LOST`.
    """
    whole = mlp.hidden_layer_sizes_
    choosing = X[np.random.default_rng(seed).permutation(len(X))[:N_CHOOSING]]
    hidden = list(dict.fromkeys(tuple(_left(n, share) for n in whole) for share in SHARES))
    path = neuron_pruning_path(
        mlp, choosing, X_ref=choosing, strategy="obs", replacement="linear", scoring="fidelity",
        n_neurons_to_select=list(hidden[-1]), step=0.1,
    )  # fmt: skip
    least = mlp.score(*validation) - MOST_LOST
    sizes: list[RepairedNetwork] = []
    chosen, best = None, -1
    for layers in hidden:
        pruned = path.prune_to(list(layers))
        repaired = refit_pruned(pruned, mlp, X, layers=refit, groups=groups, random_state=seed)
        network = Network.from_mlp(repaired)
        score = float(repaired.score(*validation))
        sizes.append(
            RepairedNetwork(
                hidden=layers,
                n_parameters=sum(p.size for p in [*network.coefs, *network.intercepts]),
                validation_score=score,
                test_score=held_out.score(network),
                unrepaired_score=held_out.score(Network.from_mlp(pruned)),
            )
        )
        if score >= least and best == len(sizes) - 2:
            best += 1
            chosen = PrunedNetwork(_masks(path, layers), network, score, n_draws=0)
        on_step()
    if chosen is not None:
        sizes[best] = replace(sizes[best], is_chosen=True)
    return sizes, chosen


def _left(n_neurons: int, share: float) -> int:
    return max(1, round(n_neurons * (1 - share)))


def _masks(path: NeuronPruningPath, left: tuple[int, ...]) -> list[BoolArray]:
    """The neurons that stay where so many of every layer do."""
    whole = path.estimator.hidden_layer_sizes_
    masks = split_by_layer(np.ones(sum(whole), dtype=bool), whole)
    for layer, n_left in enumerate(left):
        gone = path.index[path.layer == layer][: whole[layer] - n_left]
        masks[layer][gone] = False
    return masks
