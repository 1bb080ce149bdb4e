"""The slow and obvious version of strategy "obs": least squares and finite differences."""

import numpy as np
from scipy.special import expit, softmax

from skneuron import prune_neurons
from skneuron.surgery import Network, hidden_activations


def loss_of_keeping(kept, A, outgoing, curvature):
    """The divergence if only these neurons stay, and have the best outgoing weights."""
    A = A - A.mean(axis=0)
    wanted = A @ outgoing
    weights = np.linalg.lstsq(A[:, kept], wanted, rcond=None)[0]
    missing = wanted - A[:, kept] @ weights
    return np.mean([e @ curvature @ e for e in missing]) / 2


def brute_force(A, outgoing, curvature, n_removals):
    left, order, costs = list(range(A.shape[1])), [], []
    for _ in range(n_removals):
        now = loss_of_keeping(left, A, outgoing, curvature)
        without = [
            loss_of_keeping([k for k in left if k != j], A, outgoing, curvature) for j in left
        ]
        best = int(np.argmin(without))
        order.append(left.pop(best))
        costs.append(without[best] - now)
    return order, costs


def fisher(z, out_activation):
    if out_activation == "softmax":
        p = softmax(z)
        return np.diag(p) - np.outer(p, p)
    if out_activation == "logistic":
        return np.diag(expit(z) * (1 - expit(z)))
    return np.diag(np.exp(z)) if out_activation == "exp" else np.eye(len(z))


HIDDEN = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh, "logistic": expit}


def raw_outputs(later, z):
    """From what the next layer gets to what the output's activation function gets."""
    for W, b in zip(later.coefs[1:], later.intercepts[1:], strict=True):
        z = HIDDEN.get(later.activation, lambda z: z)(z) @ W + b
    return z


def curvature_by_differences(later, activations, h=1e-6):
    total = 0
    for z in activations @ later.coefs[0] + later.intercepts[0]:
        J = np.array([
            (raw_outputs(later, z + e) - raw_outputs(later, z - e)) / (2 * h)
            for e in np.eye(len(z)) * h
        ]).T  # fmt: skip
        total += J.T @ fisher(raw_outputs(later, z), later.out_activation) @ J
    return total / len(activations)


# ---- paths


def next_inputs(mlp, X, layer):
    """What the layer behind hidden layer ``layer`` gets."""
    network = Network.from_mlp(mlp)
    activations = hidden_activations(network, X, layer)
    return activations @ network.coefs[layer + 1] + network.intercepts[layer + 1]


def curvature_of(mlp, X, layer):
    network = Network.from_mlp(mlp)
    activations = hidden_activations(network, X, layer)
    return curvature_by_differences(network.later_layers(layer), activations)


def cost_of(mlp, gone, X, curvature):
    """Half of ``d.T G d``: what the next layer gets changes by d if neurons of a layer go."""
    (layer,) = {layer for layer, _ in gone}
    pruned = prune_neurons(mlp, gone, replacement="linear", X=X)
    change = next_inputs(pruned, X, layer) - next_inputs(mlp, X, layer)
    return np.mean([d @ curvature @ d for d in change]) / 2


def sizes_of(mlp):
    return [len(b) for b in mlp.intercepts_[:-1]]


def layer_by_layer(mlp, X, sizes):
    """Removed neurons and their costs; every layer is pruned on its own, from the front."""
    removed, costs = [], []
    for layer, n_left in enumerate(sizes):
        gone, before, curvature = [], 0.0, curvature_of(mlp, X, layer)
        neurons = [(layer, index) for index in range(sizes_of(mlp)[layer])]
        while len(neurons) - len(gone) > n_left:
            found = {n: cost_of(mlp, [*gone, n], X, curvature) for n in neurons if n not in gone}
            best = min(found, key=found.get)
            gone.append(best)
            costs.append(found[best] - before)
            before = found[best]
        removed += gone
        if gone:
            mlp = prune_neurons(mlp, gone, replacement="linear", X=X)
    return removed, costs


def all_at_once(mlp, X, n_removals, replacement="linear", worth=lambda mlp, layer: 1):
    """Removed neurons and their costs; the layers compete, and all costs are found each time."""
    removed, costs = [], []
    left = [list(range(size)) for size in sizes_of(mlp)]
    for _ in range(n_removals):
        found = {}
        for layer, indices in enumerate(left):
            if len(indices) > 1:
                curvature = curvature_of(mlp, X, layer)
                for at in range(len(indices)):
                    found[layer, at] = cost_of(mlp, [(layer, at)], X, curvature)
        layer, at = min(found, key=lambda n: found[n] / worth(mlp, n[0]))
        costs.append(found[layer, at])
        removed.append((layer, left[layer].pop(at)))
        X_ref = None if replacement == "zero" else X
        mlp = prune_neurons(mlp, [(layer, at)], replacement=replacement, X=X_ref)
    return removed, costs
