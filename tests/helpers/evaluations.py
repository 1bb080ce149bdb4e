"""Scores by an evaluator of a case."""

import numpy as np
from sklearn.metrics import (
    get_scorer,
)

from skneuron.inspection._scoring._evaluator import evaluator_for
from skneuron.surgery._network import Network
from skneuron.surgery._replacement import layer_replacements


def removal_scores_of(case, ablated=None, replacements=None, scores_only=False, **options):
    network = Network.from_mlp(case.mlp)
    ablated = np.full(sum(network.hidden_layer_sizes), True) if ablated is None else ablated
    if replacements is None:
        replacements = layer_replacements(network, "zero", None)
    return evaluator_for(case.mlp, case.X, case.y, **options)(
        network, replacements, ablated, scores_only=scores_only
    )


def plain(name):
    """A scorer that scikit-learn does not know as one of its own."""
    scorer = get_scorer(name)
    return lambda *args, **weights: scorer(*args, **weights)
