"""The slowest, most obvious float64 version of everything that skneuron computes.

Nothing here is clever and nothing comes from skneuron. A neuron is an address
``(layer, index)``; ``replaced = {address: value}`` says which neurons are gone, and the constant
that their activations are set to during the forward pass.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import xlogy


class Net(NamedTuple):
    """A multilayer perceptron; read from any fitted MLP of scikit-learn by `net_of`."""

    coefs: list
    intercepts: list
    activation: str
    out_activation: str

    @property
    def sizes(self):
        return [len(b) for b in self.intercepts[:-1]]

    @property
    def neurons(self):
        return [(layer, index) for layer, size in enumerate(self.sizes) for index in range(size)]


def net_of(mlp):
    return Net(
        [np.array(c, dtype=np.float64) for c in mlp.coefs_],
        [np.array(b, dtype=np.float64) for b in mlp.intercepts_],
        mlp.activation,
        mlp.out_activation_,
    )


# ---- forward pass --------------------------------------------------------------------------


def apply(name, z):
    if name == "identity":
        return z
    if name == "relu":
        return np.where(z > 0, z, 0.0)
    if name == "tanh":
        return np.tanh(z)
    if name == "logistic":
        return 1 / (1 + np.exp(-z))
    if name == "exp":
        return np.exp(z)
    if name == "softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
    raise KeyError(name)


def hidden(net, X, layer, replaced=()):
    """Activations of one hidden layer."""
    a = np.asarray(X, dtype=np.float64)
    for at in range(layer + 1):
        a = apply(net.activation, a @ net.coefs[at] + net.intercepts[at])
        for neuron in replaced:
            if neuron[0] == at:
                a[:, neuron[1]] = replaced[neuron]
    return a


def logits(net, X, replaced=()):
    n_hidden = len(net.sizes)
    below = hidden(net, X, n_hidden - 1, replaced) if n_hidden else np.asarray(X, np.float64)
    return below @ net.coefs[-1] + net.intercepts[-1]


def output(net, X, replaced=()):
    return apply(net.out_activation, logits(net, X, replaced))


def labels(net, X, classes, replaced=()):
    """Predicted class of every row of a single-label classifier."""
    predicted = []
    for row in logits(net, X, replaced):
        if len(classes) == 1:
            predicted.append(classes[0])
        elif len(row) == 1:  # binary
            predicted.append(classes[1] if row[0] > 0 else classes[0])
        else:
            predicted.append(classes[list(row).index(max(row))])
    return np.array(predicted)


# ---- removal -------------------------------------------------------------------------------


def gone(net, neurons, X_ref=None, replaced=()):
    """``replaced`` once ``neurons`` are removed as well: by 0, or by their means on ``X_ref``.

    From front to back: a mean is that in the network whose earlier layers are pruned already.
    """
    replaced = dict(replaced)
    for layer in range(len(net.sizes)):
        here = [neuron for neuron in neurons if neuron[0] == layer]
        if X_ref is None:
            replaced |= dict.fromkeys(here, 0.0)
        else:
            activations = hidden(net, X_ref, layer, replaced)
            replaced |= {neuron: np.mean(activations[:, neuron[1]]) for neuron in here}
    return replaced


# ---- ablation ------------------------------------------------------------------------------


def accuracy(y, predicted, weight):
    return sum(w for w, t, p in zip(weight, y, predicted, strict=True) if t == p) / sum(weight)


def recall(y, predicted, weight, label):
    of_class = sum(w for w, t in zip(weight, y, strict=True) if t == label)
    rows = zip(weight, y, predicted, strict=True)
    hits = sum(w for w, t, p in rows if t == label and p == label)
    return hits / of_class if of_class else np.nan


class Ablation(NamedTuple):
    neurons: list
    baseline_score: float
    scores: list
    n_fixed: list
    n_broken: list
    class_importances: list


def ablation(net, X, y, classes, weight=None, X_ref=None, neurons=None):
    """Accuracy without each neuron of a single-label classifier, one forward pass a neuron."""
    weight = [1.0] * len(y) if weight is None else weight
    neurons = net.neurons if neurons is None else neurons
    before = labels(net, X, classes)
    scores, n_fixed, n_broken, class_importances = [], [], [], []
    for neuron in neurons:
        after = labels(net, X, classes, gone(net, [neuron], X_ref))
        scores.append(accuracy(y, after, weight))
        n_fixed.append(0)
        n_broken.append(0)
        for true, old, new in zip(y, before, after, strict=True):
            if old != true and new == true:
                n_fixed[-1] += 1
            if old == true and new != true:
                n_broken[-1] += 1
        class_importances.append(
            [recall(y, before, weight, c) - recall(y, after, weight, c) for c in classes]
        )
    return Ablation(
        neurons, accuracy(y, before, weight), scores, n_fixed, n_broken, class_importances
    )


# ---- pruning paths -------------------------------------------------------------------------


def removable(net, neurons, removed, min_neurons_per_layer):
    """The candidates that are left, in layers that are still larger than the minimum."""
    left = list(net.sizes)
    for layer, _ in removed:
        left[layer] -= 1
    return [n for n in neurons if n not in removed and left[n[0]] > min_neurons_per_layer]


def greedy_path(net, score, neurons, threshold, X_ref=None, min_neurons_per_layer=1):
    """Removed neurons in order, and scores; ``score(replaced)`` scores a network.

    Remove the first of the least important neurons, and rank again, while it is below threshold.
    """
    removed, replaced = [], {}
    scores = [score(replaced)]
    while True:
        importances = {
            n: scores[-1] - score(gone(net, [n], X_ref, replaced))
            for n in removable(net, neurons, removed, min_neurons_per_layer)
        }
        if not importances or not min(importances.values()) < threshold:
            return removed, scores
        weakest = min(importances, key=importances.get)
        removed.append(weakest)
        replaced = gone(net, [weakest], X_ref, replaced)
        scores.append(score(replaced))


def one_shot_path(net, score, neurons, threshold, X_ref=None, min_neurons_per_layer=1):
    """Rank once; then remove all below threshold, the least important first."""
    removed, replaced = [], {}
    scores = [score(replaced)]
    importances = {n: scores[0] - score(gone(net, [n], X_ref)) for n in neurons}
    for n in sorted(neurons, key=importances.get):
        left = removable(net, neurons, removed, min_neurons_per_layer)
        if importances[n] < threshold and n in left:
            removed.append(n)
            replaced = gone(net, [n], X_ref, replaced)
            scores.append(score(replaced))
    return removed, scores


# ---- training ------------------------------------------------------------------------------


def losses(net, y, p):
    """Loss of every row, as scikit-learn has it, of outputs ``p`` for targets ``y``."""
    eps = np.finfo(p.dtype).eps
    inside = np.clip(p, eps, 1 - eps)
    if net.out_activation == "identity":
        return 0.5 * np.mean((y - p) ** 2, axis=1)
    if net.out_activation == "softmax":
        return -np.sum(xlogy(y, inside), axis=1)
    if net.out_activation == "logistic":
        return -np.sum(xlogy(y, inside) + xlogy(1 - y, 1 - inside), axis=1)
    if net.out_activation == "exp":
        return np.sum(xlogy(y, y / p) - y + p, axis=1)
    raise KeyError(net.out_activation)


def slope(name, a):
    """The activation function's derivative where its value is ``a``."""
    slopes = {"relu": a > 0, "tanh": 1 - a**2, "logistic": a * (1 - a), "identity": 1.0}
    return slopes[name]


def loss_and_gradient(net, X, y, weight=None, alpha=0.0, masks=None):
    """Mean loss of a mini-batch, and its derivatives by all weights, then by all biases.

    ``masks`` are what dropout multiplies the activations of the hidden layers with. As in
    scikit-learn, the squared error's gradient is that of a sum over the outputs, although the
    loss is their mean.
    """
    weight = np.ones(len(X)) if weight is None else np.asarray(weight, dtype=np.float64)
    masks = [1.0] * len(net.sizes) if masks is None else masks
    net = net._replace(coefs=[W.astype(np.float64) for W in net.coefs])
    inputs, activations = [np.asarray(X, dtype=np.float64)], []
    for layer, mask in enumerate(masks):
        z = inputs[-1] @ net.coefs[layer] + net.intercepts[layer]
        activations.append(apply(net.activation, z))
        inputs.append(activations[-1] * mask)
    p = apply(net.out_activation, inputs[-1] @ net.coefs[-1] + net.intercepts[-1])
    penalty = sum(np.sum(W**2) for W in net.coefs) * alpha / 2
    loss = (np.sum(weight * losses(net, y, p)) + penalty) / np.sum(weight)

    delta = (p - y) * weight[:, None]
    by_weights, by_biases = [], []
    for layer in reversed(range(len(net.coefs))):
        W = net.coefs[layer]
        by_weights.insert(0, (inputs[layer].T @ delta + alpha * W) / np.sum(weight))
        by_biases.insert(0, np.sum(delta, axis=0) / np.sum(weight))
        if layer:
            a = activations[layer - 1]
            delta = (delta @ W.T) * masks[layer - 1] * slope(net.activation, a)
    return loss, by_weights + by_biases


def sgd(learning_rate, momentum, nesterov):
    """A function ``(parameter, gradient, memory, t) -> parameter`` that makes one update."""

    def step(p, g, memory, t):
        v = memory["v"] = momentum * memory.get("v", 0.0) - learning_rate * g
        return p + (momentum * v - learning_rate * g if nesterov else v)

    return step


def adam(learning_rate, beta_1, beta_2, epsilon):
    """As `sgd`; ``t`` counts the updates from 1."""

    def step(p, g, memory, t):
        m = memory["m"] = beta_1 * memory.get("m", 0.0) + (1 - beta_1) * g
        v = memory["v"] = beta_2 * memory.get("v", 0.0) + (1 - beta_2) * g**2
        rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        return p - rate * m / (np.sqrt(v) + epsilon)

    return step


def trained(net, X, y, batches, step, weight=None, alpha=0.0):
    """The network after an update by each batch of row numbers, and the mean loss of the rows."""
    n_layers, total, memories = len(net.coefs), 0.0, [{} for _ in net.coefs + net.intercepts]
    for t, rows in enumerate(batches, start=1):
        of_rows = None if weight is None else weight[rows]
        loss, gradients = loss_and_gradient(net, X[rows], y[rows], of_rows, alpha)
        total += loss * len(rows)
        triples = zip(net.coefs + net.intercepts, gradients, memories, strict=True)
        parameters = [step(p, g, memory, t) for p, g, memory in triples]
        net = net._replace(coefs=parameters[:n_layers], intercepts=parameters[n_layers:])
    return net, total / sum(len(rows) for rows in batches)
