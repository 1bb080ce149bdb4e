"""Remove every hidden neuron in turn by Captum, in the two ways that it has for it.

Captum asks a function of the outputs, here for the number of rows that are right, and gives back
by how much every ablation lowers it. That is the effect on the accuracy; no other score, no
confusion matrices and no losses. It takes one evaluation a neuron, because a function that sums
over the rows allows no more at a time. Layers take a network from `peers_torch.sequential`.
"""

import torch
from captum.attr import FeatureAblation, LayerFeatureAblation
from peers_torch import Task


def _n_right(network, y):
    def count(rows):
        return (network(rows).argmax(1) == y).sum().to(torch.float64)[None]

    return count


def _mask(n_neurons, indices):
    """One feature for each of ``indices``, and one for all others together."""
    mask = torch.full((1, n_neurons), len(indices))
    mask[0, indices] = torch.arange(len(indices))
    return mask


def n_evaluations(n_features):
    """Of the network, about: for the activations, with all neurons, and one a feature."""
    return n_features + 2


def by_layer(task: Task, network, layer, indices):
    """`LayerFeatureAblation`: whole forward passes, with the layer's activations exchanged."""
    ablation = LayerFeatureAblation(_n_right(network, task.y), network[2 * layer + 1])
    mask = _mask(task.layers[layer][0].shape[1], indices)
    lost = ablation.attribute(task.X, layer_mask=mask)
    return lost.reshape(-1)[indices].numpy()


def behind_layer(task: Task, network, layer, indices):
    """`FeatureAblation` of the activations themselves, through the later layers only."""
    with torch.inference_mode():
        activations = network[: 2 * layer + 2](task.X)
        ablation = FeatureAblation(_n_right(network[2 * layer + 2 :], task.y))
        mask = _mask(activations.shape[1], indices)
        lost = ablation.attribute(activations, feature_mask=mask)
    return lost.reshape(-1)[indices].numpy()
