"""Networks on a path: what is left after some removals, its score, and as an estimator."""

from collections.abc import Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from skneuron.inspection._pruning_path._state import after_removals
from skneuron.inspection._scoring import Evaluator, score_of
from skneuron.surgery import (
    Network,
    record_removal,
    refit_network,
    replace_network,
    split_by_layer,
    unwrap,
)
from skneuron.utils import BoolArray

if TYPE_CHECKING:
    from skneuron.inspection._pruning_path._path import NeuronPruningPath


def support_after(path: "NeuronPruningPath", n_removed: int) -> BoolArray:
    """True for the neurons that are left when the first ``n_removed`` have been removed."""
    support = np.ones(path.n_neurons[0], dtype=bool)
    support[path.order[:n_removed]] = False
    return support


def network_after(path: "NeuronPruningPath", n_removed: int) -> Network:
    """The network that is left when the first ``n_removed`` neurons have been removed."""
    full = Network.from_mlp(unwrap(path.estimator)[0], finite=False)
    last = path._last_network if n_removed == len(path.layer) else None
    return after_removals(full, path._removals[:n_removed], last)


def scores_along(
    path: "NeuronPruningPath", evaluate: Evaluator, n_removed: Iterable[int] | None = None
) -> np.ndarray:
    """Scores of networks on a path, on samples that need not be those it was chosen on.

    Parameters
    ----------
    path : NeuronPruningPath
    evaluate : Evaluator
    n_removed : iterable of int, default=None
        Which networks, by the number of neurons that have been removed from them; None means
        all, one by one, also where the path removed several in a step.
    """
    wanted = list(range(len(path.layer) + 1) if n_removed is None else n_removed)
    network = Network.from_mlp(unwrap(path.estimator)[0], finite=False)
    evaluate = evaluate.for_path(network)
    if evaluate.knows_first_layer:
        network = network.without_features()
    scores: dict[int, float] = {}
    for n in range(max(wanted) + 1):
        if n:
            removal = path._removals[n - 1]
            network = removal.applied_to(network)
            if removal.layer == 0:
                evaluate = evaluate.without_in_first_layer(~removal.keep)
        if n in wanted:
            scores[n] = score_of(evaluate, network)
    return np.array([scores[n] for n in wanted])


def pruned_copy(
    estimator: Any,
    network: Network,
    support: np.ndarray,
    refit: str | None = None,
    rows_refit: Any = None,
    **refit_options: Any,
) -> Any:
    """A copy of an estimator that has lost neurons, and computes as ``network`` does.

    Parameters
    ----------
    estimator : estimator
    network : Network
    support : ndarray of shape (n_hidden,), bool
        True for those of its neurons that stay.
    refit : str, default=None
        With which repair; it changes ``network``.
    rows_refit : {ndarray, sparse matrix}, default=None
        Samples for it, as they reach the network.
    **refit_options : dict
        What `refit_network` is given besides.
    """
    pruned = deepcopy(estimator)
    mlp, _ = unwrap(pruned)
    full = Network.from_mlp(mlp, finite=False)
    masks = split_by_layer(support, full.hidden_layer_sizes)
    if refit is not None:
        network = refit_network(network, full, rows_refit, layers=refit, **refit_options)
    replace_network(mlp, network, masks, is_refitted=refit is not None)
    record_removal(pruned, masks)
    return pruned
